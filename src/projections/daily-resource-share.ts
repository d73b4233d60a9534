/** `daily_resource_share`: what each identity used on each day of the pool's time zone, by the time it happened. */
import { tokensTotal } from '../events/catalogue/usage.js';
import { dateIn, isoText } from '../events/days.js';
import type { FoldedEvent } from '../events/envelope.js';
import { dayCorrected } from '../events/evolve/usage.js';
import type { EpochMs } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { type TokenBucket, tokenBuckets } from '../events/tokens.js';
import { type Change, rowId } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { dailyResourceShare as kept } from './tables.js';

const [table] = kept.tables;

export const dailyResourceShare: Projection = {
  ...kept,
  fold: (poolRef) => new DailyAccumulator(poolRef),
};

/** A row while its batch is folded. */
interface Day {
  readonly id: number;
  readonly name: string;
  readonly date: string;
  readonly tokens: [number, number];
  readonly cost: [number, number];
  /** By mode, as `tokens` and `cost` are. */
  readonly buckets: [Record<TokenBucket, number>, Record<TokenBucket, number>];
  unpriced: number;
  reports: number;
  corrections: number;
  late: number;
  closedAt: string | null;
  updatedAt: EpochMs;
}

interface Use {
  readonly name: string;
  readonly mode: string;
  readonly date: string;
  readonly tokens: { readonly [bucket in TokenBucket]?: number | undefined } | undefined;
  readonly totalTokens: number;
  readonly costMicroUsd: number;
  readonly unpricedTokens: number;
}

class DailyAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  #changes: Change[] = [];
  #days: Day[] = [];
  /** The same by date, then name: a key of both would be put together and hashed for every event. */
  #byDate = new Map<string, Map<string, Day>>();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent, state: PoolState): void {
    switch (event.type) {
      case 'usage.recorded': {
        const { payload } = event;
        const totalTokens = tokensTotal(payload.tokens) + (payload.legacy_tokens ?? 0);
        const day = this.#count(event, state, {
          name: payload.name,
          mode: payload.mode,
          date: dateIn(state.timeZone, event.occurred_at),
          tokens: payload.tokens,
          totalTokens,
          costMicroUsd: payload.cost_micro_usd ?? 0,
          unpricedTokens: payload.cost_source === 'unpriced' ? totalTokens : 0,
        });
        day.reports += 1;
        return;
      }
      case 'usage.corrected': {
        const {
          difference,
          name,
          mode,
          total_tokens: totalTokens,
          unpriced_tokens: unpricedTokens = 0,
        } = event.payload;
        const day = this.#count(event, state, {
          name,
          mode,
          date: dayCorrected(state, event.payload),
          tokens: difference.tokens,
          totalTokens: totalTokens + (difference.legacy_tokens ?? 0),
          costMicroUsd: difference.cost_micro_usd ?? 0,
          unpricedTokens,
        });
        day.corrections += 1;
        return;
      }
      case 'identity.merged': {
        const { from, into } = event.payload;
        this.#flush();
        this.#changes.push({ op: 'move', table: table.name, pool: this.#poolRef.pool, from, into });
        return;
      }
      case 'day.closed':
        this.#flush();
        this.#changes.push({
          op: 'update',
          table: table.name,
          set: { closed_at: isoText(event.recorded_at), late_reports: 0 },
          where: { pool: this.#poolRef.pool, date: event.payload.date },
        });
        return;
    }
  }

  take(): Change[] {
    this.#flush();
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #count(event: FoldedEvent, state: PoolState, use: Use): Day {
    const day = this.#day(event, state, use);
    const mode = use.mode === 'autonomy' ? 0 : 1;
    day.tokens[mode] += use.totalTokens;
    day.cost[mode] += use.costMicroUsd;
    if (use.tokens !== undefined) addTokens(day.buckets[mode], use.tokens);
    day.unpriced += use.unpricedTokens;
    if (day.closedAt !== null) day.late += 1;
    // After a correction of the clock an event may be recorded before the one before it.
    if (event.recorded_at > day.updatedAt) day.updatedAt = event.recorded_at;
    return day;
  }

  #day(event: FoldedEvent, state: PoolState, use: Use): Day {
    const { date } = use;
    let ofDate = this.#byDate.get(date);
    if (ofDate === undefined) {
      ofDate = new Map();
      this.#byDate.set(date, ofDate);
    }
    let day = ofDate.get(use.name);
    if (day === undefined) {
      const closed = state.closedDays.get(date);
      day = {
        id: rowId(this.#poolRef.number, event.seq),
        name: use.name,
        date,
        tokens: [0, 0],
        cost: [0, 0],
        buckets: [noTokens(), noTokens()],
        unpriced: 0,
        reports: 0,
        corrections: 0,
        late: 0,
        closedAt: closed === undefined ? null : isoText(closed.closedAt),
        updatedAt: event.recorded_at,
      };
      ofDate.set(use.name, day);
      this.#days.push(day);
    }
    return day;
  }

  #flush(): void {
    if (this.#days.length === 0) return;
    const rows = new Rows();
    for (const day of this.#days) rows.add(rowOf(this.#poolRef.pool, day));
    this.#changes.push({ op: 'upsert', table: table.name, rows });
    this.#days = [];
    this.#byDate = new Map();
  }
}

const noTokens = (): Record<TokenBucket, number> => ({
  input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
  reasoning: 0,
});

/** One by one: to look a bucket up by a name that is a value takes several times as long. */
function addTokens(sums: Record<TokenBucket, number>, tokens: NonNullable<Use['tokens']>): void {
  sums.input += tokens.input ?? 0;
  sums.cache_read += tokens.cache_read ?? 0;
  sums.cache_write_5m += tokens.cache_write_5m ?? 0;
  sums.cache_write_1h += tokens.cache_write_1h ?? 0;
  sums.output += tokens.output ?? 0;
  sums.reasoning += tokens.reasoning ?? 0;
}

function rowOf(pool: string, day: Day): Row {
  return [
    day.id,
    day.name,
    day.date,
    day.tokens[0],
    day.tokens[1],
    day.tokens[0] + day.tokens[1],
    isoText(day.updatedAt),
    day.cost[0],
    day.cost[1],
    day.cost[0] + day.cost[1],
    ...day.buckets.flatMap((tokens) => tokenBuckets.map((bucket) => tokens[bucket])),
    day.unpriced,
    day.reports,
    day.corrections,
    day.late,
    day.closedAt,
    pool,
  ];
}
