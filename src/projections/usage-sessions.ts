/**
 * `usage_sessions`: the last absolute counters of each session, which the next report of it is compared with. Where whoever reports is
 * no part of it (the running total of a client, whoever tells of it), the owner is empty.
 */
import { isoText } from '../events/days.js';
import type { FoldedEvent } from '../events/envelope.js';
import { sharedOwner } from '../events/referenced.js';
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

interface Counters {
  readonly cost_micro_usd?: number | undefined;
  readonly tokens?: number | undefined;
}

class SessionsAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  #rows = new Map<string, Row>();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent): void {
    if (event.type === 'session.measured') {
      return this.#set(event, sharedOwner, event.payload.session, event.payload);
    }
    if (event.type !== 'usage.recorded') return;
    const { counter, session, name, meter } = event.payload;
    if (counter === undefined || session === undefined) return;
    const isShared = meter?.rule === 'running-total';
    this.#set(event, isShared ? sharedOwner : foldName(counter.owner ?? name), session, counter);
  }

  #set(event: FoldedEvent, owner: string, session: string, { cost_micro_usd: cost, tokens }: Counters): void {
    this.#rows.set(`${owner}\u0000${session}`, [
      this.#poolRef.pool,
      owner,
      session,
      cost ?? null,
      tokens ?? null,
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
