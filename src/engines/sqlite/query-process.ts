/**
 * A process that works on statements (`query-child.ts`), as the process that started it sees it. What takes too much time or memory is
 * ended from here by SIGKILL, which no statement can put off.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { Clock } from '../../runtime/clock.js';
import { received } from '../../runtime/thread-error.js';
import { processEnvironment } from '../../settings/process-environment.js';
import { StorageError } from '../../storage-error.js';
import {
  memoryText,
  type RowPage,
  type RowsEnd,
  type RunningStatement,
  type StatementRequest,
  type StatementValues,
  slowText,
} from '../statement-runner.js';
import type { FromChild, ToChild } from './query-messages.js';

const program = fileURLToPath(new URL('./query-child.js', import.meta.url));
const nodeArgs = ['--max-old-space-size=128'];
/**
 * KiB of data that the system gives the process (`ulimit -d`), where it is ready with 170,000 of them: what grows faster than its memory
 * is looked at finds none. Its V8 has room reserved that is not counted.
 */
const dataKibMax = 655_360;
const priority = 10;
const mib = 1_048_576;

/** What it may know of the environment of who starts it: no setting, so no secret. The second is for who measures coverage. */
const inherited = ['TZ', 'NODE_V8_COVERAGE', 'LD_LIBRARY_PATH'];

type Killed = 'slow' | 'memory' | 'gone';

export class QueryProcess {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #ended: Promise<void>;
  readonly #ready: Promise<void>;
  /** What was sent and not looked at yet; at most a few pages. */
  readonly #received: FromChild[] = [];
  #wake: () => void = () => undefined;
  #hasEnded = false;
  #killed: Killed | null = null;
  #plan: readonly string[] = [];
  #memoryMax = limits.viewerMemoryMibMax * mib;

