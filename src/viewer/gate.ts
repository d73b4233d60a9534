/**
 * The gate for statements that people ask the tables: one at a time of each caller, read only, with limits of time, memory, rows and
 * bytes, the same on both engines. The statement itself is kept nowhere.
 */
import { openStatements, type StatementDatabase } from '../engines/open-statements.js';
import type {
  RowFormat,
  RowsEnd,
  RunningStatement,
  StatementRequest,
  StatementRunner,
} from '../engines/statement-runner.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import { isServer } from '../settings/database.js';
import { type CsvStyle, csvLine } from '../text/csv.js';
import type { EngineKind } from './dialect.js';
import type { Question } from './question.js';
import { Turnstile } from './turnstile.js';

export interface AskOptions {
  /** Who asks: of one caller one statement is worked on at a time. */
  readonly caller: string;
  /** Milliseconds; `limits.viewerMsDefault` for a page, `limits.viewerMsMax` for an export. */
  readonly timeoutMs?: number | undefined;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
}

export interface PageOptions extends AskOptions {
  /** `limits.pageRowsDefault` where it is left out; more than `limits.pageRowsMax` is an `invalid_field`. */
  readonly limit?: number | undefined;
}

export interface ExportOptions extends AskOptions {
  readonly format: Exclude<RowFormat, 'json'>;
  readonly csv?: CsvStyle | undefined;
  /** Rows at most; all of them where it is left out. */
  readonly limit?: number | undefined;
}

/** One page of an answer. */
export interface ResultPage {
  readonly columns: readonly string[];
  /** JSON: the rows as arrays of their values, with commas between them. */
  readonly rowsText: string;
  readonly rows: number;
  /** What has left rows out: the limit of rows, or of bytes. Null where none is left out. */
  readonly truncated: Exclude<RowsEnd, 'all'> | null;
  /** Texts that were cut, and end in `…`. */
  readonly cellsCut: number;
  readonly elapsedMs: number;
}

export type ResultValue = string | number | boolean | null;

export const rowsOf = ({ rowsText }: ResultPage): readonly (readonly ResultValue[])[] => JSON.parse(`[${rowsText}]`);

export class SqlGate {
  /** In whose words a statement is. */
  readonly engine: EngineKind;
  readonly #database: StatementDatabase;
  readonly #clock: Clock;
  readonly #turnstile = new Turnstile();
  #runner: Promise<StatementRunner> | null = null;

  /** Opens nothing: the first statement does. */
  constructor(database: StatementDatabase, clock: Clock = systemClock) {
    this.engine = isServer(database.database) ? 'postgres' : 'sqlite';
    this.#database = database;
    this.#clock = clock;
  }

  /** Throws, as all of these do, what `StatementRunner` says, and `query_busy`. */
  async page({ sql, values }: Question, options: PageOptions): Promise<ResultPage> {
    const { limit = limits.pageRowsDefault, timeoutMs = limits.viewerMsDefault } = options;
    if (limit > limits.pageRowsMax) throw overLimit();
    const begun = this.#clock.elapsed();
    const request: StatementRequest = {
      sql,
      values,
      format: 'json',
      csv: 'raw',
      rowsMax: limit,
      bytesMax: limits.viewerPageBytesMax,
      cellCharactersMax: limits.viewerCellCharactersMax,
      timeoutMs,
    };
    return this.#inTurn(options, async (runner) => {
      const { columns, pages } = await runner.run(request, options.signal);
      const texts: string[] = [];
      let rows = 0;
      let cellsCut = 0;
      for (;;) {
        const next = await pages.next();
        if (next.done === true) {
          const truncated = next.value === 'all' ? null : next.value;
          const elapsedMs = Math.round(this.#clock.elapsed() - begun);
          return { columns, rowsText: texts.join(','), rows, truncated, cellsCut, elapsedMs };
        }
        if (next.value.rows > 0) texts.push(Buffer.from(next.value.bytes).toString('utf8'));
        rows += next.value.rows;
        cellsCut += next.value.cellsCut;
      }
    });
  }

  /**
   * All rows, as text in pages, CSV with a header. It is begun when it resolves; what fails later fails the pages: an answer that is
   * not whole does not look as if it were.
   */
  async export({ sql, values }: Question, options: ExportOptions): Promise<AsyncGenerator<Uint8Array>> {
    const { format, csv = 'safe', limit = Number.MAX_SAFE_INTEGER, timeoutMs = limits.viewerMsMax } = options;
    const request: StatementRequest = {
      sql,
      values,
      format,
      csv,
      rowsMax: limit,
      bytesMax: limits.viewerExportBytesMax,
      cellCharactersMax: null,
      timeoutMs,
    };
    const leave = await this.#turnstile.enter(options.caller, options.signal);
    try {
      const running = await (await this.#open()).run(request, options.signal);
      return exported(running, format, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** How the database would go about it, a line for each step; the statement is not run. */
  async explain({ sql, values }: Question, options: AskOptions): Promise<readonly string[]> {
    const { timeoutMs = limits.viewerMsDefault } = options;
    return this.#inTurn(options, (runner) => runner.explain({ sql, values, timeoutMs }, options.signal));
  }

  async close(): Promise<void> {
    await (await this.#runner?.catch(() => null))?.close();
  }

  async #inTurn<T>({ caller, signal }: AskOptions, work: (runner: StatementRunner) => Promise<T>): Promise<T> {
    const leave = await this.#turnstile.enter(caller, signal);
    try {
      return await work(await this.#open());
    } finally {
      leave();
    }
  }

  #open(): Promise<StatementRunner> {
    this.#runner ??= openStatements(this.#database, this.#clock);
    return this.#runner;
  }
}

async function* exported(
  { columns, pages }: RunningStatement,
  format: ExportOptions['format'],
  leave: () => void,
): AsyncGenerator<Uint8Array> {
  let isBegun = false;
  try {
    for (;;) {
      // Before anything is yielded: who takes nothing more then ends what has begun.
      const next = await pages.next();
      const head = format === 'csv' && !isBegun ? Buffer.from(csvLine(columns)) : null;
      isBegun = true;
      if (next.done === true) {
        if (head !== null) yield head;
        if (next.value === 'bytes') throw tooLarge();
        return;
      }
      const { bytes } = next.value;
      yield head === null ? bytes : Buffer.concat([head, bytes]);
    }
  } finally {
    await pages.return('all');
    leave();
  }
}

const tooLarge = (): Problem =>
  new Problem('query_too_large', `the export is larger than ${limits.viewerExportBytesMax / 1_000_000} MB`);

function overLimit(): Problem {
  const message = `is above ${limits.pageRowsMax}; NDJSON and CSV have no limit`;
  return new Problem('invalid_field', `limit ${message}`, [{ field: 'limit', message }]);
}
