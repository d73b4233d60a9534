/** `resource_share_increments`: one row per recorded use, and one per correction, with the difference. */
import { costMultiplierOf } from '../events/catalogue/identity.js';
import { tokensTotal } from '../events/catalogue/usage.js';
import { isoText } from '../events/days.js';
import type { FoldedEvent, FoldedOf } from '../events/envelope.js';
import { findIdentity } from '../events/identities.js';
import type { PoolState } from '../events/state.js';
import { type Change, rowId } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { resourceShareIncrements as kept } from './tables.js';

const [table] = kept.tables;

export const resourceShareIncrements: Projection = {
  ...kept,
  fold: (poolRef) => new IncrementsAccumulator(poolRef),
};

class IncrementsAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  #changes: Change[] = [];
  #rows = new Rows();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent, state: PoolState): void {
    if (event.type === 'usage.recorded') {
      const total = tokensTotal(event.payload.tokens) + (event.payload.legacy_tokens ?? 0);
      this.#rows.add(this.#row(event, state, event.payload, event.occurred_at, total));
    } else if (event.type === 'usage.corrected') {
      const { payload } = event;
      const total = payload.total_tokens + (payload.difference.legacy_tokens ?? 0);
      const use = { ...payload.difference, name: payload.name, mode: payload.mode, corrects: payload.corrects };
      this.#rows.add(this.#row(event, state, use, payload.occurred_at, total));
    } else if (event.type === 'identity.merged') {
      const { from, into } = event.payload;
      const { pool } = this.#poolRef;
      this.#flush();
      this.#changes.push({
        op: 'update',
        table: table.name,
        set: { claude_name: into },
        where: { pool, claude_name: from },
      });
    }
  }

  take(): Change[] {
    this.#flush();
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #flush(): void {
    if (this.#rows.count > 0) this.#changes.push({ op: 'insert', table: table.name, rows: this.#rows });
    this.#rows = new Rows();
  }

  #row(event: FoldedEvent, state: PoolState, use: Use, occurredAt: number, totalTokens: number): Row {
    const { tokens, legacy_tokens: legacy = null, cost_micro_usd: cost = null } = use;
    const identity = findIdentity(state, use.name);
    const multiplier = costMultiplierOf(identity?.costMultiplier ?? null, identity?.model ?? null);
    /** The older form of the original wire: tokens without a cost of their own. */
    const older = legacy !== null && use.cost_source !== 'reported';
    return [
      rowId(this.#poolRef.number, event.seq),
      this.#poolRef.pool,
      event.seq,
      event.id,
      use.name,
      isoText(occurredAt),
      use.mode,
      legacy ?? tokens?.cache_read ?? 0,
      use.context_percentage ?? null,
      older ? legacy * multiplier : (cost ?? 0) / 1_000,
      use.issued_interval_s ?? use.imported?.recommended_interval_s ?? null,
      older || cost === null ? null : cost / 1e6,
      cost === null ? null : cost / 1_000 / multiplier,
      use.model ?? identity?.model ?? null,
      use.session ?? null,
      use.project ?? null,
      tokens?.input ?? null,
      tokens?.cache_read ?? null,
      tokens?.cache_write_5m ?? null,
      tokens?.cache_write_1h ?? null,
      tokens?.output ?? null,
      tokens?.reasoning ?? null,
      legacy,
      totalTokens,
      cost,
      use.cost_source ?? 'corrected',
      event.source,
      use.corrects ?? null,
      occurredAt,
      event.recorded_at,
    ];
  }
}

type Amounts = FoldedOf<'usage.corrected'>['payload']['difference'];
type Use = Amounts & { readonly name: string; readonly mode: string; readonly corrects?: string } & Partial<
    Pick<
      FoldedOf<'usage.recorded'>['payload'],
      'context_percentage' | 'imported' | 'issued_interval_s' | 'model' | 'session' | 'project' | 'cost_source'
    >
  >;
