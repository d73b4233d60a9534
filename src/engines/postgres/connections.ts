/**
 * Connections to the server. A URL may name several hosts: the first that takes writes is used, and the next one when
 * that fails. Whoever asks while none answers waits for a short time, then gets a `StorageError`.
 */
import pg from 'pg';
import { limits } from '../../limits.js';
import type { Clock } from '../../runtime/clock.js';
import { StorageError } from '../../storage-error.js';
import { ColumnEncoder } from './arrays.js';
import { isBrokenConnection, isRefusal, storageFault } from './faults.js';
import { ServerClock } from './server-clock.js';
import { types } from './statements.js';

/** A connection, with the memory in which it encodes what it sends. */
export interface Client extends pg.PoolClient {
  readonly columns: ColumnEncoder;
  /** One for all connections. */
  readonly serverClock: ServerClock;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  /** Connections kept at most. */
  readonly max: number;
  /** How long a statement may take; null for rebuilding, which may take any time. */
  readonly statementMsMax: number | null;
}

const retryMs = 100;

export class Connections {
  /** Without user, password and options. */
  readonly location: string;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly #pool: pg.Pool;
  /** The same URL for each of its hosts, as the driver knows one host only. */
  readonly #urls: readonly string[];
  #current = 0;

  constructor(url: string, { clock, max, statementMsMax }: ConnectionOptions) {
    this.clock = clock;
    const serverClock = new ServerClock(clock);
    this.serverClock = serverClock;
    const { hosts, rest } = partsOf(url);
    this.#urls = urlsOf(url);
    this.location = `postgres://${hosts.join(',')}${rest.replace(/\?.*$/s, '')}`;
    const current = () => this.#urls[this.#current];
    /** Connects to the host that is the current one at that time. */
    class HostClient extends pg.Client {
      readonly columns = new ColumnEncoder();
      readonly serverClock = serverClock;

      constructor(options: pg.ClientConfig) {
        super({ ...options, connectionString: current() });
        // The pool listens only while nobody uses the connection. Who does is told by the statement that fails.
        this.on('error', () => undefined);
      }
    }
    this.#pool = new pg.Pool({
      application_name: 'resource-share',
      Client: HostClient as unknown as new () => pg.ClientBase,
      // Statements are sent without waiting for the answer to the one before, where the caller does not (`runAll`).
      pipeline: true,
      types,
      max,
      connectionTimeoutMillis: connectMsMax(rest),
      keepAlive: true,
      ...(statementMsMax === null
        ? {}
        : {
            statement_timeout: statementMsMax,
            // Counted from when it is sent, behind others: one that is not answered by then is given up, and its connection with it.
            query_timeout: statementMsMax + 5_000,
          }),
      // Who sleeps in a transaction must not hold its locks for ever.
      idle_in_transaction_session_timeout: statementMsMax ?? limits.statementMsMax,
      verify: (client: pg.PoolClient, done: (error?: Error) => void) =>
        void prepareSession(client).then(() => done(), done),
    } as pg.PoolConfig);
    // A connection that breaks while nobody uses it is replaced when somebody wants it.
    this.#pool.on('error', () => undefined);
  }

  /** Runs a task with a connection of its own, which is given up when it broke. Errors are those of the contract. */
  async use<T>(task: (client: Client) => Promise<T>, waitMs: number = limits.databaseWaitMsMax): Promise<T> {
    const client = await this.acquire(waitMs);
    let failure: unknown = null;
    try {
      return await task(client);
    } catch (error) {
      failure = error;
      throw storageFault(error);
    } finally {
      client.release(failure !== null && !isRefusal(failure));
    }
  }

  /** As `use`, tried once more over a new connection when the first one turns out to be broken: for what only reads. */
  read<T>(task: (client: Client) => Promise<T>): Promise<T> {
    return twice(() => this.use(task));
  }

  /** As `read`, as of one instant; the server refuses what would write, where it is not told to take it. */
  snapshot<T>(task: (client: Client) => Promise<T>, access: 'READ ONLY' | 'READ WRITE' = 'READ ONLY'): Promise<T> {
    return twice(() => this.transaction(task, `BEGIN ISOLATION LEVEL REPEATABLE READ ${access}`));
  }

  /** A transaction; it is undone when the task throws, and begun again when another one got in its way. */
  async transaction<T>(task: (client: Client) => Promise<T>, begin = 'BEGIN'): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.once(task, begin);
      } catch (error) {
        const isConflict = error instanceof StorageError && error.reason === 'conflict';
        if (!isConflict || tries > limits.conflictRetriesMax) throw error;
      }
    }
  }

  /** As `transaction`, for a task that cannot be run twice. */
  once<T>(task: (client: Client) => Promise<T>, begin = 'BEGIN'): Promise<T> {
    return this.use(async (client) => {
      await client.query(begin);
      try {
        const result = await task(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        if (!isBrokenConnection(error)) await client.query('ROLLBACK');
        throw error;
      }
    });
  }

  /** The caller must release it, with `true` when it broke. */
  async acquire(waitMs: number = limits.databaseWaitMsMax): Promise<Client> {
    const deadline = this.clock.elapsed() + waitMs;
    for (;;) {
      try {
        const client = (await this.#pool.connect()) as Client;
        client.columns.reset();
        return client;
      } catch (error) {
        const fault = storageFault(error);
        const passes =
          fault instanceof StorageError &&
          fault.reason !== 'missing' &&
          !/^(28|3D)/.test((error as { code?: string }).code ?? '');
        if (!passes || this.clock.elapsed() + retryMs > deadline) throw fault;
        this.#current = (this.#current + 1) % this.#urls.length;
        await this.clock.sleep(retryMs);
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}

async function twice<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof StorageError && isBrokenConnection(error.cause)) return task();
    throw error;
  }
}

/**
 * Makes a new connection one like all others, whatever the role or the server is set to: numbers are written so that they
 * are read as the same. A standby answers, too, but is of no use here; nor is a session that finds no table.
 */
async function prepareSession(client: pg.PoolClient): Promise<void> {
  const sql = `SELECT set_config('extra_float_digits', '1', false), current_schema() AS place,
    current_setting('transaction_read_only') AS read_only`;
  const { rows } = await client.query<{ place: string | null; read_only: string }>(sql);
  if (rows[0]?.read_only === 'on') {
    throw new StorageError('unavailable', 'the database cannot be reached (the server is a standby, or read-only)');
  }
  if (rows[0]?.place === null) {
    throw new StorageError(
      'missing',
      'the search_path of the role is empty, or names no schema that it may use: there is no place for the tables; set one (`ALTER ROLE … SET search_path = public`)',
    );
  }
}

/** `postgres://user:password@one:5432,two/database?…` in three: the login with its @, the hosts, and what follows them. */
/** `connect_timeout` of the URL, in seconds and for each host as libpq has it; 0 or less is no limit there, and the usual one here. */
function connectMsMax(rest: string): number {
  const asked = new URLSearchParams(/\?([^#]*)/.exec(rest)?.[1] ?? '').get('connect_timeout');
  const seconds = /^\d{1,5}$/.test(asked ?? '') ? Number(asked) : 0;
  return seconds > 0 ? seconds * 1_000 : limits.databaseConnectMsMax;
}

/** The same URL for each of its hosts, as the driver knows one host only. Throws a `StorageError` where it is none. */
export function urlsOf(url: string): readonly string[] {
  const { login, hosts, rest } = partsOf(url);
  return hosts.map((host) => `postgres://${login}${host}${rest}`);
}

function partsOf(url: string): { readonly login: string; readonly hosts: readonly string[]; readonly rest: string } {
  const [, login = '', hosts, rest = ''] = /^postgres(?:ql)?:\/\/([^/?#]*@)?([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (hosts === undefined || !hosts.split(',').every((host) => URL.canParse(`postgres://${login}${host}${rest}`))) {
    throw new StorageError(
      'missing',
      'the database URL is not of the form postgres://user:password@host:5432/database, with special characters percent-encoded',
    );
  }
  return { login, hosts: hosts.split(','), rest };
}
