/** The past of one pool, brought up to date by what was recorded since it was looked at last. */
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { hourMs, pastHours, UsePast } from './use-past.js';

export class Past {
  readonly #ledger: Ledger;
  readonly #pool: PoolId;
  #use = new UsePast();
  /** Seq of the last event that is in it; null before it was read. */
  #upTo: number | null = null;
  #merged = 0;

  constructor(ledger: Ledger, pool: PoolId) {
    this.#ledger = ledger;
    this.#pool = pool;
  }

  /** A merge, or events that were lost, have it read again: what was one's is another's then. */
  async now(state: PoolState, at: EpochMs): Promise<UsePast> {
    const { seq } = state;
    const merged = mergedIn(state);
    const since = at - pastHours * hourMs;
    if (this.#upTo === null || this.#upTo > seq || merged !== this.#merged) {
      this.#use = new UsePast();
      this.#merged = merged;
      this.#upTo = await this.#ledger.seqAt(this.#pool, since as EpochMs);
    }
    while (this.#upTo < seq) {
      const upTo = Math.min(seq, this.#upTo + limits.pastEventsPage);
      const counts = await this.#ledger.useCounts(this.#pool, { after: this.#upTo, upTo, since });
      this.#use.add(this.#ledger.state(this.#pool), counts, at);
      this.#upTo = upTo;
    }
    this.#use.forget(at);
    return this.#use;
  }
}

function mergedIn({ identities }: PoolState): number {
  let merged = 0;
  for (const { mergedInto } of identities.values()) if (mergedInto !== null) merged += 1;
  return merged;
}