  /** `path` is the database file. */
  constructor(path: string, clock: Clock) {
    this.#clock = clock;
    this.#child = spawnChild(path);
    this.#child.on('message', (message: FromChild) => {
      this.#received.push(message);
      this.#wake();
    });
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#hasEnded = true;
        this.#wake();
        resolve();
      };
      this.#child.once('exit', end);
      this.#child.once('error', end);
    });
    this.#ready = this.#start();
    // Whoever waits for it is told; nobody may.
    this.#ready.catch(() => undefined);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Rejects with a `StorageError` where the file cannot be read. */
  ready(): Promise<void> {
    return this.#ready;
  }

  async run(request: StatementRequest, signal: AbortSignal): Promise<RunningStatement> {
    const watch = this.#watch(request.timeoutMs, signal);
    try {
      this.#send({ kind: 'run', request });
      const begun = await this.#next(request.timeoutMs);
      if (begun.kind !== 'begun') throw new Error(`the process sent ${begun.kind} at the beginning`);
      this.#plan = begun.plan;
      return { columns: begun.columns, pages: this.#pages(request.timeoutMs, watch) };
    } catch (error) {
      watch.abort();
      throw error;
    }
  }

  async explain(
    sql: string,
    values: StatementValues,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const watch = this.#watch(timeoutMs, signal);
    try {
      this.#send({ kind: 'explain', sql, values });
      const plan = await this.#next(timeoutMs);
      await this.#next(timeoutMs);
      return plan.kind === 'plan' ? plan.lines : [];
    } finally {
      watch.abort();
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** It ends by itself, as it has nobody to work for; or by force where it does not. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    if (this.#child.connected) this.#child.disconnect();
    const waiting = new AbortController();
    await Promise.race([this.#ended, this.#clock.sleep(limits.viewerEndMsMax, waiting.signal)]);
    waiting.abort();
    if (!this.#hasEnded) this.kill();
    await this.#ended;
  }

  async #start(): Promise<void> {
    const { pid } = this.#child;
    const watch = this.#watch(limits.viewerStartMsMax, new AbortController().signal);
    try {
      lowerPriority(pid);
      await this.#next(limits.viewerStartMsMax);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError('failed', 'the process that works on statements did not start');
    } finally {
      watch.abort();
    }
    // Where nothing can be written beside the file, a copy of it is in its memory.
    const own = pid === undefined ? null : memoryOf(pid);
    if (own !== null) this.#memoryMax = Math.max(this.#memoryMax, own + (limits.viewerMemoryMibMax / 2) * mib);
  }

  async *#pages(timeoutMs: number, watch: AbortController): AsyncGenerator<RowPage, RowsEnd> {
    let isOver = false;
    try {
      for (;;) {
        const message = await this.#next(timeoutMs);
        if (message.kind === 'done') {
          isOver = true;
          return message.end;
        }
        if (message.kind !== 'page') throw new Error(`the process sent ${message.kind} among pages`);
        yield message;
        this.#send({ kind: 'taken' });
      }
    } catch (error) {
      isOver = true;
      throw error;
    } finally {
      if (!isOver) await this.#stop(timeoutMs);
      watch.abort();
      this.#plan = [];
    }
  }

  /** Has the process end what it is at, and waits for that, as long as the statement may take. */
  async #stop(timeoutMs: number): Promise<void> {
    try {
      this.#send({ kind: 'enough' });
      for (;;) if ((await this.#next(timeoutMs)).kind === 'done') return;
    } catch {
      // It is at an end as well.
    }
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Throws what the process failed with, or what it was ended for. */
  async #next(timeoutMs: number): Promise<Exclude<FromChild, { kind: 'failed' }>> {
    for (;;) {
      const message = this.#killed === null ? this.#received.shift() : undefined;
      if (message?.kind === 'failed') throw received(message.error);
      if (message !== undefined) return message;
      if (this.#hasEnded) throw this.#endText(timeoutMs);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #endText(timeoutMs: number): Error {
    if (this.#killed === 'slow') return new Problem('query_too_slow', slowText(timeoutMs, this.#plan));
    if (this.#killed === 'gone') return new Problem('request_invalid', 'nobody waits for the answer any more');
    // V8 ends the process where it has no room left.
    return new Problem('query_too_slow', memoryText(limits.viewerMemoryMibMax, this.#plan));
  }

  /** Until it is aborted. */
  #watch(timeoutMs: number, signal: AbortSignal): AbortController {
    const watch = new AbortController();
    const kill = (killed: Killed) => {
      if (watch.signal.aborted) return;
      this.#killed ??= killed;
      this.kill();
    };
    void this.#clock.sleep(timeoutMs, watch.signal).then(() => kill('slow'));
    this.#clock.every(limits.viewerMemoryCheckMs, watch.signal, async () => {
      const { pid } = this.#child;
      if (pid !== undefined && (memoryOf(pid) ?? 0) > this.#memoryMax) kill('memory');
    });
    const leave = () => kill('gone');
    signal.addEventListener('abort', leave);
    watch.signal.addEventListener('abort', () => signal.removeEventListener('abort', leave));
    if (signal.aborted) leave();
    return watch;
  }
}

/** By a shell, which sets the limit of memory, where there is one. */
function spawnChild(path: string): ChildProcess {
  const environment = processEnvironment();
  const env = Object.fromEntries(inherited.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
  const args = [...nodeArgs, program, path];
  const options = { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced' } as const;
  if (!existsSync('/bin/sh')) return spawn(process.execPath, args, { ...options, stdio: [...options.stdio] });
  const script = `ulimit -d ${dataKibMax} 2>/dev/null; exec "$0" "$@"`;
  return spawn('/bin/sh', ['-c', script, process.execPath, ...args], { ...options, stdio: [...options.stdio] });
}

/** Appends go first. Where that is forbidden, all are equal. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, priority);
  } catch {
    // It works as it is.
  }
}

/** Resident bytes; null where the system does not say, as where there is no /proc. */
function memoryOf(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) * 1_024;
  } catch {
    return null;
  }
}
