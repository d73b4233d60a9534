/**
 * What was counted of the logs since somebody first asked: what identities used, and what became of turns. It follows the logs a second
 * behind them, so that no append waits for it, and so that a scrape finds everything added up.
 */
import type { Subscription } from 'rxjs';
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { otherName } from './named-identities.js';

export interface PoolCounts {
  /** Dollars by identity and mode. */
  readonly use: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly turns: ReadonlyMap<string, number>;
}

/** What each event says that became of a turn. */
const outcomes: Readonly<Record<string, string>> = {
  'turn.granted': 'granted',
  'turn.denied': 'denied',
  'turn.settled': 'settled',
  'turn.released': 'released',
  'turn.expired': 'expired',
};
export const turnOutcomes = Object.values(outcomes);

/** So many names are told apart of a pool; far more than are shown by name. */
const namesMax = 10 * limits.metricIdentitiesMax;

class Counted implements PoolCounts {
  readonly use = new Map<string, Map<string, number>>();
  readonly turns = new Map(turnOutcomes.map((outcome) => [outcome, 0]));
  /** The sums of uses, which a correction lowers; a counter waits until it is reached again. */
  readonly #sums = new Map<string, number>();
  upTo: number;

  constructor(upTo: number) {
    this.upTo = upTo;
  }

  addUse(given: string, mode: string, microUsd: number): void {
    const name = this.use.has(given) || this.use.size < namesMax ? given : otherName;
    const key = `${mode}\n${name}`;
    const sum = (this.#sums.get(key) ?? 0) + microUsd / 1e6;
    this.#sums.set(key, sum);
    const modes = this.use.get(name) ?? new Map<string, number>();
    this.use.set(name, modes);
    modes.set(mode, Math.max(modes.get(mode) ?? 0, sum));
  }
}

export class LogCounts {
  readonly #ledger: Ledger;
  readonly #pools = new Map<PoolId, Counted>();
  readonly #following: Subscription;
  #reading: Promise<void> = Promise.resolve();

  /** From where the logs are now. It ends with the ledger. */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    for (const pool of ledger.poolNames) this.#pools.set(pool, new Counted(ledger.stateAfter(pool).seq));
    this.#following = ledger.followers.grown(limits.metricsFollowMs).subscribe(() => void this.caughtUp());
  }

  of(pool: PoolId): PoolCounts {
    return this.#counted(pool);
  }

  /** Resolves when all is counted that is in the logs now, or cannot be read. */
  caughtUp(): Promise<void> {
    // A storage that does not answer now is asked again at the next note, and nothing is counted twice.
    this.#reading = this.#reading.then(() => this.#readAll()).catch(() => undefined);
    return this.#reading;
  }

  stop(): void {
    this.#following.unsubscribe();
  }

  /** All events of a pool that came later are counted. */
  #counted(pool: PoolId): Counted {
    const counted = this.#pools.get(pool) ?? new Counted(0);
    this.#pools.set(pool, counted);
    return counted;
  }

  async #readAll(): Promise<void> {
    for (const pool of this.#ledger.poolNames) {
      const counted = this.#counted(pool);
      const { seq: head } = await this.#ledger.head(pool);
      // Events that were lost were counted; what takes their places is not.
      if (head < counted.upTo) counted.upTo = head;
      while (counted.upTo < head) {
        const upTo = Math.min(head, counted.upTo + limits.pastEventsPage);
        await this.#readPage(pool, counted, upTo);
      }
    }
  }

  async #readPage(pool: PoolId, counted: Counted, upTo: number): Promise<void> {
    const after = counted.upTo;
    const [uses, turns] = await Promise.all([
      this.#ledger.useByMode(pool, after, upTo),
      this.#turnsIn(pool, after, upTo),
    ]);
    for (const { name, mode, cost } of uses) counted.addUse(name, mode, cost);
    for (const type of turns) {
      const outcome = outcomes[type] as string;
      counted.turns.set(outcome, (counted.turns.get(outcome) ?? 0) + 1);
    }
    counted.upTo = upTo;
  }

  async #turnsIn(pool: PoolId, from: number, upTo: number): Promise<string[]> {
    const found: string[] = [];
    for (let after = from; ; ) {
      const query = { after, upTo, limit: limits.pageRowsMax, types: Object.keys(outcomes) };
      const events = await this.#ledger.readStored(pool, query);
      found.push(...events.map(({ type }) => type));
      const last = events.at(-1);
      if (last === undefined || events.length < query.limit) return found;
      after = last.seq;
    }
  }
}
