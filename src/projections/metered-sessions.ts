/**
 * `metered_sessions`: how closely each session was told of (`detail`: 1 by its running total, 2 by sums, 3 response by response).
 * `stopgap_uses`: what was recorded of it less closely than that, and counts until it is told of more closely.
 */
import { isResponse, meteredSessionOf, ruleOf } from '../events/catalogue/meter.js';
import type { FoldedEvent } from '../events/envelope.js';
import { detailOf, type MeterRule } from '../events/meter.js';
import type { Change } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { meteredSessions as kept } from './tables.js';

const [sessions, stopgaps] = kept.tables;

export const meteredSessions: Projection = {
  ...kept,
  fold: (poolRef) => new MeteredSessionsAccumulator(poolRef),
};

class MeteredSessionsAccumulator implements Accumulator {
  readonly #pool: string;
  /** By session. */
  #sessions = new Map<string, { detail: number; seq: number }>();
  #stopgaps: Row[] = [];

  constructor({ pool }: PoolRef) {
    this.#pool = pool;
  }

  add(event: FoldedEvent): void {
    if (event.type === 'usage.corrected') {
      const session = event.payload.meter?.session;
      if (session !== undefined) this.#note(session, 'response', event.seq);
      return;
    }
    if (event.type !== 'usage.recorded') return;
    const { meter } = event.payload;
    if (meter === undefined) return;
    const session = meteredSessionOf(event.payload);
    const rule = ruleOf(meter);
    this.#note(session, rule, event.seq);
    if (isResponse(meter)) return;
    const { fair_cost_micro_usd: fairCost = null } = event.payload;
    this.#stopgaps.push([this.#pool, session, event.id, detailOf(rule), fairCost, event.seq]);
  }

  take(): Change[] {
    const changes: Change[] = [];
    if (this.#sessions.size > 0) {
      const rows = Rows.of([...this.#sessions].map(([session, { detail, seq }]) => [this.#pool, session, detail, seq]));
      changes.push({ op: 'upsert', table: sessions.name, rows });
      this.#sessions = new Map();
    }
    if (this.#stopgaps.length > 0) {
      changes.push({ op: 'insert', table: stopgaps.name, rows: Rows.of(this.#stopgaps) });
      this.#stopgaps = [];
    }
    return changes;
  }

  #note(session: string, rule: MeterRule, seq: number): void {
    const known = this.#sessions.get(session);
    const detail = Math.max(known?.detail ?? 0, detailOf(rule));
    this.#sessions.set(session, { detail, seq });
  }
}
