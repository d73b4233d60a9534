/** What `sql` asks of the database, or of the daemon. */
import type { ResultValue } from '../../viewer/gate.js';

/** A statement, or a ready-made query, as the API takes them. */
export interface SqlRequest {
  readonly sql?: string | undefined;
  readonly canned?: string | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly limit?: number | undefined;
  readonly timeout_ms?: number | undefined;
}

/** A page as the API gives it. */
export interface SqlPage {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ResultValue[])[];
  readonly truncated: 'rows' | 'bytes' | null;
  readonly cells_cut: number;
  readonly elapsed_ms: number;
}

/** Throws problems as the gate does, wherever that is. */
export interface SqlAsker {
  page(request: SqlRequest): Promise<SqlPage>;
  explain(request: SqlRequest): Promise<readonly string[]>;
  /** All rows as text; what ends early throws. */
  export(request: SqlRequest, format: 'csv' | 'ndjson'): AsyncIterable<Uint8Array>;
}
