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
import { type AuditRecord, noteTypes } from './record.js';
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

/** Notes that are not kept yet; beyond, they are counted. */
const heldMax = 1_000;

export class AuditTrail {
  readonly #ledger: Ledger;
  readonly #sinks: readonly AuditSink[];
  readonly #makeId = idMaker();
  readonly #bell = new Bell();
  #held: AuditRecord[] = [];
  #lost = 0;
  #senders: readonly AuditSender[] = [];

  constructor(ledger: Ledger, sinks: readonly AuditSink[]) {
    this.#ledger = ledger;
    this.#sinks = sinks;
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

  /** Sends until the signal is aborted. What is held then is kept, and sent by the next process. */
  async run(log: AuditLog, signal: AbortSignal): Promise<void> {
    const { clock, followers } = this.#ledger;
    const onGap = (sink: string, data: AuditRecord['data']) =>
      this.#keep([sink], [this.#note(noteTypes.gap, 'error', data)]);
    await this.#begin();
    this.#senders = this.#sinks.map((sink) => new AuditSender(this.#ledger, sink, log, onGap));
    const commits = followers.grown(limits.outboxLookMs).subscribe(() => this.#ringAll());
    const sending = this.#senders.map((sender) => sender.run(signal));
    try {
      while (!signal.aborted) {
        await this.#keepHeld(log);
        await this.#bell.wait(limits.outboxWatchMs, clock, signal);
      }
    } finally {
      commits.unsubscribe();
      await Promise.all(sending);
      await this.#keepHeld(log);
      this.#senders = [];
    }
  }

  /** A sink that is new is told from where on it is told. */
  async #begin(): Promise<void> {
    const heads = (await this.#ledger.heads()).map(({ pool, head }) => [pool, head.seq] as const);
    for (const { name } of this.#sinks) {
      if (!(await this.#ledger.auditStore.begin(name, new Map(heads)))) continue;
      await this.#keep([name], [this.#note(noteTypes.began, 'notice', { from: Object.fromEntries(heads) })]);
    }
  }

  #hold(record: AuditRecord): void {
    if (this.#held.length < heldMax) this.#held.push(record);
    else this.#lost += 1;
    this.#bell.ring();
  }

  async #keepHeld(log: AuditLog): Promise<void> {
    if (this.#held.length === 0 && this.#lost === 0) return;
    const held = this.#held;
    const lost = this.#lost;
    this.#held = [];
    this.#lost = 0;
    const gap =
      lost === 0 ? [] : [this.#note(noteTypes.gap, 'error', { lost, why: 'there were more at once than are held' })];
    try {
      await this.#keep(
        this.#sinks.map(({ name }) => name),
        [...held, ...gap],
      );
    } catch (error) {
      this.#held = [...held, ...this.#held].slice(0, heldMax);
      this.#lost += lost;
      log.warn({ err: error }, 'notes of the audit trail wait for the storage');
    }
  }

  async #keep(sinks: readonly string[], records: readonly AuditRecord[]): Promise<void> {
    const notes = records.map((record) => ({ id: record.id, record: JSON.stringify(record) }));
    const without = await this.#ledger.auditStore.addNotes(sinks, notes, limits.auditNotesMax);
    this.#lost += without;
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
