/** Since when events wait for a signed checkpoint, and sinks take none: noticed by looking again and again. */
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Operation, OperationSources } from './operation.js';

/** What it needs of who signs. */
export interface Signing {
  /** By pool: how many events the newest checkpoint of this process is of. */
  readonly sizes: ReadonlyMap<PoolId, number>;
  readonly rewritten: readonly { readonly pool: PoolId; readonly text: string }[];
  /** By sink, why it took nothing. */
  readonly away: ReadonlyMap<string, string>;
}

export function watchCheckpoints(
  signing: Signing,
  ledger: Pick<Ledger, 'now' | 'poolNames' | 'state'>,
  everyMs: number,
): NonNullable<OperationSources['checkpoints']> {
  const waiting = new Map<PoolId, { readonly seq: number; readonly since: number }>();
  const awaySince = new Map<string, number>();

  const waitsSince = (pool: PoolId): number | null => {
    const { seq } = ledger.state(pool);
    const size = signing.sizes.get(pool) ?? 0;
    const before = waiting.get(pool);
    if (before !== undefined && size < before.seq) return before.since;
    waiting.delete(pool);
    if (seq <= size) return null;
    const since = ledger.now();
    waiting.set(pool, { seq, since });
    return since;
  };

  return (): NonNullable<Operation['checkpoints']> => {
    for (const sink of awaySince.keys()) if (!signing.away.has(sink)) awaySince.delete(sink);
    const away = [...signing.away].map(([sink, reason]) => {
      const since = awaySince.get(sink) ?? ledger.now();
      awaySince.set(sink, since);
      return { sink, since, reason };
    });
    const logs = ledger.poolNames.map((pool) => ({
      pool,
      waitsSince: waitsSince(pool),
      rewritten: signing.rewritten.find((one) => one.pool === pool)?.text ?? null,
    }));
    return { everyMs, logs, away };
  };
}
