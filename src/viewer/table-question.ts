/**
 * The statement that reads one page of a table: filtered, in the order of a column, and from a row on. It goes on behind the last row
 * that was shown, by the sorted column and the primary key, so that rows which are added meanwhile neither repeat nor hide others.
 */
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Question } from './question.js';
import type { ColumnListing, TableListing } from './tables.js';

export interface TableFilters {
  /** Rows where a column holds this. */
  readonly is: Readonly<Record<string, string>>;
  /** Rows where this column holds nothing. */
  readonly isNull: string | undefined;
  /** Of the time of the table, in milliseconds since 1970: at or after, and before. */
  readonly from: number | undefined;
  readonly until: number | undefined;
}

export interface TableOrder {
  readonly sort: string;
  readonly descending: boolean;
}

export interface TableAsk extends TableOrder {
  readonly table: TableListing;
  readonly filters: TableFilters;
  /** Where the page before ended, as its cursor has it. */
  readonly after: readonly PlaceValue[] | undefined;
}

export type PlaceValue = string | number | null;

/** A view has none of its own. */
const viewKeys: Readonly<Record<string, readonly string[]>> = {
  recent_increments: ['event_id'],
  usage_by_hour: ['pool', 'claude_name', 'hour'],
};

/** Columns that tell its rows apart. */
export function keyOf({ name, ddl }: TableListing): readonly string[] {
  const listed = /PRIMARY KEY \(([^)]+)\)/.exec(ddl)?.[1]?.split(', ');
  const single = /^ {2}(\w+) [^\n]*PRIMARY KEY/m.exec(ddl)?.[1];
  const key = viewKeys[name] ?? listed ?? (single === undefined ? undefined : [single]);
  if (key === undefined) throw new Error(`${name} has no key`);
  return key;
}

/** What brings the newest rows first, and has an index where the table grows without end. */
const newestFirst: Readonly<Record<string, string>> = {
  recent_increments: 'timestamp',
  usage_by_hour: 'hour',
  resource_share_increments: 'timestamp',
  daily_resource_share: 'date',
  quota_info: 'timestamp',
  // Of each pool: its key begins with the pool, and goes on with seq.
  quota_windows: 'pool',
  claude_identity_history: 'id',
  fair_allocation_history: 'seq',
  jobs: 'created_at',
  schedule_fires: 'instant',
  paused_jobs: 'paused_at',
  segments: 'last_seq',
  snapshots: 'seq',
  checkpoints: 'seq',
  usage_sessions: 'last_seq',
  usage_meters: 'last_seq',
  metered_sessions: 'last_seq',
  stopgap_uses: 'last_seq',
};

export function usualOrder(table: TableListing): TableOrder {
  const key = keyOf(table);
  if (table.name === 'events') return { sort: key.includes('place') ? 'place' : 'seq', descending: true };
  const sort = newestFirst[table.name];
  return sort === undefined ? { sort: key[0] as string, descending: false } : { sort, descending: true };
}

/** Columns whose values are too long to begin a page from, or bytes. */
const longTexts = /^(payload|contents|answer|result|progress|ids|rules|error|reason|change|aliases)$/;

const isBytes = ({ type }: ColumnListing): boolean => type === 'BLOB' || type === 'BYTEA';

export const isSortable = (column: ColumnListing): boolean => !isBytes(column) && !longTexts.test(column.name);

/** Its first column of time: what `from` and `until` bound. */
export function timeColumnOf({ columns }: TableListing): ColumnListing | undefined {
  return timeColumns.map((name) => columns.find((column) => column.name === name)).find((found) => found !== undefined);
}

const timeColumns = [
  ...['timestamp', 'hour', 'date', 'recorded_at', 'computed_at', 'created_at', 'instant', 'first_recorded_at'],
  ...['head_recorded_at', 'last_seen', 'paused_at', 'expires_at'],
];

/** Throws `invalid_field` for a column that the table has not, and `cursor_invalid`. */
export function tableQuestion(ask: TableAsk, rows: number): Question {
  const { table, filters, after, sort, descending } = ask;
  const { conditions, values } = conditionsOf(table, filters);
  const order = orderOf(table, sort);
  const mayBeNull = isNullable(table, sort);
  if (after !== undefined) conditions.push(behind(order, mayBeNull, descending, after, values));
  const list = table.columns.map(({ name }) => quoted(name)).join(', ');
  const sql = `SELECT ${list} FROM ${table.name}${where(conditions)} ORDER BY ${ordering(order, mayBeNull, descending)} LIMIT ${rows}`;
  return { sql, values };
}

/** The columns that a place in the table is told by: the sorted one, then the key. */
export const orderOf = (table: TableListing, sort: string): readonly string[] => [...new Set([sort, ...keyOf(table)])];

export const facetValuesMax = 30;
const facetNames = [
  ...['pool', 'claude_name', 'type', 'mode', 'model', 'project', 'window_key', 'source', 'actor', 'cost_source'],
  ...['confidence', 'status', 'state', 'kind', 'conduct', 'binding_window', 'part', 'schedule'],
];
const facetsMax = 8;

/** Columns that have few values in most ledgers. */
export const facetColumns = ({ columns, name }: TableListing): readonly string[] =>
  facetNames
    .filter((each) => columns.some((column) => column.name === each) && !(each === 'state' && name === 'snapshots'))
    .slice(0, facetsMax);

