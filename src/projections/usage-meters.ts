/**
 * `usage_meters`: the responses of models that were recorded, by each of their ids, with the figures that count for them; and series
 * of sums, with all that they have told.
 */
import { meterAfter, meterOf } from '../events/catalogue/meter.js';
import type { FoldedEvent } from '../events/envelope.js';
import type { KnownMeter } from '../events/meter.js';
import { tokenBuckets } from '../events/tokens.js';
import type { Change } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { usageMeters as kept } from './tables.js';

const [table] = kept.tables;

export const usageMeters: Projection = {
  ...kept,
  fold: (poolRef) => new MetersAccumulator(poolRef),
};

class MetersAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  #rows = new Map<string, Row>();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent): void {
    const meter = meterIn(event);
    if (meter === null) return;
    const ids = JSON.stringify(meter.ids);
    for (const id of meter.ids) {
      this.#rows.set(id, [
        this.#poolRef.pool,
        id,
        meter.use,
        ids,
        meter.rank,
        meter.sidechain ? 1 : 0,
        meter.saysSpeed ? 1 : 0,
        ...tokenBuckets.map((bucket) => meter.tokens[bucket] ?? null),
        meter.costMicroUsd,
        meter.costSource,
        meter.fairCostMicroUsd,
        event.seq,
      ]);
    }
  }

  take(): Change[] {
    if (this.#rows.size === 0) return [];
    const rows = Rows.of(this.#rows.values());
    this.#rows = new Map();
    return [{ op: 'upsert', table: table.name, rows }];
  }
}

function meterIn(event: FoldedEvent): KnownMeter | null {
  if (event.type === 'usage.recorded') return meterOf(event.id, event.payload);
  if (event.type !== 'usage.corrected' || event.payload.meter === undefined) return null;
  return meterAfter(event.payload.corrects, event.payload.meter);
}
