/** `claude_identities`: who takes part now; and `claude_identity_history`: every change of it. */
import { canonicalJson } from '../events/canonical.js';
import { costMultiplierOf } from '../events/catalogue/identity.js';
import { isoText } from '../events/days.js';
import type { FoldedEvent } from '../events/envelope.js';
import { foldName } from '../events/scalars.js';
import type { Identity, PoolState } from '../events/state.js';
import { type Change, rowId } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { claudeIdentities as kept } from './tables.js';

const [current, history] = kept.tables;

export const claudeIdentities: Projection = {
  ...kept,
  fold: (poolRef) => new IdentitiesAccumulator(poolRef),
};

class IdentitiesAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  #history = new Rows();
  /** Identities whose row changes, with the name of the one they are merged into; rows are made at the end of the batch. */
  #touched = new Map<Identity, string | null>();

  /** Names of those that left the pool; whoever comes back afterwards is touched again. */
  #forgotten = new Set<string>();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent, state: PoolState): void {
    switch (event.type) {
      case 'usage.recorded':
        this.#touch(state, event.payload.name);
        return;
      case 'identity.merged':
        this.#touch(state, event.payload.from);
        this.#touch(state, event.payload.into);
        this.#remember(event, event.payload.from);
        return;
      case 'identity.registered':
      case 'identity.changed':
      case 'identity.aliased':
      case 'identity.retired':
      case 'identity.reinstated':
      case 'agent.paused':
      case 'agent.resumed':
        this.#touch(state, event.payload.name);
        this.#remember(event, event.payload.name);
        return;
      case 'identity.lapsed':
        this.#forget(event.payload.name);
        this.#remember(event, event.payload.name);
        return;
      case 'clock.corrected':
        for (const { name } of state.identities.values()) this.#touch(state, name);
        return;
    }
  }

  take(): Change[] {
    const changes: Change[] = [];
    const rows = new Rows();
    for (const [identity, mergedInto] of this.#touched) rows.add(rowOf(this.#poolRef.pool, identity, mergedInto));
    for (const name of this.#forgotten) {
      changes.push({ op: 'delete', table: current.name, where: { pool: this.#poolRef.pool, name } });
    }
    if (rows.count > 0) changes.push({ op: 'upsert', table: current.name, rows });
    if (this.#history.count > 0) changes.push({ op: 'insert', table: history.name, rows: this.#history });
    this.#touched = new Map();
    this.#forgotten = new Set();
    this.#history = new Rows();
    return changes;
  }

  #touch(state: PoolState, name: string): void {
    const identity = state.identities.get(foldName(name));
    if (identity === undefined) return;
    const into = identity.mergedInto === null ? undefined : state.identities.get(identity.mergedInto);
    this.#touched.set(identity, into?.name ?? null);
  }

  #forget(name: string): void {
    for (const identity of this.#touched.keys()) if (identity.name === name) this.#touched.delete(identity);
    this.#forgotten.add(name);
  }

  #remember(event: FoldedEvent, name: string): void {
    this.#history.add([
      rowId(this.#poolRef.number, event.seq),
      this.#poolRef.pool,
      event.seq,
      name,
      isoText(event.recorded_at),
      event.type,
      canonicalJson(event.payload),
      event.occurred_at,
      event.recorded_at,
    ]);
  }
}

function rowOf(pool: string, identity: Identity, mergedInto: string | null): Row {
  const { pause } = identity;
  return [
    pool,
    identity.name,
    identity.model,
    costMultiplierOf(identity.costMultiplier, identity.model),
    identity.collaborativePref,
    identity.retiredAt === null && identity.mergedInto === null ? 1 : 0,
    identity.ipAddress,
    pause === null || pause.until === null ? null : isoText(pause.until),
    pause === null ? 0 : 1,
    identity.weight,
    JSON.stringify(identity.aliases),
    identity.colour,
    identity.status,
    mergedInto,
    isoText(identity.firstSeen),
    identity.lastSeen === null ? null : isoText(identity.lastSeen),
  ];
}
