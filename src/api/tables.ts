/** `GET /v1/usage`, `/v1/daily`, `/v1/quota`, `/v1/identities`, `/v1/allocations`: the projections, now or as of the past. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import {
  type TableFilter,
  type TableName,
  type TableRow,
  tableColumns,
  tableNames,
} from '../projections/table-reader.js';
import type { PastPages } from '../replay/as-of.js';
import { passBytes } from '../runtime/v8.js';
import { type CsvStyle, csvLine } from '../text/csv.js';
import { nameAsOf, seqFromQuery, whenGone } from './as-of.js';
import { poolOf } from './context.js';
import { type Format, formatOf, inAllFormats, sendPages } from './formats.js';
import {
  csvStyle,
  dateBound,
  format,
  instantOf,
  moment,
  order,
  pageLimit,
  poolName,
  rowsLimit,
  seqNumber,
  text,
} from './query.js';
import { type Area, type JsonSchema, route } from './route.js';

interface TableQuery {
  readonly pool?: string | undefined;
  readonly identity?: string | undefined;
  readonly since?: z.infer<typeof moment> | undefined;
  readonly until?: z.infer<typeof moment> | undefined;
  readonly window?: string | undefined;
  readonly as_of_seq?: number | undefined;
  readonly as_of?: z.infer<typeof moment> | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly format?: Format | undefined;
  readonly csv?: CsvStyle | undefined;
}

const common = {
  pool: poolName,
  as_of_seq: seqNumber.optional().describe('The table as it was after this event.'),
  as_of: moment.optional().describe('The table as it was at this time.'),
  order,
  limit: rowsLimit,
  cursor: z.string().max(1_000).optional().describe('`next` of the page before.'),
  format,
  csv: csvStyle,
};
const identity = { identity: text.optional().describe('Name or alias.') };
const time = {
  since: moment.optional().describe('Used or measured at or after.'),
  until: moment.optional().describe('Used or measured before.'),
};
const window = { window: text.optional().describe('Key of a quota window.') };

const tables: Readonly<Record<TableName, { readonly summary: string; readonly query: z.ZodType<TableQuery> }>> = {
  usage: { summary: 'Every recorded use and correction', query: z.strictObject({ ...common, ...identity, ...time }) },
  daily: { summary: 'Use per identity and day', query: z.strictObject({ ...common, ...identity, ...time }) },
  quota: { summary: 'Readings of the quota windows', query: z.strictObject({ ...common, ...time, ...window }) },
  identities: { summary: 'Who takes part', query: z.strictObject({ ...common, ...identity }) },
  allocations: {
    summary: 'Share, use and interval per window',
    query: z.strictObject({ ...common, ...identity, ...window }),
  },
};

export const tableArea: Area = {
  routes: ({ ledger }) =>
    tableNames.map((name) =>
      route({
        method: 'GET',
        url: `/v1/${name}`,
        scope: 'read',
        operationId: `list${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        tag: 'Tables',
        summary: tables[name].summary,
        query: tables[name].query,
        replies: {
          200: {
            description: 'A page of rows as JSON, or all of them as NDJSON or CSV',
            content: inAllFormats(pageSchema(name)),
          },
        },
        problems: ['cursor_invalid', 'seq_beyond_head', 'past_busy', 'pool_unknown', 'not_acceptable'],
        handle: (input, request, reply) => answer(ledger, name, input.query(), request, reply),
      }),
    ),
};

async function answer(
  ledger: Ledger,
  name: TableName,
  asked: TableQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const pool = poolOf(ledger, asked.pool);
  const wanted = formatOf(request, asked.format);
  const asOf = await seqFromQuery(ledger, pool, asked);
  const filter = await filterOf(ledger, pool, name, asked, asOf);
  if (wanted !== 'json') {
    const table = ledger.tablePages(pool, name, asOf, whenGone(reply));
    const all = { ...filter, limit: asked.limit ?? Number.POSITIVE_INFINITY };
    return sendPages(request, reply, wanted, textOf(table, name, all, wanted, asked.csv));
  }
  const limit = pageLimit(asked.limit);
  // Read before the rows: they hold everything up to this seq, and perhaps a little more.
  const as_of_seq = asOf ?? (await ledger.head(pool)).seq;
  const table = ledger.tablePages(pool, name, asOf, whenGone(reply));
  try {
    const { rows, next } = await table.read({ ...filter, limit });
    return reply.send({ pool, as_of_seq, rows, next });
  } finally {
    table.release();
  }
}

async function filterOf(
  ledger: Ledger,
  pool: PoolId,
  name: TableName,
  asked: TableQuery,
  asOf: number | undefined,
): Promise<Omit<TableFilter, 'limit'>> {
  const { timeZone } = ledger.state(pool);
  const bound = (side: 'since' | 'until') => {
    const value = asked[side];
    if (value === undefined) return undefined;
    return name === 'daily' ? dateBound(value, timeZone, side) : instantOf(value, timeZone);
  };
  return {
    identity: asked.identity === undefined ? undefined : await nameAsOf(ledger, pool, asked.identity, asOf),
    since: bound('since'),
    until: bound('until'),
    window: asked.window,
    descending: asked.order === undefined ? undefined : asked.order === 'desc',
    cursor: asked.cursor,
  };
}

/** All pages as text. Whoever has begun to read it does not stand in the line again. */
async function* textOf(
  table: PastPages,
  name: TableName,
  filter: TableFilter,
  wanted: Format,
  style: CsvStyle | undefined,
): AsyncGenerator<string> {
  const columns = tableColumns(name);
  // A row has the columns of its table, in their order.
  const line = (row: TableRow) => (wanted === 'csv' ? csvLine(Object.values(row), style) : `${JSON.stringify(row)}\n`);
  let left = filter.limit;
  const read = (cursor: string | undefined) => {
    const page = table.read({ ...filter, cursor, limit: Math.min(left, limits.pageRowsMax) });
    // It is waited for later, or by nobody.
    page.catch(() => undefined);
    return page;
  };
  let header = wanted === 'csv' ? csvLine(columns) : '';
  let page = read(filter.cursor);
  try {
    for (;;) {
      const { rows, next } = await page;
      left -= rows.length;
      const isLast = next === null || left <= 0;
      // The next one is read while this one is written.
      if (!isLast) page = read(next);
      const text = header + rows.map(line).join('');
      passBytes(2 * text.length);
      yield text;
      header = '';
      if (isLast) return;
    }
  } finally {
    await page.catch(() => undefined);
    table.release();
  }
}

function pageSchema(name: TableName): JsonSchema {
  const row = Object.fromEntries(tableColumns(name).map((column) => [column, { type: ['string', 'number', 'null'] }]));
  return {
    type: 'object',
    required: ['pool', 'as_of_seq', 'rows', 'next'],
    properties: {
      pool: { type: 'string' },
      as_of_seq: { type: 'integer', description: 'The rows hold everything up to this event.' },
      rows: { type: 'array', items: { type: 'object', properties: row } },
      next: { type: ['string', 'null'], description: 'Cursor of the next page; null on the last one.' },
    },
  };
}
