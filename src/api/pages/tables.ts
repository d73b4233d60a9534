/** `/tables` and `/tables/{name}`: what the tables hold, page by page, now and, where they can be made again, as of an event. */
import * as z from 'zod';
import { parseWith } from '../../events/command.js';
import { type EpochMs, type PoolId, poolId } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import { Problem, problems } from '../../problems.js';
import { type TableName, tableColumns } from '../../projections/table-reader.js';
import { type ResultValue, rowsOf } from '../../viewer/gate.js';
import {
  columnOf,
  countQuestion,
  decodePlace,
  encodePlace,
  facetColumns,
  facetQuestion,
  facetValuesMax,
  isSortable,
  orderOf,
  type PlaceValue,
  type TableAsk,
  tableQuestion,
  timeColumnOf,
  usualOrder,
} from '../../viewer/table-question.js';
import { listTables, tableOf } from '../../viewer/tables.js';
import { type Facet, type TablePage, type TableUrl, tablePage } from '../../web/pages/table.js';
import { tablesPage } from '../../web/pages/tables.js';
import { seqFromQuery } from '../as-of.js';
import { type Api, poolOf } from '../context.js';
import { problemOf } from '../errors.js';
import { instantOf, type Moment, moment, seqNumber } from '../query.js';
import type { Route } from '../route.js';
import { filled } from './use-filter.js';
import { type ViewerInput, viewerRoute } from './viewer-route.js';

const rowsShown = 50;

export const tablesRoute = (api: Api): Route =>
  viewerRoute({
    url: '/tables',
    operationId: 'showTables',
    summary: 'Every table, and what it means',
    query: z.looseObject({}),
    view: async ({ caller, signal }) => {
      const { viewer } = api;
      const tables = listTables(viewer.engine);
      const options = { caller, signal, timeoutMs: limits.viewerCountMsMax, limit: limits.pageRowsMax };
      const counts = await quietly(async () => rowsOf(await viewer.page(countQuestion(tables), options)));
      const rows = new Map((counts ?? []).map(([name, count]) => [String(name), Number(count)]));
      return { page: tablesPage(tables.map((table) => ({ ...table, rows: rows.get(table.name) ?? null }))) };
    },
  });

const shape = {
  sort: z.string().optional().describe('The column to sort by.'),
  order: z.enum(['asc', 'desc'], 'is neither asc nor desc').optional().describe('Of the sorted column.'),
  after: z.string().max(4_000).optional().describe('Where the page before ended.'),
  from: z.string().optional().describe('Rows of this time or later: a date, or ISO 8601 with a zone.'),
  until: z.string().optional().describe('Rows before this time.'),
  null: z.string().optional().describe('Rows where this column holds nothing.'),
  as_of: z.string().optional().describe('The table as it was after this event of the pool.'),
};
const query = z.looseObject(shape);
const bounds = z.object({ from: moment.optional(), until: moment.optional(), as_of: seqNumber.optional() });

/** The tables that are made from the log alone: each can be made again as of an event. */
const past: Readonly<Record<string, TableName>> = {
  resource_share_increments: 'usage',
  daily_resource_share: 'daily',
  quota_windows: 'quota',
  claude_identities: 'identities',
  fair_allocations: 'allocations',
};

export const tableRoute = (api: Api): Route =>
  viewerRoute({
    url: '/tables/:name',
    operationId: 'showTable',
    summary: 'Rows of a table',
    query,
    params: z.object({ name: z.string().describe('Name of a table or view.') }),
    problems: ['query_unknown', 'invalid_field', 'cursor_invalid', 'pool_unknown', 'seq_beyond_head', 'past_busy'],
    view: async (input) => {
      const table = tableOf(api.viewer.engine, input.params.name ?? '');
      const url = urlOf(input.query);
      const time = timeColumnOf(table);
      const common = {
        table,
        url,
        usual: usualOrder(table),
        sortable: table.columns.filter(isSortable).map(({ name }) => name),
        fields: facetColumns(table),
        time: time?.name ?? null,
        hasPast: past[table.name] !== undefined,
      };
      try {
        const page = await (url.as_of === undefined
          ? nowPage(api, table, url, input)
          : pastPage(api, table, url, input));
        return { page: tablePage({ ...common, page }) };
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code === 'internal') throw error;
        return {
          page: tablePage({ ...common, page: null, fault: problem.message }),
          status: problems[problem.code].status,
        };
      }
    },
  });

/** What is in the URL and not empty. A filter may also come as a column and its value, from two fields of a form. */
function urlOf({ sort, order, after, from, until, as_of, null: isNull, ...rest }: z.output<typeof query>): TableUrl {
  const given = Object.entries(rest).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const is = Object.fromEntries(
    given
      .filter(([name, value]) => name.startsWith('is.') && value !== '')
      .map(([name, value]) => [name.slice(3), value]),
  );
  const { column, value } = Object.fromEntries(given) as { column?: string; value?: string };
  if (filled(column) !== undefined && filled(value) !== undefined) is[column as string] = value as string;
  return {
    is,
    null: filled(isNull),
    sort: filled(sort),
    order,
    after: filled(after),
    from: filled(from),
    until: filled(until),
    as_of: filled(as_of),
  };
}

