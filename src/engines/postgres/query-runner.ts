/** Statements of people on a server, under a role that only reads: each with a connection of its own, and read by a cursor. */
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { Clock } from '../../runtime/clock.js';
import { type Cell, RowText } from '../row-text.js';
import {
  type RowPage,
  type RowsEnd,
  type RunningStatement,
  type StatementRequest,
  type StatementRunner,
  type StatementValues,
  slowText,
} from '../statement-runner.js';
import { firstWordOf, requireFirstWord } from '../statement-text.js';
import { QueryConnection } from './query-connection.js';

const declare = 'DECLARE asked NO SCROLL CURSOR FOR ';
const explain = 'EXPLAIN ';
/** Rows that are fetched first; then as many as have about so many bytes as text. */
const firstRows = 50;
const fetchBytes = 1_048_576;
const planMsMax = 1_000;

type Asked = Pick<StatementRequest, 'sql' | 'values' | 'timeoutMs'>;

export class PostgresStatements implements StatementRunner {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #open = new Set<QueryConnection>();
  #isClosed = false;

  constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
  }

  async run(request: StatementRequest, signal: AbortSignal): Promise<RunningStatement> {
    requireFirstWord(firstWordOf(request.sql, true), ['SELECT', 'VALUES', 'WITH', 'TABLE']);
    const connection = await this.#connect(request.timeoutMs, signal);
    try {
      const [text, values] = numbered(request.sql, request.values);
      await connection.query(declare + text, values, request.sql, declare.length);
      const first = await connection.query(fetching(Math.min(firstRows, request.rowsMax + 1)), []);
      const columns = first.fields.map(({ name }) => name);
      return { columns, pages: this.#pages(connection, request, columns, first.rows) };
    } catch (error) {
      await this.#release(connection);
      throw await this.#withPlan(error, request);
    }
  }

  async explain({ sql, values: given, timeoutMs }: Asked, signal: AbortSignal): Promise<readonly string[]> {
    requireFirstWord(firstWordOf(sql, true), ['SELECT', 'VALUES', 'WITH', 'TABLE']);
    const connection = await this.#connect(timeoutMs, signal);
    try {
      const [text, values] = numbered(sql, given);
      // What a cursor does not take is not explained either.
      await connection.query(declare + text, values, sql, declare.length);
      const { rows } = await connection.query(explain + text, values, sql, explain.length);
      return rows.map(([line]) => String(line));
    } finally {
      await this.#release(connection);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((connection) => connection.terminate('gone')));
  }

  async #connect(timeoutMs: number, signal: AbortSignal): Promise<QueryConnection> {
    const connection = await QueryConnection.open(this.#url, timeoutMs, this.#clock, signal);
    this.#open.add(connection);
    if (this.#isClosed) await connection.terminate('gone');
    return connection;
  }

  async #release(connection: QueryConnection): Promise<void> {
    this.#open.delete(connection);
    await connection.close();
  }

  async *#pages(
    connection: QueryConnection,
    request: StatementRequest,
    columns: readonly string[],
    first: readonly Cell[][],
  ): AsyncGenerator<RowPage, RowsEnd> {
    const text = new RowText(columns, request);
    let rows: readonly Cell[][] = first;
    let wanted = Math.min(firstRows, request.rowsMax + 1);
    try {
      for (;;) {
        for (const row of rows) {
          const end = text.add(row);
          if (end === null) continue;
          yield text.take();
          return end;
        }
        const page = text.take();
        if (page.rows > 0) yield page;
        if (rows.length < wanted) return 'all';
        wanted = nextRows(page);
        ({ rows } = await connection.query(fetching(wanted), []));
      }
    } catch (error) {
      throw await this.#withPlan(error, request);
    } finally {
      await this.#release(connection);
    }
  }

  /** Of a statement that took too long, how the server went about it. */
  async #withPlan(error: unknown, request: Asked): Promise<unknown> {
    if (!(error instanceof Problem) || error.code !== 'query_too_slow') return error;
    if (error.message !== slowText(request.timeoutMs, [])) return error;
    const nobody = new AbortController().signal;
    const plan = await this.explain({ ...request, timeoutMs: planMsMax }, nobody).catch(() => []);
    return new Problem('query_too_slow', slowText(request.timeoutMs, plan));
  }
}

const fetching = (rows: number): string => `FETCH ${rows} FROM asked`;

function nextRows({ rows, bytes }: RowPage): number {
  return Math.max(1, Math.min(limits.viewerFetchRows, Math.floor((fetchBytes * rows) / Math.max(bytes.length, 1))));
}

/** Named values as the server takes them; what is quoted, and casts, are no names. */
function numbered(sql: string, values: StatementValues): readonly [string, readonly unknown[]] {
  const names = Object.keys(values);
  if (names.length === 0) return [sql, []];
  const used: string[] = [];
  const text = sql.replace(/'[^']*'|::|:(\w+)/g, (whole, name: string | undefined) => {
    if (name === undefined || !names.includes(name)) return whole;
    if (!used.includes(name)) used.push(name);
    return `$${used.indexOf(name) + 1}`;
  });
  return [text, used.map((name) => values[name])];
}
