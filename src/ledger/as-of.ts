/**
 * Tables as they were after some event: every projection folded up to that seq, in a shadow. The newest few shadows
 * are kept, so that the pages of one answer, and questions about the same moment, fold once.
 */
import { randomBytes } from 'node:crypto';
import type { Engine, Shadow } from '../engines/engine.js';
import type { PoolId } from '../events/scalars.js';
import { projections } from '../projections/projector.js';
import { runReplay } from '../projections/replay-thread.js';
import type { Queryable } from './pages.js';

const shadowsKept = 4;

/** Processes on different machines, or in containers, have the same ids; the id at the end tells what has been left behind. */
const thisProcess = `${randomBytes(6).toString('hex')}-${process.pid}`;

export class AsOfShadows {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #open = new Map<string, Promise<Shadow>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, database: string) {
    this.#engine = engine;
    this.#database = database;
  }

  /** One question after the other: a shadow is never dropped while it is asked. */
  use<T>(pool: PoolId, seq: number, ask: (shadow: Queryable) => Promise<T>): Promise<T> {
    const answer = this.#last.then(async () => ask(await this.#shadow(pool, seq)));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    await this.#last;
    for (const shadow of this.#open.values()) await (await shadow).drop();
    this.#open.clear();
  }

  async #shadow(pool: PoolId, seq: number): Promise<Shadow> {
    const name = `as-of-${pool}-${seq}-${thisProcess}`;
    const open = this.#open.get(name) ?? this.#build(name, pool, seq);
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

  async #build(name: string, pool: PoolId, seq: number): Promise<Shadow> {
    for await (const _ of runReplay({ kind: 'as-of', database: this.#database, pool, upTo: seq, shadow: name })) void _;
    return this.#engine.openShadow(name, projections, true);
  }
}
