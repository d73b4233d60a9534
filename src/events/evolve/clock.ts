/** What a correction of the clock changes: what was stamped by a clock that was ahead counts as so much earlier. */
import type { FoldedOf } from '../envelope.js';
import type { EpochMs } from '../scalars.js';
import type { Identity, PoolState, QuotaWindow } from '../state.js';
import { firstDue } from './turn.js';

export function clockCorrected(state: PoolState, event: FoldedOf<'clock.corrected'>): void {
  const { from, to } = event.payload;
  if (from <= to) return;
  const aheadMs = from - to;
  const moved = (at: EpochMs): EpochMs => (at > to ? (Math.max(0, at - aheadMs) as EpochMs) : at);
  for (const identity of state.identities.values()) moveIdentity(state, identity, moved, (at) => at > to);
  for (const window of state.windows.values()) moveWindow(window, moved);
  for (const turn of state.turns.values()) {
    const heldFrom = turn.expiresAt - turn.ttl * 1_000;
    state.turns.set(turn.id, {
      ...turn,
      grantedAt: moved(turn.grantedAt),
      expiresAt: heldFrom > to ? ((turn.expiresAt - aheadMs) as EpochMs) : turn.expiresAt,
    });
  }
  state.turnsDueAt = firstDue(state);
  state.allocatedAt = moved(state.allocatedAt);
  const { maintenance } = state;
  if (maintenance !== null && maintenance.since > to) {
    const until = (maintenance.until - aheadMs) as EpochMs;
    state.maintenance = { ...maintenance, since: moved(maintenance.since), until };
  }
}

type Move = (at: EpochMs) => EpochMs;

const movedOrNull = (moved: Move, at: EpochMs | null): EpochMs | null => (at === null ? null : moved(at));

function moveIdentity(state: PoolState, identity: Identity, moved: Move, isWrong: (at: EpochMs) => boolean): void {
  identity.lastSeen = movedOrNull(moved, identity.lastSeen);
  identity.retiredAt = movedOrNull(moved, identity.retiredAt);
  for (const instance of identity.instances) instance.lastSeen = moved(instance.lastSeen);
  if (identity.choice !== null) identity.choice = { ...identity.choice, at: moved(identity.choice.at) };
  const { pause } = identity;
  if (pause === null || !isWrong(pause.at)) return;
  // It lasts as long as it was to last when it was asked for.
  const until = movedOrNull(moved, pause.until);
  identity.pause = { ...pause, until, at: moved(pause.at) };
  const member = state.fair.members.get(identity.key);
  if (member !== undefined && until !== null) member.pausedUntil = until;
}

function moveWindow(window: QuotaWindow, moved: Move): void {
  window.readings = window.readings.map((reading) => ({ ...reading, measuredAt: moved(reading.measuredAt) }));
  window.readings.sort((a, b) => a.measuredAt - b.measuredAt);
  if (window.exhausted !== null && moved(window.exhausted.at) !== window.exhausted.at) window.exhausted = null;
}
