/**
 * Follows the files of sources: what is there is collected, and then what comes. All files are looked at when the doorbell rings, and
 * now and then without it. While the ledger is away it is tried again, less and less often; what is read meanwhile is held with the
 * cursor, as far as there is room, so that files may be replaced and removed.
 */
import { type BackoffSettings, backoffMs } from '../client/backoff.js';
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';
import type { Source } from '../sources/source.js';
import { isDue } from './carrier.js';
import { type CollectResult, type CollectSettings, collect } from './collect.js';
import type { Cursor } from './cursor.js';
import type { CursorFile } from './cursor-file.js';
import { Doorbell } from './doorbell.js';
import { SinkFailure } from './sink.js';
import { Sweeper } from './sweep.js';

/** A source, where its files are, and how they are collected. */
export interface FollowedSource {
  readonly source: Source;
  /** Those too that do not exist yet. */
  readonly roots: readonly string[];
  readonly cursorFile: CursorFile;
  /** Asked for when something is to be read. */
  readonly settings: () => Promise<PassSettings>;
}

export type PassSettings = Pick<
  CollectSettings,
  'sink' | 'origin' | 'whoseOf' | 'tally' | 'onProgress' | 'reportsMax'
> & {
  /** The files are read. */
  readonly ended?: () => void;
};

export interface FollowSettings {
  readonly sources: readonly FollowedSource[];
  readonly clock: Clock;
  readonly sweepMs: number;
  /** Aborted: what was read is delivered. */
  readonly stop: AbortSignal;
  readonly abort?: AbortSignal | undefined;
  /** What came of a look, where anything did. */
  readonly onCollected: (source: Source, result: CollectResult) => void;
  /** The ledger cannot be reached, or (null) can again. */
  readonly onAway: (failure: SinkFailure | null) => void;
}

const backoff: BackoffSettings = { baseMs: 500, maxMs: 30_000 };
/** Looks for the doorbell take at most this part of the time. */
const lookingPart = 1 / 50;
const restMsMax = 5_000;

/** Returns once it is stopped. Throws a `SinkFailure` where the ledger will never take what it is sent. */
export async function follow(settings: FollowSettings): Promise<void> {
  const { clock, stop, sweepMs } = settings;
  const bell = new Doorbell();
  const ledger = new LedgerState(settings);
  const followed = settings.sources.map((one) => new Followed(one, settings, ledger));
  try {
    while (!stop.aborted) {
      let lookingMs = 0;
      for (const one of followed) lookingMs += await one.pass();
      ledger.passEnded();
      bell.watch(followed.flatMap(({ folders }) => folders));
      const restMs = Math.min(restMsMax, Math.max(limits.doorbellMs, lookingMs / lookingPart));
      await clock.sleep(restMs, stop);
      await bell.wait(Math.max(0, Math.min(sweepMs - restMs, ledger.nextTryInMs)), clock, stop);
    }
  } finally {
    bell.close();
    for (const one of followed) one.save();
  }
}

/** Whether the ledger is there, as far as is known, and when it is tried again. */
class LedgerState {
  readonly #settings: FollowSettings;
  #failure: SinkFailure | null = null;
  #failures = 0;
  #tryAt = 0;
  /** Of this pass. */
  #isAway = false;

  constructor(settings: FollowSettings) {
    this.#settings = settings;
  }

  /** Why it is not to be asked now; null where it is. */
  get away(): SinkFailure | null {
    return this.#isAway || this.#settings.clock.elapsed() < this.#tryAt ? this.#failure : null;
  }

  get nextTryInMs(): number {
    return this.#failure === null ? Number.POSITIVE_INFINITY : this.#tryAt - this.#settings.clock.elapsed();
  }

