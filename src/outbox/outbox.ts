/**
 * The outbox: sends events to endpoints of others. It is a reader of the log with a position of its own for each endpoint and pool, which
 * moves in the transaction that keeps what is to be sent; so nothing is lost when the process ends at any moment, and nothing is kept twice.
 */
import { randomBytes } from 'node:crypto';
import { isoText } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import { idMaker } from '../ledger/ids.js';
import type {
  DeliveryQuery,
  DeliveryRecord,
  EndpointFormat,
  EndpointRecord,
  Ledger,
  OutboxStore,
} from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { Bell } from '../runtime/bell.js';
import { makeWebhookSecret, webhookSecretText } from '../trust/webhook-signature.js';
import { clearDead } from './alerts.js';
import { Courier, type CourierParts } from './courier.js';
import { DeliveryFigures } from './figures.js';
import { type Message, testType, typesNamed } from './message.js';
import type { Answer } from './post.js';
import { Sender } from './sender.js';
import { type Resolve, TargetRefused, Targets } from './target.js';

export interface OutboxSettings {
  /** Hosts, separated by commas, that are reached wherever they are. */
  readonly allowHosts?: string | undefined;
  /** How names become addresses; other than the system's in tests only. */
  readonly resolve?: Resolve | undefined;
}

export interface EndpointAsked {
  readonly url: string;
  readonly types: readonly string[];
  readonly pool: string | null;
  readonly format: EndpointFormat;
  readonly label: string | null;
}

