/** What can be asked of the projections: rows of the five tables, filtered, page by page, now or as of a seq. */
import { isoText } from '../events/days.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import { columnNames } from './change.js';
import type { Condition, Page, PageQuery, Queryable } from './pages.js';
import { readPage } from './pages.js';
import type { Projection } from './projection.js';
import { projections } from './projector.js';
import type { Value } from './rows.js';

export const tableNames = ['usage', 'daily', 'quota', 'identities', 'allocations'] as const;
export type TableName = (typeof tableNames)[number];

/** Filters that are left out do not filter. Times are of the use or measurement, `since` inclusive, `until` exclusive. */
export interface TableFilter {
  readonly identity?: string | undefined;
  readonly since?: EpochMs | undefined;
  readonly until?: EpochMs | undefined;
  readonly window?: string | undefined;
  readonly descending?: boolean | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Rows of events up to one, none of which is of a later time. */
export interface UpTo {
  readonly rowId: number;
  readonly time: EpochMs;
}

export type TableRow = Record<string, Value>;

interface Shape {
  readonly table: string;
  readonly order: PageQuery['order'];
  readonly name: string | null;
  /** Column that `since` and `until` bound: ISO text of an instant, or a date. */
  readonly time: string | null;
  readonly timeIsDate?: boolean;
}

const shapes: Record<TableName, Shape> = {
  usage: {
    table: 'resource_share_increments',
    order: { timestamp: 'instant', id: 'integer' },
    name: 'claude_name',
    time: 'timestamp',
  },
  daily: {
    table: 'daily_resource_share',
    order: { date: 'date', claude_name: 'text' },
    name: 'claude_name',
    time: 'date',
    timeIsDate: true,
  },
  quota: {
    table: 'quota_windows',
    order: { timestamp: 'instant', seq: 'integer', window_key: 'text' },
    name: null,
    time: 'timestamp',
  },
  identities: { table: 'claude_identities', order: { name: 'text' }, name: 'name', time: null },
  allocations: {
    table: 'fair_allocations',
    order: { claude_name: 'text', window_key: 'text' },
    name: 'claude_name',
    time: null,
  },
};

const columnsOf = new Map(
  projections.flatMap(({ tables }) => tables).map((table) => [table.name, columnNames(table)] as const),
);

/** The projection that keeps a table. */
export function projectionOf(name: TableName): Projection {
  const { table } = shapes[name];
  const found = projections.find(({ tables }) => tables.some((kept) => kept.name === table));
  if (found === undefined) throw new Error(`no projection keeps ${table}`);
  return found;
}

export function tableColumns(name: TableName): readonly string[] {
  return columnsOf.get(shapes[name].table) ?? [];
}

/** Columns that tell the rows of a pool apart, and order them. */
export function tableKey(name: TableName): readonly string[] {
  return Object.keys(shapes[name].order);
}

export function readTable(
  source: Queryable,
  pool: PoolId,
  name: TableName,
  filter: TableFilter,
): Promise<Page<TableRow>> {
  return readPage(source, queryOf(pool, name, filter), filter.limit, filter.cursor);
}

/** As `readTable` of usage, without what came after an event. */
export function readUsage(source: Queryable, pool: PoolId, filter: TableFilter, upTo: UpTo): Promise<Page<TableRow>> {
  const query = queryOf(pool, 'usage', filter);
  // As a sum, the id is not what the planner reads the table by: that would be all rows up to there, to be sorted.
  const idBound = { sql: 'id + 0 <= ?', values: [upTo.rowId] };
  const time = { sql: 'timestamp <= ?', values: [isoText(upTo.time)] };
  return readPage(source, { ...query, where: [...query.where, idBound, time] }, filter.limit, filter.cursor);
}

function queryOf(pool: PoolId, name: TableName, filter: TableFilter): PageQuery {
  const shape = shapes[name];
  const where: Condition[] = [{ sql: 'pool = ?', values: [pool] }];
  if (filter.identity !== undefined && shape.name !== null) {
    where.push({ sql: `${shape.name} = ?`, values: [filter.identity] });
  }
  if (filter.window !== undefined && (name === 'quota' || name === 'allocations')) {
    where.push({ sql: 'window_key = ?', values: [filter.window] });
  }
  const bound = (at: EpochMs) => (shape.timeIsDate === true ? isoText(at).slice(0, 10) : isoText(at));
  if (filter.since !== undefined && shape.time !== null) {
    where.push({ sql: `${shape.time} >= ?`, values: [bound(filter.since)] });
  }
  if (filter.until !== undefined && shape.time !== null) {
    where.push({ sql: `${shape.time} < ?`, values: [bound(filter.until)] });
  }
  return {
    table: shape.table,
    columns: tableColumns(name),
    where,
    pool,
    order: shape.order,
    descending: filter.descending ?? (name === 'usage' || name === 'quota'),
  };
}
