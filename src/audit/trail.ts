/**
 * The audit trail: who did what to the ledger, sent to where whoever has the ledger does not get. It reads the logs, from where each sink
 * is; what is in no log, as a key that was refused, is kept as a note until each sink has it.
 */
import { isoText } from '../events/days.js';
import { idMaker } from '../ledger/ids.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Bell } from '../runtime/bell.js';
import type { RefusedFrom } from '../trust/attempts.js';
import { type AuditRecord, noteOf, noteTypes } from './record.js';
import { type AuditLog, AuditSender } from './sender.js';
import type { AuditSink } from './sink.js';

/** A request that only the scope `admin` may make, and what came of it. */
export interface AdminRequest {
  readonly actor: string | null;
  readonly method: string;
  /** As it is declared, without values. */
  readonly route: string;
  readonly status: number;
  readonly address: string;
  readonly request_id: string;
}

/** Notes of a sink that are not kept yet; beyond, they are counted. */
const heldMax = 1_000;

/** What is to be kept for a sink. */
interface Held {
  records: AuditRecord[];
  /** What there was no room for, since that was told last. */
  lost: number;
}

export class AuditTrail {
  readonly #ledger: Ledger;
  readonly #sinks: readonly AuditSink[];
  readonly #makeId = idMaker();
  readonly #bell = new Bell();
  readonly #held: ReadonlyMap<string, Held>;
  #senders: readonly AuditSender[] = [];

  constructor(ledger: Ledger, sinks: readonly AuditSink[]) {
    this.#ledger = ledger;
    this.#sinks = sinks;
    this.#held = new Map(sinks.map(({ name }) => [name, { records: [], lost: 0 }]));
  }

  requested({ actor, ...data }: AdminRequest): void {
    const severity = data.status >= 400 ? 'warning' : 'notice';
    this.#hold(this.#note(noteTypes.request, severity, data, actor));
  }

  /** Keys, signatures or sessions that were. */
  refused(refusals: readonly RefusedFrom[]): void {
    for (const { address, count } of refusals)
      this.#hold(this.#note(noteTypes.refused, 'warning', address === null ? { count } : { address, count }));
  }

  /** Sends until the signal is aborted. */
  async run(log: AuditLog, signal: AbortSignal): Promise<void> {
    const { clock, followers } = this.#ledger;
    const gap = (data: AuditRecord['data']) => this.#note(noteTypes.gap, 'error', data);
    await this.#begin();
    this.#senders = this.#sinks.map((sink) => new AuditSender(this.#ledger, sink, log, gap));
    const commits = followers.grown(limits.outboxLookMs).subscribe(() => this.#ringAll());
    const sending = this.#senders.map((sender) => sender.run(signal));
    const flush = () =>
      this.flush().catch((error) => log.warn({ err: error }, 'notes of the audit trail wait for the storage'));
    try {
      while (!signal.aborted) {
        await flush();
        await this.#bell.wait(limits.outboxWatchMs, clock, signal);
      }
    } finally {
      commits.unsubscribe();
      await flush();
      await Promise.all(sending);
      this.#senders = [];
    }
  }

  /** Has the storage keep what it holds, so that this process or the next one sends it. Throws a `StorageError`; nothing is lost then. */
  async flush(): Promise<void> {
    for (const [sink, held] of this.#held) await this.#keep(sink, held);
  }

  /** A sink that is new is told from where on it is told. */
  async #begin(): Promise<void> {
    const heads = await this.#ledger.heads();
    const positions = new Map(heads.map(({ pool, head: { seq, id } }) => [pool, { seq, event: id }]));
    for (const { name } of this.#sinks) {
      if (!(await this.#ledger.auditStore.begin(name, positions))) continue;
      const from = Object.fromEntries([...positions].map(([pool, { seq }]) => [pool, seq]));
      const began = noteOf(this.#note(noteTypes.began, 'notice', { from }));
      await this.#ledger.auditStore.addNotes(name, [began], limits.auditNotesMax);
    }
  }

  #hold(record: AuditRecord): void {
    for (const held of this.#held.values()) holdFor(held, record);
    this.#bell.ring();
  }

  async #keep(sink: string, held: Held): Promise<void> {
    const { records, lost } = held;
    if (records.length === 0 && lost === 0) return;
    held.records = [];
    held.lost = 0;
    const why = 'more came than could be kept';
    const gaps = lost === 0 ? [] : [this.#note(noteTypes.gap, 'error', { lost, why })];
    try {
      const notes = [...gaps, ...records].map(noteOf);
      const kept = await this.#ledger.auditStore.addNotes(sink, notes, limits.auditNotesMax);
      // The gap comes first: it is told as soon as anything is kept.
      if (kept === 0) held.lost += lost;
      held.lost += records.length - Math.max(0, kept - gaps.length);
    } catch (error) {
      const together = [...records, ...held.records];
      held.records = together.slice(0, heldMax);
      held.lost += lost + Math.max(0, together.length - heldMax);
      throw error;
    }
    this.#ringAll();
  }

  #note(
    type: string,
    severity: AuditRecord['severity'],
    data: AuditRecord['data'],
    actor: string | null = null,
  ): AuditRecord {
    const now = this.#ledger.now();
    const id = this.#makeId(now);
    return { id, time: isoText(now), type, severity, actor, pool: null, seq: null, previous: null, data };
  }

  #ringAll(): void {
    for (const { bell } of this.#senders) bell.ring();
  }
}

function holdFor(held: Held, record: AuditRecord): void {
  if (held.records.length < heldMax) held.records.push(record);
  else held.lost += 1;
}
