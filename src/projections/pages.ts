/**
 * Pages of a projection table, by its key columns: a cursor says where the last page ended, so that a deep page costs
 * what the first one does. The SQL is portable and read-only.
 */
import { Problem } from '../problems.js';
import type { Value } from './rows.js';

export interface PageQuery {
  readonly table: string;
  readonly columns: readonly string[];
  /** Conditions with `?` placeholders, joined by AND. */
  readonly where: readonly Condition[];
  readonly pool: string;
  /** Columns that order the rows and are unique together, with what they hold. */
  readonly order: Readonly<Record<string, CursorKind>>;
  readonly descending: boolean;
}

export interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

export interface Page<R> {
  readonly rows: readonly R[];
  /** To be sent back for the page after this one; null on the last page. */
  readonly next: string | null;
}

/** Anything that can run a read-only statement: an engine, or a shadow. */
export interface Queryable {
  query<R extends object>(sql: string, parameters?: readonly Value[]): Promise<R[]>;
}

export async function readPage<R extends Record<string, Value>>(
  source: Queryable,
  query: PageQuery,
  limit: number,
  cursor: string | undefined,
): Promise<Page<R>> {
  const { descending } = query;
  const order = Object.keys(query.order);
  const list = { pool: query.pool, list: query.table, descending, kinds: Object.values(query.order) };
  const conditions = [...query.where];
  if (cursor !== undefined) {
    const values = decodeCursor(list, cursor);
    const tuple = order.length === 1 ? order[0] : `(${order.join(', ')})`;
    const marks = order.length === 1 ? '?' : `(${order.map(() => '?').join(', ')})`;
    conditions.push({ sql: `${tuple} ${descending ? '<' : '>'} ${marks}`, values });
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
  const direction = descending ? 'DESC' : 'ASC';
  const ordering = order.map((column) => `${column} ${direction}`).join(', ');
  const columns = [...new Set([...query.columns, ...order])];
  const sql = `SELECT ${columns.join(', ')} FROM ${query.table} ${where} ORDER BY ${ordering} LIMIT ?`;
  const rows = await source.query<R>(sql, [...conditions.flatMap(({ values }) => values), limit + 1]);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? encodeCursor(
          list,
          order.map((column) => last[column] ?? null),
        )
      : null;
  return { rows: shown, next };
}

/** What a list is ordered by: the kinds of values that a place in it has. */
export type CursorKind = 'date' | 'instant' | 'integer' | 'text';

/** Where a cursor belongs: it is taken by no other list, and in no other order. */
export interface CursorList {
  readonly pool: string;
  readonly list: string;
  readonly descending: boolean;
  readonly kinds: readonly CursorKind[];
}

export function encodeCursor({ pool, list, descending }: CursorList, values: readonly Value[]): string {
  return Buffer.from(JSON.stringify([pool, list, descending, ...values])).toString('base64url');
}

/** Throws `cursor_invalid` for anything this server did not give for this list: a value of another kind is none of its places. */
export function decodeCursor(list: CursorList, cursor: string): Value[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw new Problem('cursor_invalid');
  }
  const values = Array.isArray(parts) ? parts.slice(3) : [];
  const fits = values.length === list.kinds.length && list.kinds.every((kind, i) => isOfKind(kind, values[i]));
  // Written as this server writes it: nothing else is read in several ways.
  if (!fits || encodeCursor(list, values) !== cursor) throw new Problem('cursor_invalid');
  return values;
}

function isOfKind(kind: CursorKind, value: unknown): boolean {
  if (kind === 'integer') return Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof value !== 'string' || !value.isWellFormed() || value.includes('\u0000')) return false;
  if (kind === 'date') return /^\d{4}-\d{2}-\d{2}$/.test(value);
  return kind === 'text' || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(value);
}
