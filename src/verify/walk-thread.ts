/** Threads that help to walk a long chain, each with a view of the database of its own. */
import { availableParallelism } from 'node:os';
import { Thread } from '../runtime/thread.js';
import type { Break, Walk } from './walk-ranges.js';

/** Of fewer, half are walked before a thread has started. */
const eventsWorthThreads = 50_000;
/** Beside the calling one. Each takes about 60 MB. */
const threadsMax = 2;

/** As many as are worth starting for so many events. */
export function walkThreads(events: number, database: string): WalkThread[] {
  const length = events < eventsWorthThreads ? 0 : Math.min(availableParallelism() - 1, threadsMax);
  return Array.from({ length }, () => new WalkThread(database));
}

export interface WalkRequest {
  readonly database: string;
  /** Null closes the database. */
  readonly walk: Walk | null;
}

export class WalkThread {
  readonly #database: string;
  readonly #thread: Thread<WalkRequest, Break | null>;

  constructor(database: string) {
    this.#database = database;
    this.#thread = new Thread(new URL('./walk-worker.js', import.meta.url), {
      whenEnded: () => new Error('a thread that walked the log has ended'),
    });
  }

  /** The first break in the ranges that the thread took. One walk at a time. */
  walk(walk: Walk): Promise<Break | null> {
    return this.#thread.ask({ database: this.#database, walk });
  }

  async close(): Promise<void> {
    if (this.#thread.hasEnded) return;
    try {
      await this.#thread.ask({ database: this.#database, walk: null });
    } finally {
      await this.#thread.end();
    }
  }
}
