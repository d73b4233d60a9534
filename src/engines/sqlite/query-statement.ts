/** A statement of a person on a connection of the database file: whether it is let in, its rows, and what is wrong with it. */
import Database from 'better-sqlite3';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { type Cell, integerCell, numberCell } from '../row-text.js';
import { memoryText, type StatementValues } from '../statement-runner.js';
import { faultAt, firstWordOf, onlyPlaceOf, requireFirstWord } from '../statement-text.js';

/** Those that only tell something, and change neither the file nor what this connection may do. */
const pragmas =
  /^(table_list|collation_list|function_list|module_list|compile_options|encoding|page_count|page_size|freelist_count|schema_version|user_version|application_id)$|^(table_info|table_xinfo|index_list|index_info|index_xinfo|foreign_key_list|integrity_check|quick_check)(\s*\(\s*('[^']*'|"[^"]*"|\w+)\s*\))?$/i;

/** Tells where the file is, which is nobody's concern who asks from elsewhere. */
const tellsPath = /pragma_database_list/i;

/** Throws `query_refused` where it does not only read, and `query_invalid` where SQLite does not understand it. */
export function prepareReading(db: Database.Database, sql: string): Database.Statement<unknown[], unknown[]> {
  const word = firstWordOf(sql, false);
  requireFirstWord(word, ['SELECT', 'VALUES', 'WITH', 'PRAGMA']);
  if (word === 'PRAGMA') requirePragma(sql);
  if (tellsPath.test(sql)) throw new Problem('query_refused', 'pragma_database_list is not answered');
  const statement = guarded(sql, () => db.prepare<unknown[], unknown[]>(sql));
  if (statement.readonly && statement.reader) return statement;
  throw new Problem('query_refused', 'the statement would change something, or gives no rows');
}

function requirePragma(sql: string): void {
  const asked = /^\s*PRAGMA\s+([\s\S]*?)[\s;]*$/i.exec(sql)?.[1];
  if (asked === undefined || !pragmas.test(asked))
    throw new Problem('query_refused', 'only PRAGMAs that tell of tables, and the checks of the file, are answered');
}

/** How SQLite goes about a statement. The statement itself has been let in. */
export function planOf(db: Database.Database, sql: string, values: StatementValues): readonly string[] {
  if (firstWordOf(sql, false) === 'PRAGMA') return [];
  const rows = guarded(sql, () => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values)) as readonly PlanRow[];
  const depths = new Map<number, number>();
  return rows.map(({ id, parent, detail }) => {
    const depth = (depths.get(parent) ?? -1) + 1;
    depths.set(id, depth);
    return '  '.repeat(depth) + detail;
  });
}

interface PlanRow {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

export function* rowsOf(
  statement: Database.Statement<unknown[], unknown[]>,
  sql: string,
  values: StatementValues,
): Generator<Cell[]> {
  const rows = guarded(sql, () => statement.raw().safeIntegers().iterate(values));
  try {
    for (;;) {
      const next = guarded(sql, () => rows.next());
      if (next.done === true) return;
      yield next.value.map(cellOf);
    }
  } finally {
    rows.return?.();
  }
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'bigint') return integerCell(value);
  if (typeof value === 'number') return numberCell(value);
  return Buffer.isBuffer(value) ? value.toString('hex') : (value as string | null);
}

function guarded<T>(sql: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw problemOf(sql, error as Error);
  }
}

/** Of this program no fault is hidden behind one of the statement. */
function problemOf(sql: string, error: Error): Error {
  const { message } = error;
  if (error instanceof Database.SqliteError) {
    if (error.code === 'SQLITE_NOMEM') return new Problem('query_too_slow', memoryText(limits.viewerMemoryMibMax, []));
    if (error.code.startsWith('SQLITE_READONLY'))
      return new Problem('query_refused', 'the statement would change something');
    const word = /^near "([\s\S]+)": syntax error|^(?:no such|ambiguous) [\w ]+: ([\s\S]+)$/.exec(message);
    return faultAt(sql, onlyPlaceOf(sql, word?.[1] ?? word?.[2] ?? ''), withoutPaths(message));
  }
  if (/more than one statement/.test(message))
    return new Problem('query_refused', 'one statement can be asked at a time');
  if (/no statements/.test(message)) return new Problem('query_refused', 'there is no statement');
  if (/parameter/.test(message))
    return new Problem('query_invalid', 'the statement has parameters, and no values are given for them');
  if (error instanceof RangeError || /Invalid string length|Cannot create a string/.test(message))
    return new Problem('query_too_large', 'a value of the answer is larger than can be shown');
  return error;
}

const withoutPaths = (message: string): string => message.replace(/(?:\/[^\s/'"]+){2,}/g, '…');
