/** What recorded and corrected use changes: last seen, counters, and the totals of a day being closed. */
import { limits } from '../../limits.js';
import type { DayTotal } from '../catalogue/day.js';
import { isResponse, meterAfter, meteredSessionOf, meterOf, ruleOf } from '../catalogue/meter.js';
import { correctedTokens, tokensTotal, type UsageCorrected, type UsageRecorded } from '../catalogue/usage.js';
import { dateIn } from '../days.js';
import type { FoldedOf } from '../envelope.js';
import { findOwner, knownIdentity } from '../identities.js';
import { isCloser, type KnownMeter, type MeteredSession, type MeterRule } from '../meter.js';
import { sessionKey, sharedOwner } from '../referenced.js';
import { type EpochMs, foldName, type IdentityName } from '../scalars.js';
import type { Identity, PoolState } from '../state.js';

export function usageRecorded(state: PoolState, event: FoldedOf<'usage.recorded'>): void {
  const { payload, recorded_at: at } = event;
  const identity = knownIdentity(state, payload.name);
  if (payload.imported === undefined) {
    identity.lastSeen = at;
    if (payload.issued_interval_s !== undefined) identity.lastInterval = payload.issued_interval_s;
  } else noteSeenBefore(identity, event.occurred_at, payload.imported.recommended_interval_s);
  noteInstance(identity, payload.instance, at);
  noteCounters(state, identity, payload);
  noteMeter(state, event);
  noteMetered(state, event);
  if (state.referenced.days.size === 0) return;
  const total = tokensTotal(payload.tokens) + (payload.legacy_tokens ?? 0);
  noteDay(state, identity, payload.mode, dateIn(state.timeZone, event.occurred_at), total, payload.cost_micro_usd ?? 0);
}

/** History counts for when somebody was last seen where nothing later is known. */
function noteSeenBefore(identity: Identity, at: EpochMs, interval: number | undefined): void {
  if (identity.lastSeen !== null && identity.lastSeen > at) return;
  identity.lastSeen = at;
  if (interval !== undefined) identity.lastInterval = interval;
}

export function usageCorrected(state: PoolState, event: FoldedOf<'usage.corrected'>): void {
  const { corrects, difference, mode, total_tokens: totalTokens } = event.payload;
  const identity = knownIdentity(state, event.payload.name);
  const cost = difference.cost_micro_usd ?? 0;
  noteDay(
    state,
    identity,
    mode,
    dayCorrected(state, event.payload),
    totalTokens + (difference.legacy_tokens ?? 0),
    cost,
  );
  const { meter } = event.payload;
  if (meter !== undefined) keepMeter(state, meterAfter(corrects, meter));
  if (meter?.session !== undefined) noteRule(state, meter.session, 'response');
  const fact = state.referenced.usages.get(corrects);
  if (fact === undefined) return;
  state.referenced.usages.set(corrects, {
    ...fact,
    net: {
      tokens: correctedTokens(fact.net.tokens, difference),
      costMicroUsd: fact.net.costMicroUsd + cost,
      legacyTokens: fact.net.legacyTokens + (difference.legacy_tokens ?? 0),
    },
  });
}

export function sessionMeasured(state: PoolState, { payload }: FoldedOf<'session.measured'>): void {
  const { session, cost_micro_usd: costMicroUsd } = payload;
  state.referenced.sessions.set(sessionKey(sharedOwner, session), { costMicroUsd, tokens: null });
}

function noteCounters(state: PoolState, identity: Identity, payload: UsageRecorded): void {
  const { counter, session, meter } = payload;
  if (counter === undefined || session === undefined) return;
  const owner = meter?.rule === 'running-total' ? sharedOwner : counterOwner(state, identity, counter.owner);
  state.referenced.sessions.set(sessionKey(owner, session), {
    costMicroUsd: counter.cost_micro_usd ?? null,
    tokens: counter.tokens ?? null,
  });
}

const counterOwner = (state: PoolState, identity: Identity, owner: string | undefined): string =>
  owner === undefined ? identity.key : (findOwner(state, owner)?.key ?? foldName(owner));

/** Where its response was looked up, the next report of it in the same batch finds it. */
function noteMeter(state: PoolState, event: FoldedOf<'usage.recorded'>): void {
  const meter = meterOf(event.id, event.payload);
  if (meter !== null && keepMeter(state, meter)) noteUse(state, event);
}

