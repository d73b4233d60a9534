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
  /** Columns that order the rows and are unique together. */
  readonly order: readonly string[];
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
  const { order, descending } = query;
  const conditions = [...query.where];
  if (cursor !== undefined) {
    const values = decodeCursor(cursor, order.length);
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
    rows.length > limit && last !== undefined ? encodeCursor(order.map((column) => last[column] ?? null)) : null;
  return { rows: shown, next };
}

export const encodeCursor = (values: readonly Value[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url');

/** Throws `cursor_invalid` for anything this server did not give. */
export function decodeCursor(cursor: string, length: number): Value[] {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw new Problem('cursor_invalid');
  }
  const scalar = (value: unknown) => value === null || typeof value === 'string' || Number.isFinite(value);
  if (!Array.isArray(values) || values.length !== length || !values.every(scalar)) throw new Problem('cursor_invalid');
  return values as Value[];
}
