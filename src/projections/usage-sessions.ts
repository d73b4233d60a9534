/** `usage_sessions`: the last absolute counters of each session, which the next report of it is compared with. */
import { isoText } from '../events/days.js';
import type { FoldedEvent } from '../events/envelope.js';
import { foldName } from '../events/scalars.js';
import type { Change } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { usageSessions as kept } from './tables.js';

const [table] = kept.tables;

export const usageSessions: Projection = {
  ...kept,
  fold: (poolRef) => new SessionsAccumulator(poolRef),
};

class SessionsAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  #rows = new Map<string, Row>();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent): void {
    if (event.type !== 'usage.recorded') return;
    const { counter, session, name } = event.payload;
    if (counter === undefined || session === undefined) return;
    const owner = foldName(counter.owner ?? name);
    this.#rows.set(`${owner}\u0000${session}`, [
      this.#poolRef.pool,
      owner,
      session,
      counter.cost_micro_usd ?? null,
      counter.tokens ?? null,
      event.seq,
      isoText(event.recorded_at),
    ]);
  }

  take(): Change[] {
    if (this.#rows.size === 0) return [];
    const rows = Rows.of(this.#rows.values());
    this.#rows = new Map();
    return [{ op: 'upsert', table: table.name, rows }];
  }
}
