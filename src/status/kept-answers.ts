/**
 * Answers that cost something to work out, kept for whoever asks the same: while the log has not gone on, and otherwise for a hundred
 * times the time that working it out took, but no more than a minute.
 */
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';

const keptTimes = 100;
const keptMsMax = 60_000;
/** Of each pool; whoever was asked last is the last. */
const answersMax = 32;

interface Kept<T> {
  readonly seq: number;
  /** On the clock that only goes on; until it is worked out, there is no end. */
  until: number;
  readonly answer: Promise<T>;
}

/** What is asked, as a text that no other question has, and the last event that the answer may rest on. */
export interface KeptQuestion {
  readonly key: string;
  readonly seq: number;
}

export class KeptAnswers<T> {
  readonly #pools = new WeakMap<Ledger, Map<PoolId, Map<string, Kept<T>>>>();

  answer(ledger: Ledger, pool: PoolId, { key, seq }: KeptQuestion, workOut: () => Promise<T>): Promise<T> {
    const answers = this.#of(ledger, pool);
    const { clock } = ledger;
    const begun = clock.elapsed();
    const before = answers.get(key);
    answers.delete(key);
    if (before !== undefined && (before.seq === seq || begun < before.until)) {
      answers.set(key, before);
      return before.answer;
    }
    const one: Kept<T> = { seq, until: Number.NEGATIVE_INFINITY, answer: workOut() };
    answers.set(key, one);
    one.answer.then(
      () => {
        const now = clock.elapsed();
        one.until = now + Math.min(keptMsMax, keptTimes * (now - begun));
      },
      // One that took its place meanwhile stays.
      () => answers.get(key) === one && answers.delete(key),
    );
    for (const oldest of answers.keys()) {
      if (answers.size <= answersMax) break;
      answers.delete(oldest);
    }
    return one.answer;
  }

  #of(ledger: Ledger, pool: PoolId): Map<string, Kept<T>> {
    const pools = this.#pools.get(ledger) ?? new Map<PoolId, Map<string, Kept<T>>>();
    this.#pools.set(ledger, pools);
    const answers = pools.get(pool) ?? new Map<string, Kept<T>>();
    pools.set(pool, answers);
    return answers;
  }
}
