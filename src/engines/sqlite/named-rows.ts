/**
 * Answers of statements on their way from a storage thread: the names of the columns once, and the values of each row. Measured for an
 * export of 1,000,000 rows of 30 columns: 9.0 to 9.6 s; with the names in each row 11.5 to 12.9 s.
 */
import type Database from 'better-sqlite3';
import type { Value } from '../../projections/rows.js';

export interface NamedRows {
  readonly names: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export function readNamed(statement: Database.Statement, parameters: readonly Value[]): NamedRows {
  const names = statement.columns().map(({ name }) => name);
  return { names, rows: statement.raw().all(...parameters) as unknown[][] };
}

export function objectsOf<R extends object>({ names, rows }: NamedRows): R[] {
  return rows.map((row) => {
    const object: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i += 1) object[names[i] as string] = row[i];
    return object as R;
  });
}