/** Values of each facet among the first rows in the order, and how often they are there; null where the table has no facet. */
export function facetQuestion({ table, filters, sort, descending }: TableAsk): Question | null {
  const names = facetColumns(table);
  if (names.length === 0) return null;
  const { conditions, values } = conditionsOf(table, filters);
  const order = ordering(orderOf(table, sort), isNullable(table, sort), descending);
  const sample = `SELECT ${names.map(quoted).join(', ')} FROM ${table.name}${where(conditions)} ORDER BY ${order} LIMIT ${limits.viewerCountedRowsMax}`;
  const counts = names.map(
    (name, i) =>
      `SELECT * FROM (SELECT '${name}' AS facet, CAST(${quoted(name)} AS TEXT) AS value, count(*) AS rows FROM sample GROUP BY ${quoted(name)} ORDER BY 3 DESC, 2 LIMIT ${facetValuesMax + 1}) AS f${i}`,
  );
  return { sql: `WITH sample AS (${sample}) ${counts.join(' UNION ALL ')}`, values };
}

/** How many rows each table has, up to a bound. Views are left out: they would be made for it. */
export function countQuestion(tables: readonly TableListing[]): Question {
  const counts = tables
    .filter(({ kind }) => kind === 'table')
    .map(
      ({ name }) =>
        `SELECT '${name}', count(*) FROM (SELECT 1 AS one FROM ${name} LIMIT ${limits.viewerCountedRowsMax + 1}) AS ${name}_1`,
    );
  return { sql: counts.join(' UNION ALL '), values: {} };
}

interface Conditions {
  readonly conditions: string[];
  readonly values: Record<string, string | number>;
}

function conditionsOf(table: TableListing, { is, isNull, from, until }: TableFilters): Conditions {
  const conditions: string[] = [];
  const values: Record<string, string | number> = {};
  Object.entries(is).forEach(([name, text], i) => {
    const column = columnOf(table, name);
    if (isBytes(column)) throw invalid(`is.${name}`, 'holds bytes: filter by another column');
    values[`is${i}`] = column.type === null ? numberOrText(text) : text;
    conditions.push(`${quoted(name)} = :is${i}`);
  });
  if (isNull !== undefined) conditions.push(`${quoted(columnOf(table, isNull).name)} IS NULL`);
  const time = timeColumnOf(table);
  for (const [field, operator, at] of [
    ['from', '>=', from],
    ['until', '<', until],
  ] as const) {
    if (at === undefined) continue;
    if (time === undefined) throw invalid(field, 'needs a column of time, and this table has none');
    values[field] = timeValue(time, at);
    conditions.push(`${quoted(time.name)} ${operator} :${field}`);
  }
  return { conditions, values };
}

/** Columns of a view have no type that numbers and texts would be read by. */
const numberOrText = (text: string): string | number =>
  /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text) ? Number(text) : text;

function timeValue({ name, type }: ColumnListing, at: number): string | number {
  const iso = new Date(at).toISOString();
  if (name === 'date') return iso.slice(0, 10);
  const isText = type === null ? ['timestamp', 'hour'].includes(name) : type === 'TEXT';
  return isText ? iso : at;
}

/** Throws `invalid_field`. */
export function columnOf(table: TableListing, name: string): ColumnListing {
  const found = table.columns.find((column) => column.name === name);
  if (found === undefined) throw invalid(name.slice(0, 100), `is no column of ${table.name}`);
  return found;
}

function isNullable(table: TableListing, sort: string): boolean {
  if (keyOf(table).includes(sort) || newestFirst[table.name] === sort) return false;
  return columnOf(table, sort).nullable !== false;
}

/** A sorted column that may hold nothing has those rows last, whatever the direction. */
function ordering(order: readonly string[], mayBeNull: boolean, descending: boolean): string {
  const direction = descending ? 'DESC' : 'ASC';
  const columns = order.map((name) => `${quoted(name)} ${direction}`);
  return [...(mayBeNull ? [`(${quoted(order[0] as string)} IS NULL)`] : []), ...columns].join(', ');
}

function behind(
  order: readonly string[],
  mayBeNull: boolean,
  descending: boolean,
  after: readonly PlaceValue[],
  values: Record<string, string | number>,
): string {
  if (after.length !== order.length || after.slice(1).includes(null) || (after[0] === null && !mayBeNull))
    throw new Problem('cursor_invalid');
  after.forEach((value, i) => {
    if (value !== null) values[`at${i}`] = value;
  });
  const operator = descending ? '<' : '>';
  const than = (from: number) =>
    `(${order.slice(from).map(quoted).join(', ')}) ${operator} (${order
      .slice(from)
      .map((_, i) => `:at${i + from}`)
      .join(', ')})`;
  const first = quoted(order[0] as string);
  if (after[0] === null) return `(${first} IS NULL AND ${than(1)})`;
  return mayBeNull ? `(${first} IS NULL OR ${than(0)})` : than(0);
}

const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;

const quoted = (name: string): string => `"${name}"`;

const invalid = (field: string, message: string): Problem =>
  new Problem('invalid_field', `${field} ${message}`, [{ field, message }]);

/** A place belongs to a table in an order: it is taken by no other. */
export function encodePlace({ table, sort, descending }: TableAsk, values: readonly PlaceValue[]): string {
  return Buffer.from(JSON.stringify([table.name, sort, descending, ...values])).toString('base64url');
}

/** Throws `cursor_invalid`. */
export function decodePlace(
  { table, sort, descending }: Pick<TableAsk, 'table' | 'sort' | 'descending'>,
  text: string,
): readonly PlaceValue[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw new Problem('cursor_invalid');
  }
  if (!Array.isArray(parts) || parts[0] !== table.name || parts[1] !== sort || parts[2] !== descending)
    throw new Problem('cursor_invalid');
  const values = parts.slice(3) as unknown[];
  if (!values.every((value) => value === null || typeof value === 'string' || typeof value === 'number'))
    throw new Problem('cursor_invalid');
  return values as PlaceValue[];
}
