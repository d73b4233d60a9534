/**
 * What a pool forgets: identities that only ever were names in reports, and windows, of which nobody has heard for 90 days.
 * The log keeps all they did. Whom a person confirmed, changed, aliased, paused, merged or retired stays.
 */
import { limits } from '../../limits.js';
import { accepted, type Context, type Decision } from '../decision.js';
import type { Draft } from '../envelope.js';
import type { Identity, PoolState, QuotaWindow } from '../state.js';

export const decideIdentitiesLapsed = (state: PoolState, { at }: Context): Decision =>
  accepted(...lapsedIdentities(state, at).map(({ name }): Draft => ({ type: 'identity.lapsed', payload: { name } })));

export const decideWindowsLapsed = (state: PoolState, { at }: Context): Decision =>
  accepted(...lapsedWindows(state, at).map(({ key }): Draft => ({ type: 'window.lapsed', payload: { window: key } })));

/** How many identities and windows are to be forgotten by then. */
export const lapsedCount = (state: PoolState, at: number): number =>
  lapsedIdentities(state, at).length + lapsedWindows(state, at).length;

function lapsedIdentities(state: PoolState, at: number): Identity[] {
  const idle = [...state.identities.values()].filter((identity) => isIdle(identity, at) && isOnlyAName(identity));
  if (idle.length === 0) return idle;
  const joined = new Set([...state.identities.values()].map(({ mergedInto }) => mergedInto));
  return idle.filter(({ key }) => !joined.has(key));
}

const isIdle = ({ lastSeen, firstSeen }: Identity, at: number): boolean =>
  at - (lastSeen ?? firstSeen) >= limits.lapseMs;

function isOnlyAName(identity: Identity): boolean {
  const { status, mergedInto, retiredAt, pause, aliases, turns, weight } = identity;
  const { model, costMultiplier, collaborativePref, colour, group, intervalSecondsMin } = identity;
  return (
    status !== 'confirmed' &&
    [mergedInto, retiredAt, pause, model, costMultiplier, collaborativePref, colour, group, intervalSecondsMin].every(
      (set) => set === null,
    ) &&
    aliases.length === 0 &&
    turns.length === 0 &&
    weight === 1
  );
}

function lapsedWindows(state: PoolState, at: number): QuotaWindow[] {
  const listed = new Set(state.fair.policy.windows.map(({ key }) => key));
  return [...state.windows.values()].filter(
    (window) => !listed.has(window.key) && at - lastHeard(window) >= limits.lapseMs,
  );
}

const lastHeard = ({ readings, exhausted }: QuotaWindow): number =>
  Math.max(readings.at(-1)?.measuredAt ?? 0, exhausted?.until ?? exhausted?.at ?? 0);
