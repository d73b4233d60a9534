/**
 * Brings reports to the ledger, one request at a time, and knows what that makes of the cursor: files count as read up to where all
 * before it was answered for. What the ledger takes only later is kept in the cursor, which says with it that it was read.
 */
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';
import type { Links, Observation } from '../sources/source.js';
import type { Cursor } from './cursor.js';
import { Delivery, type DeliverySettings } from './delivery.js';
import type { FileMark } from './file-mark.js';
import type { Report } from './report.js';
import { SinkFailure } from './sink.js';
import type { Tally } from './tally.js';

export interface CarrierSettings extends DeliverySettings {
  /** Where files were read to before. */
  readonly cursor: Cursor;
  /** Keeps where they were read to: now and then, and at the end, however it ends. */
  readonly save: (cursor: Cursor) => void;
  /** Reports in one request. */
  readonly reportsMax?: number | undefined;
  /**
   * How many reports are held for a ledger that is away, so that what they tell of may change meanwhile; none where it is left out. While
   * it is known to be `away`, it is not asked.
   */
  readonly holding?: { readonly max: number; readonly away: SinkFailure | null } | undefined;
}

/** What is known to be read once reports are answered for. */
export interface ReadMarks {
  readonly marks: Readonly<Record<string, FileMark>>;
  readonly known?: readonly Observation[] | undefined;
  readonly links?: Links | undefined;
}

export class Carrier {
  /** Why reports are held. */
  away: SinkFailure | null;
  readonly #settings: CarrierSettings;
  readonly #clock: Clock;
  readonly #delivery: Delivery;
  #files: Record<string, FileMark>;
  #known: readonly Observation[];
  #links: Links;
  /** Of those that were too early before: those that are not sent yet. */
  #early: readonly Report[];
  #held: readonly Report[];
  #savedAt: number;
  #underWay: Promise<void> = Promise.resolve();

  constructor(settings: CarrierSettings, tally: Tally) {
    const { cursor, clock, holding } = settings;
    this.#settings = settings;
    this.#clock = clock;
    this.#delivery = new Delivery(settings, tally);
    this.#files = { ...cursor.files };
    this.#known = cursor.known;
    this.#links = cursor.links ?? {};
    this.#early = cursor.early ?? [];
    this.#held = cursor.held ?? [];
    this.#savedAt = clock.elapsed();
    this.away = holding?.away ?? null;
  }

  get links(): Links {
    return this.#links;
  }

  get known(): readonly Observation[] {
    return this.#known;
  }

  /** Reports that wait: for their time, and for the ledger. */
  get waiting(): { readonly early: number; readonly held: number } {
    return { early: this.#early.length + this.#delivery.early.length, held: this.#held.length };
  }

  /** Sends what waited, as far as its time has come. */
  async sendWaiting(): Promise<void> {
    if (this.away !== null) return;
    const held = this.#held;
    for (let at = 0; at < held.length && this.away === null; at += this.#reportsMax) {
      const rest = held.slice(at + this.#reportsMax);
      await this.#unlessAway(held.slice(at, at + this.#reportsMax), () => {
        this.#held = rest;
      });
    }
    const due = this.#early.filter((report) => isDue(report, this.#clock.now()));
    if (due.length === 0 || this.away !== null) return;
    await this.#unlessAway(due, () => {
      this.#early = this.#early.filter((report) => !due.includes(report));
    });
  }

  /** Returns while the last request is under way. */
  async send(reports: readonly Report[], reached: ReadMarks): Promise<void> {
    for (let at = 0; at === 0 || at < reports.length; at += this.#reportsMax) {
      const end = at + this.#reportsMax;
      await this.#underWay;
      this.#underWay = this.#sendOne(reports.slice(at), end < reports.length ? null : reached);
      // It is waited for when the next one is ready.
      this.#underWay.catch(() => undefined);
    }
  }

  /** Returns once all that was sent is answered for. */
  async answered(): Promise<void> {
    await this.#underWay;
  }

  /** Forgets the files that are not there any longer. */
  keepOnly(names: ReadonlySet<string>): void {
    this.#files = Object.fromEntries(Object.entries(this.#files).filter(([name]) => names.has(name)));
  }

  save(): void {
    this.#savedAt = this.#clock.elapsed();
    const { cursor, save } = this.#settings;
    save({
      files: this.#files,
      known: this.#known,
      links: this.#links,
      early: [...this.#early, ...this.#delivery.early],
      held: this.#held,
      recorded: this.#delivery.newest ?? cursor.recorded,
    });
  }

  get #reportsMax(): number {
    return this.#settings.reportsMax ?? limits.collectReportsMax;
  }

  /** Sends the first of those that are left. */
  async #sendOne(left: readonly Report[], reached: ReadMarks | null): Promise<void> {
    const reports = left.slice(0, this.#reportsMax);
    let isSent = false;
    if (this.away === null) {
      await this.#unlessAway(reports, () => {
        isSent = true;
      });
    }
    if (!isSent) this.#hold(reports, left.length);
    if (reached === null) return;
    Object.assign(this.#files, reached.marks);
    this.#known = reached.known ?? this.#known;
    this.#links = reached.links ?? this.#links;
    if (this.#clock.elapsed() - this.#savedAt >= limits.collectSaveMs) this.save();
  }

  async #unlessAway(reports: readonly Report[], sent: () => void): Promise<void> {
    try {
      await this.#delivery.send(reports);
      sent();
    } catch (error) {
      if (!(error instanceof SinkFailure && error.isTransient && this.#settings.holding !== undefined)) throw error;
      this.away = error;
    }
  }

  /** Behind those that are held already. Where there is no room for all that are left, they stay in their files. */
  #hold(reports: readonly Report[], left: number): void {
    const { holding } = this.#settings;
    if (this.#held.length + left > (holding?.max ?? 0)) throw this.away;
    this.#held = [...this.#held, ...reports];
  }
}

/** Whether the ledger takes it by now. */
export const isDue = ({ occurred_at: at = 0 }: Report, now: number): boolean => at <= now + limits.futureMsMax;
