/**
 * The contract between the gate for statements that people ask and the database they are asked of. Each engine runs ONE statement that
 * only reads, away from everything that appends, and gives its rows as text in pages.
 */
import type { CsvStyle } from '../text/csv.js';

/** `json`: each row an array, with commas between them. `ndjson`: each row an object on a line. `csv`: records, without a header. */
export type RowFormat = 'json' | 'ndjson' | 'csv';

/** Values of a statement, by the names that stand in it as `:name`. */
export type StatementValues = Readonly<Record<string, string | number>>;

export interface StatementRequest {
  readonly sql: string;
  readonly values: StatementValues;
  readonly format: RowFormat;
  readonly csv: CsvStyle;
  /** Rows at most; what is beyond them is not read. */
  readonly rowsMax: number;
  /** Bytes of text at most, in UTF-8. */
  readonly bytesMax: number;
  /** Texts that are longer are cut; null: none is. */
  readonly cellCharactersMax: number | null;
  /** From when the database begins to work on it until its last row is taken. */
  readonly timeoutMs: number;
}

export interface RowPage {
  readonly rows: number;
  /** How many texts were cut. */
  readonly cellsCut: number;
  /** In UTF-8. */
  readonly bytes: Uint8Array;
}

/** What the last page ends with: the last row of all, or one of the limits. */
export type RowsEnd = 'all' | 'rows' | 'bytes';

export interface RunningStatement {
  readonly columns: readonly string[];
  /** Read to its end, or returned, once: only then the next statement has its turn. A page is made when the one before it was taken. */
  readonly pages: AsyncGenerator<RowPage, RowsEnd>;
}

export interface StatementRunner {
  /**
   * Resolves when the columns are known. It, and the pages, fail with the problems `query_refused`, `query_invalid`, `query_too_slow`,
   * `query_too_large`, and `viewer_off`, and with a `StorageError` where the database cannot be had.
   */
  run(request: StatementRequest, signal: AbortSignal): Promise<RunningStatement>;
  /** How the database would go about the statement, a line for each step. Fails as `run` does. */
  explain(
    request: Pick<StatementRequest, 'sql' | 'values' | 'timeoutMs'>,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What is taken of a time limit that people read: `3 s`, `0.2 s`. */
const seconds = (ms: number): string => `${ms / 1_000} s`;

const planCharactersMax = 1_500;

/** Why a statement that took too long was ended, with what the database was about. */
export function slowText(timeoutMs: number, plan: readonly string[]): string {
  return `the statement was ended after ${seconds(timeoutMs)}, which is its limit${planText(plan)}`;
}

/** The same, of one that took too much memory. */
export function memoryText(mib: number, plan: readonly string[]): string {
  return `the statement was ended as it took more than ${mib} MiB of memory${planText(plan)}`;
}

function planText(plan: readonly string[]): string {
  if (plan.length === 0) return '';
  return `; the database went about it so: ${plan.map((line) => line.trim()).join(', ')}`.slice(0, planCharactersMax);
}
