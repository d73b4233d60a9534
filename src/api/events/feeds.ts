/** The live feeds that are open: how many there may be, and their end when the server stops. */
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { Feed } from './feed.js';

export class Feeds {
  readonly #open = new Set<Feed>();
  readonly #max: number;

  constructor(max: number = limits.streamConnectionsMax) {
    this.#max = max;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Throws `too_many_streams`. */
  add(make: () => Feed): Feed {
    if (this.#open.size >= this.#max) throw new Problem('too_many_streams', `${this.#open.size} live feeds are open`);
    const feed = make();
    this.#open.add(feed);
    feed.once('close', () => this.#open.delete(feed));
    return feed;
  }

  /** Ends every feed, once what it is sending is sent. */
  end(): void {
    for (const feed of this.#open) feed.end();
  }
}