  failed(failure: SinkFailure): void {
    if (!failure.isTransient) throw failure;
    if (this.away !== null) return;
    if (this.#failure === null) this.#settings.onAway(failure);
    this.#failure = failure;
    this.#isAway = true;
    const pause = backoffMs(this.#failures, backoff, failure.retryAfterMs);
    this.#tryAt = this.#settings.clock.elapsed() + pause;
    this.#failures += 1;
  }

  passEnded(): void {
    if (this.#failure !== null && this.away === null) {
      this.#failure = null;
      this.#failures = 0;
      this.#settings.onAway(null);
    }
    this.#isAway = false;
  }
}

class Followed {
  folders: readonly string[] = [];
  readonly #of: FollowedSource;
  readonly #settings: FollowSettings;
  readonly #ledger: LedgerState;
  readonly #sweeper: Sweeper;
  #cursor: Cursor | null = null;
  #isSaved = true;
  #savedAt = 0;

  constructor(of: FollowedSource, settings: FollowSettings, ledger: LedgerState) {
    this.#of = of;
    this.#settings = settings;
    this.#ledger = ledger;
    this.#sweeper = new Sweeper(of.source);
  }

  /** Returns how long it took to look at the files, in milliseconds. */
  async pass(): Promise<number> {
    const { clock, stop } = this.#settings;
    if (stop.aborted) return 0;
    const cursor = await this.#current();
    const [at, began] = [clock.now(), clock.elapsed()];
    const sweep = await this.#sweeper.sweep(this.#of.roots);
    const lookingMs = clock.elapsed() - began;
    this.folders = sweep.folders;
    const { early = [], held = [] } = cursor;
    const waits = held.length > 0 || early.some((report) => isDue(report, at));
    const isQuiet = sweep.changed.length === 0 && Object.keys(sweep.skipped.counts).length === 0;
    if (!isQuiet || (waits && this.#ledger.away === null)) {
      const result = await this.#collect(cursor, { sweep, by: this.#sweeper });
      if (result.isComplete) this.#sweeper.settle(sweep, this.#cursor ?? cursor, at);
      if (isTelling(result)) this.#settings.onCollected(this.#of.source, result);
      if (result.failure !== null) this.#ledger.failed(result.failure);
    }
    if (clock.elapsed() - this.#savedAt >= limits.followSaveMs) this.save();
    return lookingMs;
  }

  save(): void {
    if (this.#isSaved || this.#cursor === null) return;
    this.#of.cursorFile.save(this.#cursor);
    this.#isSaved = true;
    this.#savedAt = this.#settings.clock.elapsed();
  }

  /** The cursor, of a ledger that has what was sent to it: it may have been restored from an older copy meanwhile. */
  async #current(): Promise<Cursor> {
    const cursor = this.#cursor ?? this.#of.cursorFile.load();
    this.#cursor = cursor;
    if (this.#ledger.away !== null) return cursor;
    try {
      const checked = await this.#of.cursorFile.checked(cursor);
      if (checked !== cursor) this.#sweeper.forget();
      this.#cursor = checked;
      return checked;
    } catch (error) {
      if (!(error instanceof SinkFailure)) throw error;
      this.#ledger.failed(error);
      return cursor;
    }
  }

  async #collect(cursor: Cursor, swept: NonNullable<CollectSettings['swept']>): Promise<CollectResult> {
    const { clock, stop, abort } = this.#settings;
    const { ended, ...pass } = await this.#of.settings();
    const result = await collect({
      ...pass,
      source: this.#of.source,
      roots: this.#of.roots,
      clock,
      stop,
      abort,
      cursor,
      swept,
      tryMs: 0,
      holding: { max: limits.heldReportsMax, away: this.#ledger.away },
      save: (reached) => {
        this.#cursor = reached;
        this.#isSaved = false;
        if (clock.elapsed() - this.#savedAt >= limits.followSaveMs) this.save();
      },
    });
    ended?.();
    return result;
  }
}

/** Whether anything came of it that a person would look at. */
const isTelling = ({ uses, readings, sessions, recorded, repeated, corrected, skipped }: CollectResult): boolean =>
  uses + readings + sessions + recorded + repeated + corrected > 0 || Object.keys(skipped).length > 0;
