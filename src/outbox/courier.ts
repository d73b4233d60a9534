/**
 * Delivers to one endpoint: reads the logs for it, and sends what waits, one message after the other. Of many nodes the one that has the
 * lease of the endpoint does so, as long as there is something to do.
 */
import type { Logger } from 'pino';
import type { DeliveryRecord, EndpointRecord, Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Bell } from '../runtime/bell.js';
import { StorageError } from '../storage-error.js';
import { clearDead, raiseDead } from './alerts.js';
import type { DeliveryFigures } from './figures.js';
import { LogReader } from './log-reader.js';
import type { Message } from './message.js';
import type { Answer } from './post.js';
import { attemptsMax, waitAfter } from './schedule.js';
import { chance, type Sender } from './sender.js';
import { shownUrl } from './target.js';

export interface CourierParts {
  readonly ledger: Ledger;
  readonly sender: Sender;
  readonly figures: DeliveryFigures;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
}

export class Courier {
  readonly endpoint: EndpointRecord;
  /** Rung where there may be something to do. */
  readonly bell = new Bell();
  readonly #parts: CourierParts;
  readonly #reader: LogReader;
  #isDisabled = false;

  constructor(parts: CourierParts, endpoint: EndpointRecord) {
    this.#parts = parts;
    this.endpoint = endpoint;
    this.#reader = new LogReader(parts.ledger, endpoint);
  }

  /** Until the signal is aborted, or the endpoint wants no more. */
  async run(signal: AbortSignal): Promise<void> {
    const { ledger, log } = this.#parts;
    while (!signal.aborted && !this.#isDisabled) {
      let waitMs: number = limits.outboxWatchMs;
      try {
        waitMs = await this.#deliver(signal);
      } catch (error) {
        const isTaken = error instanceof StorageError && error.reason === 'taken';
        if (!signal.aborted && !isTaken) log.error({ err: error, endpoint: this.endpoint.id }, 'messages wait');
      }
      if (!this.#isDisabled && waitMs > 0) await this.bell.wait(waitMs, ledger.clock, signal);
    }
  }

  /** All that there is to do now. How long until there may be more. */
  async #deliver(signal: AbortSignal): Promise<number> {
    const { ledger } = this.#parts;
    const first = await ledger.outboxStore.next(this.endpoint.id);
    if (this.#isDue(first) || (await this.#reader.hasNews())) {
      const lease = { name: `deliver:${this.endpoint.id}`, ttlMs: limits.outboxLeaseMs, signal };
      await ledger.holdLease(lease, ({ signal: held }) => this.#deliverHeld(held));
    }
    const next = await ledger.outboxStore.next(this.endpoint.id);
    return next === null
      ? limits.outboxWatchMs
      : Math.min(limits.outboxWatchMs, Math.max(0, next.dueAt - ledger.now()));
  }

  async #deliverHeld(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const took = await this.#reader.take();
      const sent = await this.#sendNext(signal);
      if (this.#isDisabled || (!took && !sent)) return;
    }
  }

  #isDue(delivery: DeliveryRecord | null): delivery is DeliveryRecord {
    return delivery !== null && delivery.dueAt <= this.#parts.ledger.now();
  }

  /** False where none is due. */
  async #sendNext(signal: AbortSignal): Promise<boolean> {
    const { ledger, sender } = this.#parts;
    const delivery = await ledger.outboxStore.next(this.endpoint.id);
    if (!this.#isDue(delivery)) return false;
    const answer = await sender.send(this.endpoint, JSON.parse(delivery.body) as Message, signal);
    // Whoever lost the lease meanwhile says nothing of what came of it: another one has sent it, or will.
    signal.throwIfAborted();
    if (answer.error === null) await this.#delivered(delivery, answer);
    else await this.#failed(delivery, answer, answer.error);
    return true;
  }

  async #delivered(delivery: DeliveryRecord, { status, reply }: Answer): Promise<void> {
    const { ledger, log } = this.#parts;
    const { id, attempts } = delivery;
    const triedAt = ledger.now();
    const outcome = { state: 'delivered', dueAt: triedAt, status, error: null, reply, triedAt } as const;
    await ledger.outboxStore.attempted(delivery, outcome);
    this.#parts.figures.count(this.endpoint.id, 'delivered');
    log.debug({ endpoint: this.endpoint.id, id, attempts: attempts + 1 }, 'a message was delivered');
    await clearDead(ledger, this.endpoint).catch((error) => this.#untold(error));
  }

  async #failed(delivery: DeliveryRecord, { status, reply, retryAfter }: Answer, error: string): Promise<void> {
    const { ledger, log } = this.#parts;
    const { id, pool } = delivery;
    const attempts = delivery.attempts + 1;
    const triedAt = ledger.now();
    const asked = status === 429 || status === 503 ? retryAfter : null;
    const wait = waitAfter(attempts, asked, triedAt, chance());
    const state = wait === null ? 'dead' : 'waiting';
    this.#parts.figures.count(this.endpoint.id, wait === null ? 'dead' : 'failed');
    log.warn({ endpoint: this.endpoint.id, id, attempts, error }, 'a message was not delivered');
    const where = `the endpoint ${this.endpoint.id} (${shownUrl(this.endpoint.url)})`;
    if (status === 410)
      await this.#disable(pool, `${where} is gone: it answered 410, and nothing is sent to it any more`);
    else if (wait === null)
      await this.#raise(pool, `${where} did not take a message in ${attemptsMax} attempts: ${error}`);
    const outcome = { state, dueAt: triedAt + (wait ?? 0), status, error, reply, triedAt } as const;
    await ledger.outboxStore.attempted(delivery, outcome);
  }

  async #disable(pool: string, why: string): Promise<void> {
    const { ledger } = this.#parts;
    await ledger.outboxStore.setDisabled(this.endpoint.id, ledger.now(), 'it answered 410');
    this.#isDisabled = true;
    await this.#raise(pool, why);
  }

  async #raise(pool: string, text: string): Promise<void> {
    await raiseDead(this.#parts.ledger, this.endpoint, pool, text).catch((error) => this.#untold(error));
  }

  #untold(error: unknown): void {
    this.#parts.log.error({ err: error, endpoint: this.endpoint.id }, 'an alert about messages was not recorded');
  }
}
