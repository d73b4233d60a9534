/** Sends the audit trail to one sink: what stands in the logs from where it is, and the notes that wait for it. Each record once at least. */
import type { Logger } from 'pino';
import type { StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import type { AuditPosition, Ledger, PoolRecord } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Bell } from '../runtime/bell.js';
import { StorageError } from '../storage-error.js';
import { visible } from '../text/visible.js';
import { clearBehind, raiseBehind } from './alerts.js';
import { type AuditRecord, auditedTypes, noteOf, noteTypes, recordOf } from './record.js';
import type { AuditSink } from './sink.js';

export type AuditLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

interface Page {
  readonly pool: PoolId;
  /** Up to where the log was sent before. */
  readonly from: number;
  readonly events: readonly StoredEvent[];
}

const atStart: AuditPosition = { seq: 0, event: null };

export class AuditSender {
  readonly sink: AuditSink;
  /** Rung where there may be something to send. */
  readonly bell = new Bell();
  readonly #ledger: Ledger;
  readonly #log: AuditLog;
  /** The note that tells the sink of a gap. */
  readonly #gap: (data: AuditRecord['data']) => AuditRecord;
  /** Up to where there is nothing for the sink behind its position. */
  readonly #passed = new Map<PoolId, { readonly from: number; readonly upTo: number }>();
  /** Pools whose log was found to be the one that was sent. */
  readonly #known = new Set<PoolId>();
  /** Records that the sink has not answered for. */
  #underway: Promise<unknown> | null = null;
  #failures = 0;
  #failingSince: number | null = null;
  #isTold = false;

  constructor(ledger: Ledger, sink: AuditSink, log: AuditLog, gap: (data: AuditRecord['data']) => AuditRecord) {
    this.#ledger = ledger;
    this.sink = sink;
    this.#log = log;
    this.#gap = gap;
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ledger;
    while (!signal.aborted) {
      const waitMs = await this.#sendAll(signal);
      // Whoever rings while it fails does not make it try faster.
      if (this.#failures > 0) await clock.sleep(waitMs, signal);
      else await this.bell.wait(waitMs, clock, signal);
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
    const { seq, id } = events.at(-1) as StoredEvent;
    await this.#ledger.auditStore.move(this.sink.name, pool, from, { seq, event: id });
    return true;
  }

  /** A sink that is stuck is given up after a while, and not sent to again before it has answered. */
  async #send(records: readonly AuditRecord[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#ledger;
    const late = new AbortController();
    const done = new AbortController();
    const either = AbortSignal.any([signal, late.signal]);
    void clock
      .sleep(limits.auditSendMsMax, done.signal)
      .then(() => late.abort(new Error('it did not take the records in time')));
    const abort = rejection(either, done.signal);
    try {
      if (this.#underway !== null) await Promise.race([this.#underway, abort]);
      const sending = this.sink.send(records, either);
      const settled = sending.then(
        () => undefined,
        () => undefined,
      );
      this.#underway = settled;
      void settled.then(() => {
        if (this.#underway === settled) this.#underway = null;
      });
      const refused = await Promise.race([sending, abort]);
      if (refused !== null) await this.#lost(records, refused);
    } finally {
      done.abort();
    }
  }

  /** What a sink refuses for good is told to it as a gap, but for gaps. */
  async #lost(records: readonly AuditRecord[], why: string): Promise<void> {
    const { name: sink } = this.sink;
    this.#log.error({ sink }, `records of the audit trail were refused: ${why}`);
    if (records.every(({ type }) => type === noteTypes.gap)) return;
    const record = this.#gap({ refused: why.slice(0, limits.reasonCharactersMax) });
    await this.#ledger.auditStore.addNotes(sink, [noteOf(record)], limits.auditNotesMax);
  }

  /** The next records of the first pool that has any. */
  async #find(): Promise<Page | null> {
    const positions = await this.#ledger.auditStore.positions(this.sink.name);
    for (const record of await this.#ledger.heads()) {
      const page = await this.#findIn(record, positions.get(record.pool) ?? atStart);
      if (page !== null) return page;
    }
    return null;
  }

  async #findIn({ pool, head: { seq: head } }: PoolRecord, position: AuditPosition): Promise<Page | null> {
    const { seq: from } = position;
    if (!(await this.#isSentLog(pool, head, position))) {
      // What of it the sink has is not known: all of it is sent again, and known by its ids.
      const why = 'the log is not the one that was sent';
      const note = noteOf(this.#gap({ pool, sent_up_to: from, log_ends_at: head, why }));
      await this.#ledger.auditStore.move(this.sink.name, pool, from, atStart, note);
      this.#passed.delete(pool);
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

  /** A ledger that came back from a backup may end before what was sent, or go on otherwise. */
  async #isSentLog(pool: PoolId, head: number, { seq, event }: AuditPosition): Promise<boolean> {
    if (seq > head) return false;
    if (this.#known.has(pool) || seq === 0) return true;
    const [found] = await this.#ledger.readStored(pool, { after: seq - 1, upTo: seq, limit: 1 });
    if (found?.id !== event) return false;
    this.#known.add(pool);
    return true;
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

/** `fetch` says what went wrong in the cause; several addresses of one host fail each with an error of its own, and none in words of all. */
function reasonOf(error: Error & { readonly code?: string; readonly errors?: readonly Error[] }): string {
  const { message, cause, code, errors, name } = error;
  if (cause instanceof Error) return `${message}: ${reasonOf(cause)}`;
  return message || errors?.[0]?.message || code || name;
}

/** Rejects once the signal is aborted, as long as it matters. */
function rejection(signal: AbortSignal, done: AbortSignal): Promise<never> {
  const rejected = new Promise<never>((_, reject) => {
    const give = () => reject(signal.reason as Error);
    if (signal.aborted) give();
    signal.addEventListener('abort', give, { once: true, signal: done });
  });
  rejected.catch(() => undefined);
  return rejected;
}
