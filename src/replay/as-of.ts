/**
 * A table as it was after some event. Usage is answered from its current table, which has the historical rows, too. For any other
 * table its projection is folded up to that seq, in a shadow. The newest few shadows are kept, so that the pages of one answer, and
 * the same question asked again, fold once.
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
import { runReplay } from './replay-thread.js';

const shadowsKept = 4;

/** Processes on different machines, or in containers, have the same ids; the id at the end tells what has been left behind. */
const thisProcess = `${randomBytes(6).toString('hex')}-${process.pid}`;

export class AsOfShadows {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #clock: Clock;
  readonly #open = new Map<string, Promise<Shadow>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, database: string, clock: Clock) {
    this.#engine = engine;
    this.#database = database;
    this.#clock = clock;
  }

  async readTable(pool: PoolId, seq: number, name: TableName, filter: TableFilter): Promise<Page<TableRow>> {
    const page = name === 'usage' ? await this.#usage(pool, seq, filter) : null;
    return page ?? this.#readShadow(pool, seq, name, filter);
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

  /** One question after the other: a shadow is never dropped while it is asked. */
  #readShadow(pool: PoolId, seq: number, name: TableName, filter: TableFilter): Promise<Page<TableRow>> {
    const answer = this.#last.then(async () =>
      readTable(await this.#shadow(pool, seq, projectionOf(name)), pool, name, filter),
    );
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    await this.#last;
    for (const shadow of this.#open.values()) await (await shadow).drop();
    this.#open.clear();
  }

  async #shadow(pool: PoolId, seq: number, projection: Projection): Promise<Shadow> {
    const name = `as-of-${pool}-${seq}-${projection.name}-${thisProcess}`;
    const open = this.#open.get(name) ?? this.#build(name, pool, seq, projection);
    this.#open.delete(name);
    this.#open.set(name, open);
    open.catch(() => this.#open.delete(name));
    if (this.#open.size > shadowsKept) {
      const [oldest, shadow] = [...this.#open][0] as [string, Promise<Shadow>];
      this.#open.delete(oldest);
      await (await shadow).drop();
    }
    return open;
  }

  /** From a checkpoint on it is done here, a few events at a time, before a thread of its own would have loaded its program. */
  async #build(shadow: string, pool: PoolId, upTo: number, projection: Projection): Promise<Shadow> {
    const [{ buildAsOf }, { reachedBefore }] = await Promise.all([
      import('./build-as-of.js'),
      import('./checkpoints.js'),
    ]);
    const job = { kind: 'as-of', database: this.#database, pool, upTo, shadow, projection: projection.name } as const;
    const reached = await reachedBefore(this.#engine, pool, projection, upTo);
    if (upTo - reached <= limits.checkpointEventsEvery) await buildAsOf(this.#engine, job, limits.asOfRowsPage);
    else for await (const _ of runReplay(job, this.#clock)) void _;
    return this.#engine.openShadow(shadow, [projection], true);
  }
}
