/** Statements of people on a data directory, each in a process of its own; one or two wait for the next. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../limits.js';
import type { Clock } from '../../runtime/clock.js';
import { StorageError } from '../../storage-error.js';
import type { RowPage, RowsEnd, RunningStatement, StatementRequest, StatementRunner } from '../statement-runner.js';
import { databaseName } from './files.js';
import { QueryProcess } from './query-process.js';

interface Idle {
  readonly process: QueryProcess;
  readonly since: number;
}

export class SqliteStatements implements StatementRunner {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #all = new Set<QueryProcess>();
  readonly #closed = new AbortController();
  #idle: Idle[] = [];

  /** Starts nothing: the first process is started for the first statement. */
  constructor(folder: string, clock: Clock) {
    this.#path = join(folder, databaseName);
    this.#clock = clock;
    clock.every(limits.viewerIdleMs / 10, this.#closed.signal, () => this.#endIdle());
  }

  async run(request: StatementRequest, signal: AbortSignal): Promise<RunningStatement> {
    const process = await this.#take();
    try {
      const { columns, pages } = await process.run(request, signal);
      return { columns, pages: this.#releasing(process, pages) };
    } catch (error) {
      this.#release(process);
      throw error;
    }
  }

  async explain(
    { sql, values, timeoutMs }: Pick<StatementRequest, 'sql' | 'values' | 'timeoutMs'>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const process = await this.#take();
    try {
      return await process.explain(sql, values, timeoutMs, signal);
    } finally {
      this.#release(process);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#idle = [];
    await Promise.all([...this.#all].map((process) => process.end()));
  }

  async #take(): Promise<QueryProcess> {
    if (this.#closed.signal.aborted) throw new StorageError('failed', 'the ledger is closed');
    if (!existsSync(this.#path)) throw new StorageError('missing', 'there is no ledger');
    let process = this.#idle.pop()?.process;
    while (process?.hasEnded === true) process = this.#idle.pop()?.process;
    process ??= this.#start();
    await process.ready();
    return process;
  }

  #start(): QueryProcess {
    const process = new QueryProcess(this.#path, this.#clock);
    this.#all.add(process);
    return process;
  }

  async *#releasing(process: QueryProcess, pages: AsyncGenerator<RowPage, RowsEnd>): AsyncGenerator<RowPage, RowsEnd> {
    try {
      return yield* pages;
    } finally {
      this.#release(process);
    }
  }

  /** In the place of one that was killed another one is started, so that the next statement need not wait for it. */
  #release(process: QueryProcess): void {
    if (this.#closed.signal.aborted) return;
    if (process.hasEnded) {
      this.#all.delete(process);
      if (this.#idle.length === 0) this.#idle.push({ process: this.#start(), since: this.#clock.elapsed() });
      return;
    }
    if (this.#idle.length < limits.viewerIdleMax) this.#idle.push({ process, since: this.#clock.elapsed() });
    else void this.#end(process);
  }

  async #endIdle(): Promise<void> {
    const old = this.#idle.filter(({ since }) => this.#clock.elapsed() - since > limits.viewerIdleMs);
    this.#idle = this.#idle.filter((each) => !old.includes(each));
    await Promise.all(old.map(({ process }) => this.#end(process)));
  }

  async #end(process: QueryProcess): Promise<void> {
    await process.end();
    this.#all.delete(process);
  }
}
