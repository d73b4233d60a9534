/** What readings change: the newest figures of each window, as they were read. */
import { limits } from '../../limits.js';
import { accountOf, noteAccount } from '../accounts.js';
import type { FoldedOf } from '../envelope.js';
import type { PoolState, QuotaWindow } from '../state.js';

export function quotaRead(state: PoolState, event: FoldedOf<'quota.read'>): void {
  const { payload, occurred_at: measuredAt } = event;
  const account = accountOf(payload);
  noteAccount(state, event);
  for (const read of payload.windows) {
    const window = windowOf(state, read.key);
    const { verdict = 'taken' } = read;
    window.readings.push({
      event: event.id,
      percentBp: read.percent_bp,
      resetsAt: read.resets_at ?? null,
      measuredAt,
      source: payload.source,
      confidence: payload.confidence,
      suspect: read.suspect === true,
      account,
      cost: state.fair.windows.get(read.key)?.cost ?? 0,
      verdict,
    });
    window.readings.sort((a, b) => a.measuredAt - b.measuredAt);
    keepNewest(window, account);
    if (verdict === 'other_account') continue;
    window.label = read.label ?? window.label;
    window.durationS = read.duration_s ?? window.durationS;
    window.scope = read.scope ?? window.scope;
    if (window.readings.findLast((reading) => reading.account === account)?.event !== event.id) continue;
    window.active = read.active ?? true;
    if (verdict === 'taken' && read.percent_bp < 10_000) window.exhausted = null;
  }
}

function keepNewest(window: QuotaWindow, account: string): void {
  const own = window.readings.filter((reading) => reading.account === account);
  if (own.length <= limits.readingsKept) return;
  const surplus = new Set(own.slice(0, -limits.readingsKept));
  window.readings = window.readings.filter((reading) => !surplus.has(reading));
}

export function quotaRejected(state: PoolState, event: FoldedOf<'quota.rejected'>): void {
  const { corrects } = event.payload;
  for (const window of state.windows.values()) {
    window.readings = window.readings.filter((reading) => reading.event !== corrects);
  }
  if (state.referenced.readings.has(corrects)) state.referenced.readings.set(corrects, { rejected: true });
}

export function windowOf(state: PoolState, key: string): QuotaWindow {
  let window = state.windows.get(key);
  if (window === undefined) {
    window = {
      key,
      label: null,
      durationS: null,
      scope: null,
      active: true,
      readings: [],
      exhausted: null,
    };
    state.windows.set(key, window);
  }
  return window;
}
