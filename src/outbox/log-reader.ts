/** Reads the logs for one endpoint: what of them it is told of becomes deliveries, each event once, however often a process ends between. */
import type { StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import { idMaker } from '../ledger/ids.js';
import type { DeliveryRecord, EndpointRecord, Ledger, NewDelivery, PoolRecord } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { digestWith, type Message, messageOf, typesNamed } from './message.js';

interface Found {
  readonly pool: PoolId;
  /** How far it is noted that the log was read. */
  readonly from: number;
  readonly to: number;
  readonly events: readonly StoredEvent[];
}

export class LogReader {
  readonly #ledger: Ledger;
  readonly #endpoint: EndpointRecord;
  readonly #types: readonly string[];
  /** Up to where there is nothing for the endpoint behind what is noted: read again after a crash, it costs a look and no more. */
  readonly #passed = new Map<PoolId, { readonly from: number; readonly upTo: number }>();
  readonly #makeId = idMaker();

  constructor(ledger: Ledger, endpoint: EndpointRecord) {
    this.#ledger = ledger;
    this.#endpoint = endpoint;
    this.#types = typesNamed(endpoint.types);
  }

  /** Whether something waits in the logs for which there is room. */
  async hasNews(): Promise<boolean> {
    return (await this.#hasRoom()) && (await this.#find()) !== null;
  }

  /** Keeps what the logs hold next. False where there is nothing, or no room for it. */
  async take(): Promise<boolean> {
    const found = (await this.#hasRoom()) ? await this.#find() : null;
    if (found === null) return false;
    const { pool, from, to, events } = found;
    const deliveries = events.length === 0 ? [] : await this.#deliveriesOf(pool, events);
    return this.#ledger.outboxStore.keep(this.#endpoint.id, pool, from, to, deliveries);
  }

  async #hasRoom(): Promise<boolean> {
    return (await this.#ledger.outboxStore.waiting(this.#endpoint.id)) < limits.outboxWaitingMax;
  }

  /** The next page of the first pool that has one. */
  async #find(): Promise<Found | null> {
    const positions = await this.#ledger.outboxStore.positions(this.#endpoint.id);
    for (const record of await this.#ledger.heads()) {
      if (this.#endpoint.pool !== null && this.#endpoint.pool !== record.pool) continue;
      const found = await this.#findIn(record, positions.get(record.pool) ?? 0);
      if (found !== null) return found;
    }
    return null;
  }

  async #findIn({ pool, head: { seq: head } }: PoolRecord, from: number): Promise<Found | null> {
    // The ledger is an older copy of itself: from where it is, it goes on.
    if (from > head) await this.#ledger.outboxStore.readAgain(this.#endpoint.id, pool, head);
    const passed = this.#passed.get(pool);
    const after = passed?.from === from ? passed.upTo : from;
    if (after >= head) return null;
    const wanted = { after, upTo: head, types: this.#types, limit: limits.outboxEventsPage };
    const events = await this.#ledger.readStored(pool, wanted);
    const to = events.length < wanted.limit ? head : (events.at(-1) as StoredEvent).seq;
    if (events.length > 0 || head - from > limits.outboxEventsUnnoted) return { pool, from, to, events };
    this.#passed.set(pool, { from, upTo: head });
    return null;
  }

  /** As many as a minute may have, one by one; what goes beyond is in a digest, which grows until the minute is over. */
  async #deliveriesOf(pool: PoolId, events: readonly StoredEvent[]): Promise<NewDelivery[]> {
    const { outboxStore: store } = this.#ledger;
    const { id: endpoint } = this.#endpoint;
    const now = this.#ledger.now();
    const growing = await store.growingDigest(endpoint, pool, now);
    const kept = await store.keptSince(endpoint, now - limits.webhookStormMs);
    const room = growing === null ? Math.max(0, limits.webhookStormMessages - kept) : 0;
    const single = events.slice(0, room).map((event) => this.#delivery('event', messageOf(event), now, now));
    const others = events.slice(room);
    return others.length === 0 ? single : [...single, this.#digest(growing, others, now)];
  }

  #digest(growing: DeliveryRecord | null, events: readonly StoredEvent[], now: number): NewDelivery {
    const before = growing === null ? null : (JSON.parse(growing.body) as Message);
    const message = digestWith(before, events, growing?.id ?? this.#makeId(now), now);
    return this.#delivery('digest', message, now, growing?.dueAt ?? now + limits.webhookStormMs);
  }

  #delivery(kind: NewDelivery['kind'], message: Message, createdAt: number, dueAt: number): NewDelivery {
    const { id, pool, seq, type } = message;
    return { endpoint: this.#endpoint.id, id, kind, pool, seq, type, body: JSON.stringify(message), dueAt, createdAt };
  }
}
