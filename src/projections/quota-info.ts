/**
 * `quota_info`: the readings in the shape of the original (one row each, percent of three windows); and
 * `quota_windows`: one row per reading and window, for every window a provider reports. A rejected reading has no row.
 */
import { originalWindows, type WindowReading } from '../events/catalogue/quota.js';
import { isoText } from '../events/days.js';
import type { FoldedEvent, FoldedOf } from '../events/envelope.js';
import { type Change, rowId } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { quotaInfo as kept } from './tables.js';

const [info, windows] = kept.tables;

export const quotaInfo: Projection = {
  ...kept,
  fold: (poolRef) => new QuotaAccumulator(poolRef),
};

class QuotaAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  #changes: Change[] = [];
  #info = new Rows();
  #windows = new Rows();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent): void {
    if (event.type === 'quota.read') {
      this.#info.add(this.#infoRow(event));
      for (const window of event.payload.windows) this.#windows.add(this.#windowRow(event, window));
    } else if (event.type === 'quota.rejected') {
      this.#flush();
      const where = { pool: this.#poolRef.pool, event_id: event.payload.corrects };
      this.#changes.push({ op: 'delete', table: info.name, where }, { op: 'delete', table: windows.name, where });
    }
  }

  take(): Change[] {
    this.#flush();
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #flush(): void {
    if (this.#info.count === 0) return;
    this.#changes.push({ op: 'insert', table: info.name, rows: this.#info });
    this.#changes.push({ op: 'insert', table: windows.name, rows: this.#windows });
    this.#info = new Rows();
    this.#windows = new Rows();
  }

  /** `stale`: the reading was old, or overtaken by a newer one, when it arrived. */
  #infoRow(event: FoldedOf<'quota.read'>): Row {
    const { payload } = event;
    const byKey = new Map(payload.windows.map((window) => [window.key, window]));
    const percent = (key: string) => {
      const window = byKey.get(key);
      return window === undefined ? null : window.percent_bp / 100;
    };
    const reset = (key: string) => {
      const at = byKey.get(key)?.resets_at;
      return at === undefined ? null : isoText(at);
    };
    return [
      rowId(this.#poolRef.number, event.seq),
      this.#poolRef.pool,
      event.seq,
      event.id,
      isoText(event.occurred_at),
      ...originalWindows.map(percent),
      reset('session_5hour'),
      reset('week_all') ?? reset('week_sonnet'),
      payload.account ?? null,
      payload.source,
      payload.confidence,
      payload.late === true ? 1 : 0,
      event.occurred_at,
      event.recorded_at,
    ];
  }

  #windowRow(event: FoldedOf<'quota.read'>, window: WindowReading): Row {
    return [
      this.#poolRef.pool,
      event.seq,
      window.key,
      event.id,
      isoText(event.occurred_at),
      window.label ?? null,
      window.percent_bp,
      window.resets_at === undefined ? null : isoText(window.resets_at),
      window.duration_s ?? null,
      window.scope ?? null,
      window.active === false ? 0 : 1,
      event.payload.source,
      event.payload.confidence,
      window.suspect === true ? 1 : 0,
      event.occurred_at,
      event.recorded_at,
    ];
  }
}