async function nowPage(
  api: Api,
  table: TableAsk['table'],
  url: TableUrl,
  { caller, signal }: ViewerInput,
): Promise<TablePage> {
  const { viewer } = api;
  const ask = askOf(api, table, url);
  const found = await viewer.page(tableQuestion(ask, rowsShown + 1), { caller, signal, limit: rowsShown });
  const rows = rowsOf(found);
  const facets = await facetsOf(api, ask, { caller, signal });
  const last = rows.at(-1);
  const next = found.truncated !== null && last !== undefined ? encodePlace(ask, placeOf(ask, last)) : null;
  return { columns: found.columns, rows, next, facets, asOf: null };
}

function askOf(api: Api, table: TableAsk['table'], url: TableUrl): TableAsk {
  const usual = usualOrder(table);
  const sort = url.sort ?? usual.sort;
  if (!isSortable(columnOf(table, sort))) throw invalid('sort', `${sort} is too long to sort by`);
  const descending = url.order === undefined ? usual.descending || sort !== usual.sort : url.order === 'desc';
  const { from, until } = instantsOf(api, poolIn(api, url), url);
  return {
    table,
    sort,
    descending,
    filters: { is: url.is, isNull: url.null, from, until },
    after: url.after === undefined ? undefined : decodePlace({ table, sort, descending }, url.after),
  };
}

const placeOf = ({ table, sort }: TableAsk, row: readonly ResultValue[]): readonly PlaceValue[] =>
  orderOf(table, sort).map((name) => {
    const value = row[table.columns.findIndex((column) => column.name === name)] ?? null;
    return typeof value === 'boolean' ? String(value) : value;
  });

/** Null where counting would take too long. */
async function facetsOf(
  { viewer }: Api,
  ask: TableAsk,
  options: Pick<ViewerInput, 'caller' | 'signal'>,
): Promise<readonly Facet[] | null> {
  const question = facetQuestion(ask);
  if (question === null) return [];
  const limit = limits.pageRowsMax;
  const counted = await quietly(async () =>
    rowsOf(await viewer.page(question, { ...options, limit, timeoutMs: limits.viewerValuesMsMax })),
  );
  if (counted === null) return null;
  return facetColumns(ask.table).flatMap((column) => {
    const values = counted
      .filter(([facet]) => facet === column)
      .map(([, value, rows]) => ({ value: value === null ? null : String(value), rows: Number(rows) }));
    return values.length > 1 && values.length <= facetValuesMax ? [{ column, values }] : [];
  });
}

/** The table of one pool as it was: filtered by what its reader knows. */
async function pastPage(
  api: Api,
  table: TableAsk['table'],
  url: TableUrl,
  { signal }: ViewerInput,
): Promise<TablePage> {
  const { ledger } = api;
  const name = past[table.name];
  if (name === undefined) throw invalid('as_of', 'is for tables that are made from the log');
  const { pool: _pool, claude_name, name: own, window_key, ...others } = url.is;
  const [other] = [...Object.keys(others), ...(url.null === undefined ? [] : [url.null])];
  if (other !== undefined || url.sort !== undefined || url.order !== undefined)
    throw invalid(
      other === undefined ? 'sort' : `is.${other}`,
      'cannot be asked of the past: only pool, agent, window and time',
    );
  const pool = poolIn(api, url);
  const { as_of } = parseWith(bounds, { as_of: url.as_of });
  const asOf = await seqFromQuery(ledger, pool, { as_of_seq: as_of });
  const { from, until } = instantsOf(api, pool, url);
  const pages = ledger.tablePages(pool, name, asOf, signal);
  try {
    const identity = name === 'identities' ? own : claude_name;
    const filter = { identity, since: from, until, window: window_key, cursor: url.after, limit: rowsShown };
    const { rows, next } = await pages.read(filter);
    const columns = tableColumns(name);
    const values = rows.map((row) => columns.map((column) => shown(row[column] ?? null)));
    return { columns, rows: values, next, facets: [], asOf: { seq: asOf as number, pool } };
  } finally {
    pages.release();
  }
}

const shown = (value: unknown): ResultValue =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value as ResultValue);

/** The pool whose zone dates are of. */
function poolIn({ ledger }: Api, { is }: TableUrl): PoolId {
  const named = poolId.safeParse(is.pool);
  return poolOf(ledger, named.success && ledger.hasPool(named.data) ? named.data : undefined);
}

function instantsOf({ ledger }: Api, pool: PoolId, { from, until }: TableUrl): Bounds {
  const given = parseWith(bounds, { from, until });
  const at = (value: Moment | undefined) =>
    value === undefined ? undefined : instantOf(value, ledger.state(pool).timeZone);
  return { from: at(given.from), until: at(given.until) };
}

interface Bounds {
  readonly from: EpochMs | undefined;
  readonly until: EpochMs | undefined;
}

/** Null where the gate refuses: the page is complete without it. */
async function quietly<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

const invalid = (field: string, message: string): Problem =>
  new Problem('invalid_field', `${field} ${message}`, [{ field, message }]);
