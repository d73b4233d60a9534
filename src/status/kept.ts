/**
 * An answer about a pool that goes over many rows: it is worked out at most once in a hundred times the time that takes, and is shown for
 * no more than a minute.
 */
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';

const keptTimes = 100;
const keptMs = { least: 1_000, most: 60_000 };

interface Kept<T> {
  until: number;
  readonly answer: Promise<T>;
}

/** Gives what asks for it. */
export function keptByPool<T>(work: (ledger: Ledger, pool: PoolId) => Promise<T>) {
  const kept = new WeakMap<Ledger, Map<PoolId, Kept<T>>>();
  return (ledger: Ledger, pool: PoolId): Promise<T> => {
    const pools = kept.get(ledger) ?? new Map<PoolId, Kept<T>>();
    kept.set(ledger, pools);
    const at = ledger.now();
    const before = pools.get(pool);
    if (before !== undefined && at < before.until && before.until <= at + keptMs.most) return before.answer;
    const one: Kept<T> = { until: at + keptMs.most, answer: work(ledger, pool) };
    pools.set(pool, one);
    one.answer.then(
      () => {
        const now = ledger.now();
        one.until = now + Math.min(keptMs.most, Math.max(keptMs.least, keptTimes * (now - at)));
      },
      // One that took its place meanwhile stays.
      () => pools.get(pool) === one && pools.delete(pool),
    );
    return one.answer;
  };
}
