/**
 * A table as it was after some event. Usage is answered from its current table, which has the historical rows, too. For any other
 * table its projection is folded up to that seq, in a shadow. The newest few shadows are kept, so that the pages of one answer, and
 * the same question asked again, fold once; those who ask it at the same time wait for the same shadow.
 */
import { randomBytes } from 'node:crypto';
import type { Engine, Shadow } from '../engines/engine.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import { rowId } from '../projections/change.js';
import type { Page } from '../projections/pages.js';
import type { Projection } from '../projections/projection.js';
import {
  projectionOf,
  readTable,
  readUsage,
  type TableFilter,
  type TableName,
  type TableRow,
} from '../projections/table-reader.js';
import type { Clock } from '../runtime/clock.js';
import { Line } from './line.js';
import { runReplay } from './replay-thread.js';

const shadowsKept = 4;

/** Processes on different machines, or in containers, have the same ids; the id at the end tells what has been left behind. */
const thisProcess = `${randomBytes(6).toString('hex')}-${process.pid}`;

/** A shadow that is there or being made, and those who ask it. */
interface Question {
  readonly shadow: Promise<Shadow>;
  readonly givenUp: AbortController;
  askers: number;
  isAnswered: boolean;
}

/** Pages of one table as of one event. What was made for them is kept until it is released. */
export interface PastPages {
  read(filter: TableFilter): Promise<Page<TableRow>>;
  release(): void;
}

export class AsOfShadows {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #clock: Clock;
  readonly #line = new Line();
  /** By projection, pool and seq; whoever was asked last is the last. */
  readonly #questions = new Map<string, Question>();
  /** What nobody asks any more, on its way out. */
  readonly #dropping = new Set<Promise<void>>();
  #made = 0;

  constructor(engine: Engine, database: string, clock: Clock) {
    this.#engine = engine;
    this.#database = database;
    this.#clock = clock;
  }

  async readTable(pool: PoolId, seq: number, name: TableName, filter: TableFilter): Promise<Page<TableRow>> {
    const pages = this.pages(pool, seq, name);
    try {
      return await pages.read(filter);
    } finally {
      pages.release();
    }
  }

  /**
   * The first page that needs a shadow stands in the line for it, beside everybody who asks the same: it throws `past_busy` where
   * there is no room, and the reason of the signal where that gives up meanwhile.
   */
  pages(pool: PoolId, seq: number, name: TableName, signal?: AbortSignal): PastPages {
    const projection = projectionOf(name);
    const key = `${pool}-${seq}-${projection.name}`;
    let question: Question | null = null;
    return {
      read: async (filter) => {
        const page = name === 'usage' ? await this.#usage(pool, seq, filter) : null;
        if (page !== null) return page;
        question ??= await this.#join(key, (given) => this.#shadow(key, pool, seq, projection, given), signal);
        return readTable(await question.shadow, pool, name, filter);
      },
      release: () => {
        if (question !== null) this.#leave(key, question);
        question = null;
      },
    };
  }

  /** Null where the current rows are not the historical ones: a merge gave some of them another name, or other rules made them. */
  async #usage(pool: PoolId, seq: number, filter: TableFilter): Promise<Page<TableRow> | null> {
    const record = (await this.#engine.pools()).find((candidate) => candidate.pool === pool);
    const event = await this.#engine.eventAt(pool, seq);
    if (record === undefined || event === null) return null;
    const time = (event.recorded_at + limits.futureMsMax) as EpochMs;
    const page = await readUsage(this.#engine, pool, filter, { rowId: rowId(record.number, seq), time });
    const [merge] = await this.#engine.readEvents(pool, { after: seq, types: ['identity.merged'], limit: 1 });
    if (merge !== undefined) return null;
    const outdated = await this.#engine.outdatedProjections();
    return outdated.includes(projectionOf('usage').name) ? null : page;
  }

  async close(): Promise<void> {
    for (const [key, question] of this.#questions) this.#drop(key, question);
    await Promise.all(this.#dropping);
  }

  /** Waits for the shadow, and asks it from then on. */
  async #join(
    key: string,
    make: (signal: AbortSignal) => Promise<Shadow>,
    signal: AbortSignal | undefined,
  ): Promise<Question> {
    signal?.throwIfAborted();
    const question = this.#questions.get(key) ?? this.#begin(make);
    this.#questions.delete(key);
    this.#questions.set(key, question);
    question.askers += 1;
    const gone = new AbortController();
    const givenUp = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { signal: gone.signal });
    });
    try {
      await Promise.race([question.shadow, givenUp]);
      return question;
    } catch (error) {
      this.#leave(key, question);
      throw error;
    } finally {
      gone.abort();
    }
  }

  #begin(make: (signal: AbortSignal) => Promise<Shadow>): Question {
    const givenUp = new AbortController();
    const shadow = this.#line.run(() => make(givenUp.signal), givenUp.signal);
    const question: Question = { shadow, givenUp, askers: 0, isAnswered: false };
    shadow.then(
      () => {
        question.isAnswered = true;
      },
      () => undefined,
    );
    return question;
  }

  /** What is not there yet when the last one leaves is given up. Of what is there the newest few are kept. */
  #leave(key: string, question: Question): void {
    question.askers -= 1;
    if (question.askers > 0) return;
    if (!question.isAnswered) this.#drop(key, question);
    const idle = [...this.#questions].filter(([, { askers }]) => askers === 0);
    for (const [other, left] of idle.slice(0, -shadowsKept)) this.#drop(other, left);
  }

  #drop(key: string, question: Question): void {
    const { shadow, givenUp } = question;
    if (this.#questions.get(key) === question) this.#questions.delete(key);
    givenUp.abort(new Error('nobody asks any more'));
    const dropped: Promise<void> = shadow
      .then((made) => made.drop())
      .catch(() => undefined)
      .finally(() => this.#dropping.delete(dropped));
    this.#dropping.add(dropped);
  }

  /** From a checkpoint on it is done here, a few events at a time, before a thread of its own would have loaded its program. */
  async #shadow(key: string, pool: PoolId, upTo: number, projection: Projection, signal: AbortSignal): Promise<Shadow> {
    this.#made += 1;
    const shadow = `as-of-${key}-${this.#made}-${thisProcess}`;
    const [{ buildAsOf }, { reachedBefore }] = await Promise.all([
      import('./build-as-of.js'),
      import('./checkpoints.js'),
    ]);
    const job = { kind: 'as-of', database: this.#database, pool, upTo, shadow, projection: projection.name } as const;
    const reached = await reachedBefore(this.#engine, pool, projection, upTo);
    if (upTo - reached <= limits.checkpointEventsEvery) await buildAsOf(this.#engine, job, limits.asOfRowsPage, signal);
    else for await (const _ of runReplay(job, this.#clock, signal)) void _;
    return this.#engine.openShadow(shadow, [projection], true);
  }
}