/** Where its session was looked up, the next report of it in the same batch finds how it was told of. */
function noteMetered(state: PoolState, event: FoldedOf<'usage.recorded'>): void {
  const { meter } = event.payload;
  if (meter === undefined) return;
  const session = meteredSessionOf(event.payload);
  const metered = noteRule(state, session, ruleOf(meter));
  if (metered === null || isResponse(meter) || metered.rule !== meter.rule) return;
  const stopgap = { use: event.id, fairCostMicroUsd: event.payload.fair_cost_micro_usd ?? null };
  const stopgaps = [...metered.stopgaps, stopgap];
  state.referenced.metered.set(session, { rule: meter.rule, stopgaps });
  noteUse(state, event);
}

/** Null where the session was not looked up. */
function noteRule({ referenced: { metered } }: PoolState, session: string, rule: MeterRule): MeteredSession | null {
  const known = metered.get(session);
  if (known === undefined) return null;
  if (!isCloser(rule, known.rule)) return known;
  const closer = { rule, stopgaps: [] };
  metered.set(session, closer);
  return closer;
}

/** So that a correction of it is possible in the same batch. */
function noteUse(state: PoolState, { id, occurred_at: occurredAt, payload }: FoldedOf<'usage.recorded'>): void {
  const { tokens = {}, name, mode, cost_micro_usd: cost, legacy_tokens: legacyTokens = 0 } = payload;
  const counted = Object.entries(tokens).filter(([, count]) => count !== undefined);
  const net = { costMicroUsd: cost ?? 0, legacyTokens, tokens: Object.fromEntries(counted) };
  state.referenced.usages.set(id, { name, mode, occurredAt, timeZone: state.timeZone, net });
}

/** Only what was looked up is kept: a fold of the whole log looks nothing up. */
function keepMeter({ referenced: { meters } }: PoolState, meter: KnownMeter): boolean {
  if (!meter.ids.some((id) => meters.has(id))) return false;
  for (const id of meter.ids) meters.set(id, meter);
  return true;
}

/** A correction counts on the day its use was counted on, whatever zone the pool has now. */
export const dayCorrected = (state: PoolState, { date, occurred_at: at }: UsageCorrected): string =>
  date ?? dateIn(state.timeZone, at);

/** Keeps the looked-up totals of a day true while more events of the same batch fall on it. */
function noteDay(
  state: PoolState,
  identity: Identity,
  mode: DayTotal['mode'],
  date: string,
  tokens: number,
  costMicroUsd: number,
): void {
  const totals = state.referenced.days.get(date);
  if (totals === undefined) return;
  const { name } = identity;
  const at = totals.findIndex((total) => total.name === name && total.mode === mode);
  const before = totals[at] ?? { name, mode, tokens: 0, cost_micro_usd: 0 };
  const after = { ...before, tokens: before.tokens + tokens, cost_micro_usd: before.cost_micro_usd + costMicroUsd };
  if (at >= 0) totals[at] = after;
  else totals.push(after);
}

function noteInstance(identity: Identity, instance: UsageRecorded['instance'], at: EpochMs): void {
  const host = instance?.host ?? instance?.ip;
  if (host === undefined) return;
  if (instance?.ip !== undefined) identity.ipAddress = instance.ip;
  const pid = instance?.pid ?? null;
  const last = identity.instances.at(-1);
  if (last !== undefined && last.host === host && last.pid === pid) {
    last.lastSeen = at;
    return;
  }
  identity.instances = identity.instances.filter((other) => other.host !== host || other.pid !== pid);
  identity.instances.push({ host, pid, lastSeen: at });
  if (identity.instances.length > limits.instancesKept) identity.instances.shift();
}

/** After a merge, what the looked-up days hold for one name counts for the other. */
export function moveDays(state: PoolState, from: IdentityName, into: IdentityName): void {
  for (const [date, totals] of state.referenced.days) {
    const moved = new Map<string, DayTotal>();
    for (const total of totals) {
      const name = total.name === from ? into : total.name;
      const met = moved.get(`${total.mode}${name}`);
      moved.set(`${total.mode}${name}`, {
        ...total,
        name,
        tokens: total.tokens + (met?.tokens ?? 0),
        cost_micro_usd: total.cost_micro_usd + (met?.cost_micro_usd ?? 0),
      });
    }
    state.referenced.days.set(date, [...moved.values()]);
  }
}
