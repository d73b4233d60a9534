/**
 * One client's live feed: server-sent events, read from the log page by page as the client takes them. A commit only
 * wakes it up, so that a slow client costs no memory and what it gets has no gap and nothing twice.
 */
import { Readable } from 'node:stream';
import type { Subscription } from 'rxjs';
import type { StoredEvent } from '../../events/envelope.js';
import { eventText } from '../../events/event-text.js';
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';

const pageEvents = 500;
const heartbeatMs = 15_000;
const bufferBytes = 65_536;
const reconnectMs = 2_000;

export interface FeedSettings {
  readonly ledger: Ledger;
  readonly pool: PoolId;
  /** Seq after which it starts. */
  readonly after: number;
  readonly types: readonly string[] | undefined;
}

export class Feed extends Readable {
  readonly #settings: FeedSettings;
  readonly #commits: Subscription;
  readonly #destroyed = new AbortController();
  /** The last event sent, or passed over because of its type. */
  #sent: number;
  /** The newest seq known to be committed. */
  #head = 0;
  #wanted = false;
  #pumping = false;
  #ending = false;

  constructor(settings: FeedSettings) {
    super({ highWaterMark: bufferBytes });
    this.#settings = settings;
    this.#sent = settings.after;
    this.#commits = settings.ledger.followers.headsOf(settings.pool).subscribe({
      next: (head) => this.#reach(head),
      complete: () => this.end(),
    });
    // What was committed before the subscription began to listen.
    settings.ledger.head(settings.pool).then(
      ({ seq }) => this.#reach(seq),
      (error) => this.destroy(error),
    );
    settings.ledger.clock.every(heartbeatMs, this.#destroyed.signal, async () => this.#beat());
    this.push(`retry: ${reconnectMs}\n: from ${settings.after}\n\n`);
  }

  override _read(): void {
    this.#wanted = true;
    void this.#pump();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#commits.unsubscribe();
    this.#destroyed.abort();
    done(error);
  }

  end(): void {
    this.#ending = true;
    if (!this.#pumping && !this.destroyed) this.push(null);
  }

  #reach(seq: number): void {
    this.#head = Math.max(this.#head, seq);
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#wanted && !this.#ending && !this.destroyed && this.#sent < this.#head) await this.#sendPage();
    } catch (error) {
      this.destroy(error as Error);
    }
    this.#pumping = false;
    if (this.#ending && !this.destroyed) this.push(null);
  }

  async #sendPage(): Promise<void> {
    const { ledger, pool, types } = this.#settings;
    const upTo = this.#head;
    const events = await ledger.readStored(pool, { after: this.#sent, upTo, types, limit: pageEvents });
    if (this.destroyed) return;
    this.#sent = events.length < pageEvents ? upTo : (events.at(-1)?.seq ?? upTo);
    if (events.length > 0) this.#wanted = this.push(events.map(frame).join(''));
  }

  /** Keeps proxies from closing a quiet connection. */
  #beat(): void {
    if (this.#wanted && !this.#ending && !this.destroyed) this.push(': still here\n\n');
  }
}

const frame = (event: StoredEvent): string => `id: ${event.seq}\nevent: ${event.type}\ndata: ${eventText(event)}\n\n`;
