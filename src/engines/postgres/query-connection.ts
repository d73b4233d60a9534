/**
 * A connection on which one statement of a person is worked on, in a transaction that only reads, and that is always undone. Whatever
 * the statement sets, locks or prepares ends with the connection.
 */
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { Clock } from '../../runtime/clock.js';
import { type Cell, integerCell, numberCell } from '../row-text.js';
import { slowText } from '../statement-runner.js';
import { faultAt } from '../statement-text.js';
import { urlsOf } from './connections.js';
import { isBrokenConnection, storageFault } from './faults.js';
import { requireReader } from './reader-role.js';

/** Of what the server sends at once: it is in memory before it is text. */
const sentBytesMax = 33_554_432;
/** How much longer than the server this process waits for a statement to end. */
const graceMs = 500;

const bool = 16;
const bytea = 17;
const int8 = 20;
const numbers: ReadonlySet<number> = new Set([21, 23, 26, 700, 701]);
const numeric = 1700;

/** Values as cells; of every other type the text that the server writes. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number) =>
    (text: string): Cell => {
      if (id === bool) return text === 't';
      if (id === bytea) return text.replace(/^\\x/, '');
      const isWhole = id === int8 || (id === numeric && /^-?\d+$/.test(text));
      if (isWhole) return integerCell(BigInt(text));
      return id === numeric || numbers.has(id) ? numberCell(Number(text)) : text;
    }) as typeof pg.types.getTypeParser,
};

export class QueryConnection {
  readonly #client: pg.Client;
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #watch = new AbortController();
  #killed: 'slow' | 'gone' | 'large' | null = null;
  #sentBytes = 0;

  private constructor(client: pg.Client, url: string, timeoutMs: number) {
    this.#client = client;
    this.#url = url;
    this.#timeoutMs = timeoutMs;
  }

  /** Connects to the first host that answers. Throws `viewer_off` where the role may do more than read. */
  static async open(url: string, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<QueryConnection> {
    const [client, used] = await connect(url);
    const connection = new QueryConnection(client, used, timeoutMs);
    try {
      await requireReader(client);
      await client.query('BEGIN READ ONLY');
      await client.query(settingsSql, [timeoutMs, limits.viewerLockMsMax, limits.viewerMsMax + graceMs].map(String));
    } catch (error) {
      await connection.close();
      throw error instanceof Problem ? error : storageFault(error);
    }
    connection.#guard(clock, signal);
    return connection;
  }

  /** `offset`: how many characters stand before the statement of the person. */
  async query(text: string, values: readonly unknown[], sql = '', offset = 0): Promise<pg.QueryArrayResult<Cell[]>> {
    this.#sentBytes = 0;
    const query = { text, values: [...values], rowMode: 'array', types, queryMode: 'extended' } as const;
    try {
      return await this.#client.query<Cell[]>(query as unknown as pg.QueryArrayConfig);
    } catch (error) {
      throw this.#problemOf(error as Error, sql, offset);
    }
  }

  async close(): Promise<void> {
    this.#watch.abort();
    await this.#client.end().catch(() => undefined);
  }

  /** A statement can set the server's limits aside for what comes after it, so they are kept here, too. */
  #guard(clock: Clock, signal: AbortSignal): void {
    const end = (killed: 'slow' | 'gone') => void this.terminate(killed).catch(() => undefined);
    void clock.sleep(this.#timeoutMs + graceMs, this.#watch.signal).then(() => end('slow'));
    const leave = () => end('gone');
    signal.addEventListener('abort', leave);
    this.#watch.signal.addEventListener('abort', () => signal.removeEventListener('abort', leave));
    if (signal.aborted) leave();
    const { stream } = (this.#client as unknown as { connection: { stream: Duplex } }).connection;
    stream.on('data', (part: Buffer) => {
      this.#sentBytes += part.length;
      if (this.#sentBytes <= sentBytesMax) return;
      this.#killed ??= 'large';
      stream.destroy();
    });
  }

  /** Has the server end it, which a role may do to its own. */
  async terminate(killed: 'slow' | 'gone'): Promise<void> {
    if (this.#watch.signal.aborted) return;
    this.#killed ??= killed;
    const pid = (this.#client as unknown as { processID: number }).processID;
    const [other] = await connect(this.#url);
    await other.query('SELECT pg_terminate_backend($1)', [pid]).catch(() => undefined);
    await other.end().catch(() => undefined);
  }

  #problemOf(error: Error, sql: string, offset: number): unknown {
    const { code = '', position } = error as pg.DatabaseError;
    if (this.#killed === 'large')
      return new Problem('query_too_large', `rows of the answer are larger than ${sentBytesMax / 1_048_576} MiB`);
    if (this.#killed === 'gone') return new Problem('request_invalid', 'nobody waits for the answer any more');
    if (this.#killed === 'slow' || code === '57014') return slow(this.#timeoutMs);
    if (code === '55P03') return new Problem('query_too_slow', 'the statement waited for a lock of another one');
    if (code === '08P01' || code === '42P02')
      return new Problem('query_invalid', 'the statement has parameters, and no values are given for them');
    if (/^(53|54000)/.test(code)) return new Problem('query_too_slow', withoutPaths(error.message));
    if (isRefused(code) || /multiple commands/.test(error.message))
      return new Problem('query_refused', withoutPaths(error.message));
    if (!(error instanceof pg.DatabaseError) || isBrokenConnection(error)) return storageFault(error);
    const at = position === undefined ? null : Number(position) - 1 - offset;
    return faultAt(sql, at !== null && at >= 0 ? at : null, withoutPaths(error.message));
  }
}

/** The plan is for whoever has the statement to add. */
const slow = (timeoutMs: number): Problem => new Problem('query_too_slow', slowText(timeoutMs, []));

/** It has no right, wants to write in what only reads, or is of a kind that a cursor does not take. */
const isRefused = (code: string): boolean => /^(42501|25006|0A000|42P11)$/.test(code);

const settingsSql = `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
  set_config('idle_in_transaction_session_timeout', $3, true), set_config('cursor_tuple_fraction', '1', true),
  set_config('extra_float_digits', '1', true), set_config('bytea_output', 'hex', true)`;

/** With the URL of the host that answered. */
async function connect(url: string): Promise<readonly [pg.Client, string]> {
  let failure: unknown = null;
  for (const each of urlsOf(url)) {
    const client = new pg.Client({
      connectionString: each,
      application_name: 'resource-share-viewer',
      connectionTimeoutMillis: limits.databaseConnectMsMax,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return [client, each];
    } catch (error) {
      failure ??= error;
    }
  }
  throw storageFault(failure);
}

const withoutPaths = (message: string): string => message.replace(/(?:\/[^\s/'"]+){2,}/g, '…');
