/** The windows of one reading, as a source tells them: which of its figures can be right, and what they say. */

import { limits } from '../limits.js';
import { isCredential, keptText } from './credentials.js';
import { resetOfText, resetOfValue } from './reset-time.js';
import type { Skipped } from './skipped.js';
import type { ClientFacts, QuotaSeen, ReadContext, WindowSeen } from './source.js';
import { secondsOf } from './window-key.js';

/** What a source says of a window. */
export interface WindowClaim {
  /** Null where the source's name of it is no key. */
  readonly key: string | null;
  readonly label?: string | undefined;
  readonly scope?: string | undefined;
  readonly active?: boolean | undefined;
  /** 100 is all of it; null where it is not said, NaN where that cannot be read. */
  readonly percent: number | null;
  /** As it was written, where more than all of it may be used, which is then capped: a provider that refuses goes on counting. */
  readonly mayExceed?: string | undefined;
  readonly durationS?: number | undefined;
  readonly exhausted?: boolean | undefined;
  /** A reset in words, or else a value. */
  readonly resetText?: string | undefined;
  readonly resetValue?: unknown;
}

interface ReadingFacts {
  readonly measuredAt?: number | null;
  readonly place?: ClientFacts;
  readonly otherwise?: string;
}

/** The zone of a context: that of times which name none. */
export const zoneOf = ({ timeZone }: Pick<ReadContext, 'timeZone'>): string => timeZone ?? 'UTC';

const weekSeconds = 604_800;
/** Of extra usage, which is bought by the month. */
const longestSeconds = 31 * 86_400;
/** A single reading may not keep the reader busy. */
const claimsMax = 256;

export class WindowsSeen {
  readonly #context: Pick<ReadContext, 'at' | 'timeZone'>;
  readonly #skipped: Skipped;
  readonly #windows = new Map<string, WindowSeen>();
  #claims = 0;

  /** `at`: when it was measured. */
  constructor(context: Pick<ReadContext, 'at' | 'timeZone'>, skipped: Skipped) {
    this.#context = context;
    this.#skipped = skipped;
  }

  get areExhausted(): boolean {
    return [...this.#windows.values()].some((window) => window.exhausted);
  }

  /** The reading, windows in the order of their first mention; none where there are none, which counts as `otherwise`. */
  readings(source: string, { measuredAt = null, place = {}, otherwise }: ReadingFacts): QuotaSeen[] {
    const windows = [...this.#windows.values()];
    if (windows.length > 0) return [{ kind: 'quota', measuredAt, source, windows, place }];
    if (otherwise !== undefined) this.#skipped.add(otherwise);
    return [];
  }

  /** Of a window that is told twice the later one counts, if it can be right. */
  add(claim: WindowClaim): void {
    const { key } = claim;
    this.#claims += 1;
    if (key === null) return this.#skipped.add('window-without-name');
    if (isCredential(key)) return this.#skipped.add('credential');
    if (claim.percent === null) return this.#skipped.add('window-without-percent');
    const known = this.#windows.get(key);
    if (this.#claims > claimsMax || (known === undefined && this.#windows.size === limits.windowsMax)) {
      return this.#skipped.add('too-many-windows');
    }
    if (!(claim.percent >= 0)) return this.#skipped.add('percent-unreadable');
    const window = this.#window(key, claim, claim.percent);
    if (window.rejected) this.#skipped.add('percent-above-101');
    if (known === undefined || !window.rejected) this.#windows.set(key, window);
  }

  #window(key: string, claim: WindowClaim, percent: number): WindowSeen {
    const { active, mayExceed } = claim;
    const durationS = claim.durationS ?? secondsOf(key);
    const { at: resetsAt, raw: rawReset } = this.#reset(claim, durationS ?? defaultSecondsOf(key));
    const capped = mayExceed !== undefined && percent > 100;
    const percentBp = capped ? 10_000 : Math.round(percent * 100);
    const rejected = percentBp > limits.percentBpMax;
    const endsBy = this.#context.at + (durationS ?? Number.POSITIVE_INFINITY) * 1_000 + limits.futureMsMax;
    return {
      key,
      label: keptText(claim.label, this.#skipped) ?? undefined,
      scope: keptText(claim.scope, this.#skipped) ?? undefined,
      active,
      percentBp: rejected ? null : percentBp,
      resetsAt,
      durationS,
      exhausted: capped || claim.exhausted === true ? true : undefined,
      rejected: rejected ? true : undefined,
      suspect: resetsAt !== null && resetsAt > endsBy ? true : undefined,
      rawPercent: capped ? mayExceed : undefined,
      rawReset,
    };
  }

  #reset({ resetText, resetValue }: WindowClaim, seconds: number) {
    const { at } = this.#context;
    const reset =
      resetText === undefined ? resetOfValue(resetValue) : resetOfText(resetText, at, zoneOf(this.#context), seconds);
    if (reset.problem !== undefined) this.#skipped.add(reset.problem);
    return reset;
  }
}

const defaultSecondsOf = (key: string): number => (key === 'extra_usage' ? longestSeconds : weekSeconds);
