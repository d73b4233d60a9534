/** Sends the audit trail to one sink: what stands in the logs from where it is, and the notes that wait for it. Each record once at least. */
import type { Logger } from 'pino';
import type { StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import type { Ledger, PoolRecord } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Bell } from '../runtime/bell.js';
import { StorageError } from '../storage-error.js';
import { visible } from '../text/visible.js';
import { clearBehind, raiseBehind } from './alerts.js';
import { type AuditRecord, auditedTypes, recordOf } from './record.js';
import type { AuditSink } from './sink.js';

export type AuditLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

interface Page {
  readonly pool: PoolId;
  /** Up to where the log was sent before. */
  readonly from: number;
  readonly events: readonly StoredEvent[];
}

export class AuditSender {
  readonly sink: AuditSink;
  /** Rung where there may be something to send. */
  readonly bell = new Bell();
  readonly #ledger: Ledger;
  readonly #log: AuditLog;
  /** Tells the sink itself of a gap. */
  readonly #onGap: (sink: string, data: AuditRecord['data']) => Promise<void>;
  /** Up to where there is nothing for the sink behind its position. */
  readonly #passed = new Map<PoolId, { readonly from: number; readonly upTo: number }>();
  #failures = 0;
  #failingSince: number | null = null;
  #isTold = false;

  constructor(
    ledger: Ledger,
    sink: AuditSink,
    log: AuditLog,
    onGap: (sink: string, data: AuditRecord['data']) => Promise<void>,
  ) {
    this.#ledger = ledger;
    this.sink = sink;
    this.#log = log;
    this.#onGap = onGap;
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ledger;
    while (!signal.aborted) {
      const waitMs = await this.#sendAll(signal);
      await this.bell.wait(waitMs, clock, signal);
      // Whoever rings while it fails does not make it try faster.
      if (this.#failures > 0) await clock.sleep(waitMs, signal);
    }
    this.sink.close();
  }

  /** How long until there may be more. */
  async #sendAll(signal: AbortSignal): Promise<number> {
    try {
      if (await this.#hasNews()) {
        const lease = { name: `audit:${this.sink.name}`, ttlMs: limits.outboxLeaseMs, signal };
        await this.#ledger.holdLease(lease, ({ signal: held }) => this.#sendHeld(held));
      }
      // Also where nothing waits: an earlier process may have told of it, or another one sent what waited.
      await this.#succeeded();
    } catch (error) {
      if (signal.aborted || (error instanceof StorageError && error.reason === 'taken')) return limits.outboxWatchMs;
      await this.#failed(error as Error);
      return Math.min(limits.auditRetryMsMax, 1_000 * 2 ** Math.min(this.#failures - 1, 10));
    }
    return limits.outboxWatchMs;
  }

  async #hasNews(): Promise<boolean> {
    const notes = await this.#ledger.auditStore.notes(this.sink.name, 1);
    return notes.length > 0 || (await this.#find()) !== null;
  }

  async #sendHeld(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const notes = await this.#sendNotes(signal);
      const events = await this.#sendEvents(signal);
      if (!notes && !events) return;
    }
  }

  async #sendNotes(signal: AbortSignal): Promise<boolean> {
    const { auditStore: store } = this.#ledger;
    const notes = await store.notes(this.sink.name, limits.auditPage);
    if (notes.length === 0) return false;
    await this.#send(
      notes.map(({ record }) => JSON.parse(record) as AuditRecord),
      signal,
    );
    await store.removeNotes(
      this.sink.name,
      notes.map(({ id }) => id),
    );
    return true;
  }

  async #sendEvents(signal: AbortSignal): Promise<boolean> {
    const page = await this.#find();
    if (page === null) return false;
    const { pool, from, events } = page;
    const records = events.map((event, i) => recordOf(event, events[i - 1]?.seq ?? from));
    await this.#send(records, signal);
    await this.#ledger.auditStore.move(this.sink.name, pool, from, (events.at(-1) as StoredEvent).seq);
    return true;
  }

  async #send(records: readonly AuditRecord[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#ledger;
    const late = new AbortController();
    const done = new AbortController();
    const either = AbortSignal.any([signal, late.signal]);
    void clock
      .sleep(limits.auditSendMsMax, done.signal)
      .then(() => late.abort(new Error('it did not take the records in time')));
    try {
      const refused = await this.sink.send(records, either);
      if (refused !== null)
        this.#log.error({ sink: this.sink.name }, `records of the audit trail were lost: ${refused}`);
    } finally {
      done.abort();
    }
  }

  /** The next records of the first pool that has any. */
  async #find(): Promise<Page | null> {
    const positions = await this.#ledger.auditStore.positions(this.sink.name);
    for (const record of await this.#ledger.heads()) {
      const page = await this.#findIn(record, positions.get(record.pool) ?? 0);
      if (page !== null) return page;
    }
    return null;
  }

  async #findIn({ pool, head: { seq: head } }: PoolRecord, from: number): Promise<Page | null> {
    if (from > head) {
      // The ledger is an older copy of itself: from where it is, it goes on.
      const moved = await this.#ledger.auditStore.move(this.sink.name, pool, from, head);
      if (moved) await this.#onGap(this.sink.name, { pool, sent_up_to: from, log_ends_at: head });
      return null;
    }
    const passed = this.#passed.get(pool);
    const after = passed?.from === from ? passed.upTo : from;
    if (after >= head) return null;
    const events = await this.#ledger.readStored(pool, {
      after,
      upTo: head,
      types: auditedTypes,
      limit: limits.auditPage,
    });
    if (events.length > 0) return { pool, from, events };
    this.#passed.set(pool, { from, upTo: head });
    return null;
  }

  async #succeeded(): Promise<void> {
    if (this.#failures > 0) this.#log.info({ sink: this.sink.name }, 'the audit trail goes on');
    this.#failures = 0;
    this.#failingSince = null;
    this.#isTold = false;
    await clearBehind(this.#ledger, this.sink.name).catch((error) => this.#untold(error));
  }

  async #failed(error: Error): Promise<void> {
    const { clock } = this.#ledger;
    const { name: sink } = this.sink;
    const why = visible(reasonOf(error)).slice(0, limits.reasonCharactersMax);
    this.#failures += 1;
    this.#failingSince ??= clock.elapsed();
    if (this.#failures === 1) this.#log.warn({ sink, error: why }, 'the audit trail waits for a sink');
    if (this.#isTold || clock.elapsed() - this.#failingSince < limits.auditToldMs) return;
    this.#isTold = true;
    await raiseBehind(this.#ledger, sink, why).catch((failed) => this.#untold(failed));
  }

  #untold(error: unknown): void {
    this.#isTold = false;
    this.#log.error({ err: error, sink: this.sink.name }, 'an alert about the audit trail was not recorded');
  }
}

/** `fetch` says what went wrong in the cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
}