interface Running {
  readonly courier: Courier;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export class Outbox {
  readonly #ledger: Ledger;
  readonly #sender: Sender;
  readonly #running = new Map<string, Running>();
  /** Rung when endpoints changed. */
  readonly #bell = new Bell();
  readonly #makeId = idMaker();
  readonly figures = new DeliveryFigures();

  constructor(ledger: Ledger, { allowHosts, resolve }: OutboxSettings = {}) {
    this.#ledger = ledger;
    this.#sender = new Sender(new Targets(allowHosts, resolve), ledger.clock, () => ledger.now());
  }

  /** Delivers until the signal is aborted. */
  async run(log: CourierParts['log'], signal: AbortSignal): Promise<void> {
    const { ledger } = this.#parts;
    const ring = () => this.#ringAll();
    const commits = ledger.followers.grown(limits.outboxLookMs).subscribe(ring);
    let prunedAt = Number.NEGATIVE_INFINITY;
    try {
      while (!signal.aborted) {
        try {
          await this.#startAndStop(log);
          if (ledger.clock.elapsed() - prunedAt >= limits.outboxPruneMs) {
            await this.#prune();
            prunedAt = ledger.clock.elapsed();
          }
        } catch (error) {
          log.error({ err: error }, 'the endpoints of webhooks could not be looked at');
        }
        await this.#bell.wait(limits.outboxWatchMs, ledger.clock, signal);
      }
    } finally {
      commits.unsubscribe();
      await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
    }
  }

  /** Oldest first. */
  list(): Promise<readonly EndpointRecord[]> {
    return this.#store.endpoints();
  }

  /** It is told of what is recorded from now on. Throws `url_refused`, `endpoint_limit`, `invalid_field`. */
  async add(asked: EndpointAsked): Promise<EndpointRecord> {
    await this.#requireTarget(asked.url);
    const named = asked.types.find((type) => typesNamed([type]).length === 0);
    if (named !== undefined) {
      const message = `names no type of events: ${named.slice(0, 100)}`;
      throw new Problem('invalid_field', `types ${message}`, [{ field: 'types', message }]);
    }
    if ((await this.#store.endpoints()).length >= limits.endpointsMax)
      throw new Problem('endpoint_limit', `there are ${limits.endpointsMax} endpoints`);
    const endpoint: EndpointRecord = {
      ...asked,
      id: `ep_${randomBytes(5).toString('hex')}`,
      secret: webhookSecretText(makeWebhookSecret()),
      createdAt: this.#ledger.now(),
      disabledAt: null,
      disabledWhy: null,
    };
    const heads = (await this.#ledger.heads()).map(({ pool, head }) => [pool, head.seq] as const);
    await this.#store.addEndpoint(endpoint, new Map(heads));
    this.#bell.ring();
    return endpoint;
  }

  /** With all that waits for it. Throws `endpoint_unknown`. */
  async remove(id: string): Promise<void> {
    const endpoint = await this.known(id);
    await this.#store.removeEndpoint(id);
    await this.#stop(id);
    this.figures.forget(id);
    await clearDead(this.#ledger, endpoint);
  }

  /** It is sent to again, from where that ended. Throws `endpoint_unknown`. */
  async enable(id: string): Promise<EndpointRecord> {
    await this.known(id);
    await this.#store.setDisabled(id, null, null);
    this.#bell.ring();
    return this.known(id);
  }

  /** One message, at once, past those that wait. Throws `endpoint_unknown`. */
  async test(id: string, pool: string): Promise<Answer> {
    const endpoint = await this.known(id);
    const now = this.#ledger.now();
    const message: Message = {
      type: testType,
      timestamp: isoText(now),
      data: { text: 'messages arrive here' },
      pool,
      seq: 0,
      id: this.#makeId(now),
    };
    return this.#sender.send(endpoint, message, new AbortController().signal);
  }

  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<readonly DeliveryRecord[]> {
    return this.#store.deliveries(query);
  }

  /** Sends a message again, with the same id. Throws `delivery_unknown`. */
  async sendAgain(id: string, endpoint: string | undefined): Promise<number> {
    const count = await this.#store.sendAgain(id, endpoint, this.#ledger.now());
    if (count === 0) throw new Problem('delivery_unknown', `there is no delivery ${id.slice(0, 100)}`);
    this.#ringAll();
    return count;
  }

  /**
   * Sends an endpoint what it did not get since then: what ended dead, and events that were never kept for it. Gives how many were dead.
   * Throws `endpoint_unknown`.
   */
  async sendSince(id: string, since: EpochMs): Promise<number> {
    const endpoint = await this.known(id);
    const dead = await this.#store.sendDeadAgain(id, since, this.#ledger.now());
    for (const pool of this.#ledger.poolNames) {
      if (endpoint.pool !== null && endpoint.pool !== pool) continue;
      await this.#store.readAgain(id, pool, await this.#ledger.seqAt(pool, (since - 1) as EpochMs));
    }
    this.#ringAll();
    return dead;
  }

  /** Keeps a message that is of no event, for one endpoint. Throws where the endpoint is unknown, or has no room. */
  async keep(id: string, kind: 'checkpoint', message: Message): Promise<void> {
    const endpoint = await this.known(id);
    if ((await this.#store.waiting(id)) >= limits.outboxWaitingMax)
      throw new Error(`${limits.outboxWaitingMax} messages wait for it`);
    const now = this.#ledger.now();
    const { pool, seq, type } = message;
    const body = JSON.stringify(message);
    const times = { dueAt: now, createdAt: now };
    await this.#store.add({ endpoint: endpoint.id, id: message.id, kind, pool, seq, type, body, ...times });
    this.#running.get(id)?.courier.bell.ring();
  }

  async known(id: string): Promise<EndpointRecord> {
    const endpoint = (await this.#store.endpoints()).find((each) => each.id === id);
    if (endpoint === undefined) throw new Problem('endpoint_unknown', `there is no endpoint ${id.slice(0, 100)}`);
    return endpoint;
  }

  get #parts(): Omit<CourierParts, 'log'> {
    return { ledger: this.#ledger, sender: this.#sender, figures: this.figures };
  }

  get #store(): OutboxStore {
    return this.#ledger.outboxStore;
  }

  /** A name that leads nowhere now may lead somewhere later; one that leads where it may not is refused at once. */
  async #requireTarget(text: string): Promise<void> {
    const { targets } = this.#sender;
    try {
      await targets.addresses(targets.parse(text));
    } catch (error) {
      if (error instanceof TargetRefused) throw new Problem('url_refused', `the URL ${error.message}`);
    }
  }

  /** Works for the endpoints that there are, and no others. */
  async #startAndStop(log: CourierParts['log']): Promise<void> {
    const endpoints = (await this.#store.endpoints()).filter(({ disabledAt }) => disabledAt === null);
    const wanted = new Set(endpoints.map(({ id }) => id));
    for (const id of this.#running.keys()) if (!wanted.has(id)) await this.#stop(id);
    for (const endpoint of endpoints) {
      if (this.#running.has(endpoint.id)) continue;
      const courier = new Courier({ ...this.#parts, log }, endpoint);
      const stop = new AbortController();
      const ended = courier.run(stop.signal).finally(() => this.#running.delete(endpoint.id));
      this.#running.set(endpoint.id, { courier, stop, ended });
    }
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    running?.stop.abort(new Error('nothing more is sent'));
    await running?.ended;
  }

  #ringAll(): void {
    for (const { courier } of this.#running.values()) courier.bell.ring();
  }

  #prune(): Promise<void> {
    const now = this.#ledger.now();
    return this.#store.prune(now - limits.deliveredKeptMs, now - limits.deadKeptMs, limits.deliveriesKept);
  }
}
