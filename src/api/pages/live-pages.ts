/**
 * Pages that are open in browsers: each is made again when the log of its pool has grown, at most once a second, and every few seconds as
 * time passes; whoever looks gets the parts that have changed. All who look at the same page share the making of it.
 */
import { Readable } from 'node:stream';
import type { Subscription } from 'rxjs';
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { Bell } from '../../runtime/bell.js';
import { digestOf, type Part, partText } from '../../web/page.js';

/** Well below the time after which a page says that it is stale. */
const beatMs = 4_000;
const leastMs = 1_000;
const reconnectMs = 1_000;

export interface LivePart {
  readonly id: string;
  readonly digest: string;
  readonly html: string;
}

export interface OpenPage {
  readonly pool: PoolId | null;
  /** The parts as they are now. */
  readonly make: () => Promise<readonly Part[]>;
}

export class LivePages {
  readonly #ledger: Ledger;
  readonly #open = new Map<string, SharedPage>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A feed of the page; `key` is the same for all to whom it is the same. */
  follow(key: string, page: OpenPage): PageFeed {
    const shared = this.#open.get(key) ?? new SharedPage(this.#ledger, page, () => this.#open.delete(key));
    this.#open.set(key, shared);
    return new PageFeed(shared);
  }
}

class SharedPage {
  readonly #ledger: Ledger;
  readonly #make: OpenPage['make'];
  readonly #feeds = new Set<PageFeed>();
  readonly #bell = new Bell();
  readonly #ended = new AbortController();
  readonly #commits: Subscription;
  readonly #onEnd: () => void;
  /** As they were made last. */
  parts: readonly LivePart[] = [];

  constructor(ledger: Ledger, { pool, make }: OpenPage, onEnd: () => void) {
    this.#ledger = ledger;
    this.#make = make;
    this.#onEnd = onEnd;
    const ring = () => this.#bell.ring();
    const { followers } = ledger;
    this.#commits = pool === null ? followers.grown(leastMs).subscribe(ring) : followers.headsOf(pool).subscribe(ring);
    this.#bell.ring();
    void this.#keepCurrent();
  }

  add(feed: PageFeed): void {
    this.#feeds.add(feed);
  }

  remove(feed: PageFeed): void {
    this.#feeds.delete(feed);
    if (this.#feeds.size > 0) return;
    this.#commits.unsubscribe();
    this.#ended.abort();
    this.#onEnd();
  }

  async #keepCurrent(): Promise<void> {
    const { clock } = this.#ledger;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#bell.wait(beatMs, clock, signal);
      if (signal.aborted) return;
      await this.#look();
      await clock.sleep(leastMs, signal);
    }
  }

  /** Where it cannot be made, nobody hears anything, and every page says by itself since when. */
  async #look(): Promise<void> {
    try {
      const made = await this.#make();
      this.parts = made.filter(({ live }) => live === true).map(livePart);
    } catch {
      return;
    }
    for (const feed of this.#feeds) feed.show();
  }
}

function livePart(part: Part): LivePart {
  const html = partText(part);
  return { id: part.id, digest: digestOf(html), html };
}

/** What one browser hears of a page. One that is slow gets what is current when it takes it, and nothing in between. */
export class PageFeed extends Readable {
  readonly #page: SharedPage;
  readonly #sent = new Map<string, string>();
  #wanted = false;
  #isBehind = false;

  constructor(page: SharedPage) {
    super();
    this.#page = page;
    page.add(this);
    this.push(`retry: ${reconnectMs}\n\n`);
    if (page.parts.length > 0) this.#isBehind = true;
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#isBehind) this.show();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#page.remove(this);
    done(error);
  }

  end(): void {
    if (!this.destroyed) this.push(null);
  }

  show(): void {
    if (this.destroyed || this.readableEnded) return;
    this.#isBehind = !this.#wanted;
    if (!this.#wanted) return;
    const changed = this.#page.parts.filter(({ id, digest }) => this.#sent.get(id) !== digest);
    for (const { id, digest } of changed) this.#sent.set(id, digest);
    const text =
      changed.length === 0 ? 'event: now\ndata:\n\n' : `event: patch\ndata: ${JSON.stringify({ parts: changed })}\n\n`;
    this.#wanted = this.push(text);
  }
}
