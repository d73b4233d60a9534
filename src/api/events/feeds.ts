/** The live feeds that are open: how many there may be, and their end when the server stops. */
import type { Readable } from 'node:stream';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';

/** A stream that a client follows for as long as it likes. `end` lets it have what is being sent. */
export interface LiveFeed extends Readable {
  end(): void;
}

/** Who follows a feed: by a key, where there is one, which may stand behind a session. */
export interface FeedOwner {
  readonly key?: string | undefined;
  readonly session?: string | undefined;
}

export class Feeds {
  readonly #open = new Map<LiveFeed, FeedOwner>();
  /** Those that are open stay so where it falls. */
  max: number;

  constructor(max: number = limits.streamConnectionsMax) {
    this.max = max;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Throws `too_many_streams`. */
  add<F extends LiveFeed>(make: () => F, owner: FeedOwner = {}): F {
    if (this.#open.size >= this.max) throw new Problem('too_many_streams', `${this.#open.size} live feeds are open`);
    const feed = make();
    this.#open.set(feed, owner);
    feed.once('close', () => this.#open.delete(feed));
    return feed;
  }

  /** Ends every feed, once what it is sending is sent. */
  end(): void {
    for (const feed of this.#open.keys()) feed.end();
  }

  /** Ends those whose key works no longer. */
  endWithout(works: (key: string) => boolean): void {
    for (const [feed, { key }] of this.#open) if (key !== undefined && !works(key)) feed.end();
  }

  /** Ids of the sessions that follow one. */
  get sessions(): readonly string[] {
    return [...new Set([...this.#open.values()].flatMap(({ session }) => session ?? []))];
  }

  /** Ends those of a session that is over. */
  endSession(id: string): void {
    for (const [feed, { session }] of this.#open) if (session === id) feed.end();
  }
}
