/**
 * `evolve(state, event)`: what each event changes in the state of its pool. It changes the state it is given, because
 * it runs once for every event of the log; nothing else in the product changes a state.
 */
import { limits } from '../limits.js';
import type { DayTotal } from './catalogue/day.js';
import { correctedTokens, tokensTotal, type UsageRecorded } from './catalogue/usage.js';
import { dateIn } from './days.js';
import type { EventOf, LedgerEvent } from './envelope.js';
import { findIdentity, findOwner, hasShare, survivor } from './identities.js';
import { type EpochMs, foldName, type IdentityName } from './scalars.js';
import { type Identity, type PoolState, type QuotaWindow, sessionKey } from './state.js';

export function evolve(state: PoolState, event: LedgerEvent): void {
  if (event.seq !== state.seq + 1) throw new Error(`event ${event.seq} cannot follow ${state.seq}`);
  apply(state, event);
  if (event.type.startsWith('identity.')) state.weightTotal = sumOfWeights(state);
  state.seq = event.seq;
  state.at = event.recorded_at;
}

function apply(state: PoolState, event: LedgerEvent): void {
  switch (event.type) {
    case 'usage.recorded':
      return usageRecorded(state, event);
    case 'usage.corrected':
      return usageCorrected(state, event);
    case 'pool.configured':
      state.timeZone = event.payload.time_zone;
      return;
    case 'identity.registered':
      return identityRegistered(state, event);
    case 'identity.changed':
      return setAttributes(known(state, event.payload.name), event.payload);
    case 'identity.aliased': {
      const identity = known(state, event.payload.name);
      identity.aliases.push(event.payload.alias);
      state.aliases.set(foldName(event.payload.alias), identity.key);
      return;
    }
    case 'identity.merged':
      return identityMerged(state, event);
    case 'identity.retired':
      known(state, event.payload.name).retiredAt = event.recorded_at;
      return;
    case 'identity.reinstated':
      known(state, event.payload.name).retiredAt = null;
      return;
    case 'agent.paused': {
      const { until = null, reason = null } = event.payload;
      known(state, event.payload.name).pause = { until, reason, at: event.recorded_at };
      return;
    }
    case 'agent.resumed':
      known(state, event.payload.name).pause = null;
      return;
    case 'agent.chose': {
      const { choice, turns = null, duration_minutes: durationMinutes = null, wake_at: wakeAt = null } = event.payload;
      known(state, event.payload.name).choice = { choice, turns, durationMinutes, wakeAt, at: event.recorded_at };
      return;
    }
    case 'quota.read':
      return quotaRead(state, event);
    case 'quota.rejected':
      return quotaRejected(state, event);
    case 'quota.exhausted': {
      const window = windowOf(state, event.payload.window);
      window.exhausted = { until: event.payload.until ?? null, at: event.recorded_at };
      return;
    }
    case 'day.closed':
      state.closedDays.delete(event.payload.date);
      state.closedDays.set(event.payload.date, { digest: event.payload.digest, closedAt: event.recorded_at });
      dropOldest(state.closedDays, limits.closedDaysKept);
      return;
    case 'alert.raised': {
      const { rule, subject, text, dedupe_key: key } = event.payload;
      state.alerts.set(key, { rule, subject, text, raisedAt: event.recorded_at, acknowledgedAt: null });
      dropOldest(state.alerts, limits.alertsOpenMax);
      return;
    }
    case 'alert.acknowledged': {
      const alert = state.alerts.get(event.payload.dedupe_key);
      if (alert) alert.acknowledgedAt = event.recorded_at;
      return;
    }
    case 'alert.cleared':
      state.alerts.delete(event.payload.dedupe_key);
      return;
    case 'projection.rebuilt':
      return;
  }
}

function usageRecorded(state: PoolState, event: EventOf<'usage.recorded'>): void {
  const { payload, recorded_at: at } = event;
  const identity = known(state, payload.name);
  identity.lastSeen = at;
  identity.lastInterval = payload.issued_interval_s;
  noteInstance(identity, payload.instance, at);
  countInWindows(state, identity, payload.cost_micro_usd ?? 0, at);
  noteCounters(state, identity, payload);
  const total = tokensTotal(payload.tokens) + (payload.legacy_tokens ?? 0);
  noteDay(state, identity, payload.mode, event.occurred_at, total, payload.cost_micro_usd ?? 0);
}

function usageCorrected(state: PoolState, event: EventOf<'usage.corrected'>): void {
  const { corrects, difference, mode, occurred_at: occurredAt, total_tokens: totalTokens } = event.payload;
  const identity = known(state, event.payload.name);
  const cost = difference.cost_micro_usd ?? 0;
  countInWindows(state, identity, cost, event.recorded_at);
  noteDay(state, identity, mode, occurredAt, totalTokens + (difference.legacy_tokens ?? 0), cost);
  const fact = state.facts.usages.get(corrects);
  if (fact === undefined) return;
  state.facts.usages.set(corrects, {
    ...fact,
    net: {
      tokens: correctedTokens(fact.net.tokens, difference),
      costMicroUsd: fact.net.costMicroUsd + cost,
      legacyTokens: fact.net.legacyTokens + (difference.legacy_tokens ?? 0),
    },
  });
}

/** A window whose reset has passed starts counting anew; use counts in every window, as all of them limit it. */
function countInWindows(state: PoolState, identity: Identity, costMicroUsd: number, at: EpochMs): void {
  for (const window of state.windows.values()) {
    if (periodIsOver(window, at)) startPeriod(window, null);
    if (costMicroUsd === 0) continue;
    window.used.set(identity.key, (window.used.get(identity.key) ?? 0) + costMicroUsd);
    window.usedTotal += costMicroUsd;
  }
}

function noteCounters(state: PoolState, identity: Identity, payload: UsageRecorded): void {
  const { counter, session } = payload;
  if (counter === undefined || session === undefined) return;
  const owner = counter.owner === undefined ? identity : findOwner(state, counter.owner);
  state.facts.sessions.set(sessionKey((owner ?? identity).key, session), {
    costMicroUsd: counter.cost_micro_usd ?? null,
    tokens: counter.tokens ?? null,
  });
}

/** Keeps the looked-up totals of a day true while more events of the same batch fall on it. */
function noteDay(
  state: PoolState,
  identity: Identity,
  mode: DayTotal['mode'],
  occurredAt: EpochMs,
  tokens: number,
  costMicroUsd: number,
): void {
  if (state.facts.days.size === 0) return;
  const totals = state.facts.days.get(dateIn(state.timeZone, occurredAt));
  if (totals === undefined) return;
  const { name } = identity;
  const at = totals.findIndex((total) => total.name === name && total.mode === mode);
  const before = totals[at] ?? { name, mode, tokens: 0, cost_micro_usd: 0 };
  const after = { ...before, tokens: before.tokens + tokens, cost_micro_usd: before.cost_micro_usd + costMicroUsd };
  if (at >= 0) totals[at] = after;
  else totals.push(after);
}

/** After a merge, what the looked-up days hold for one name counts for the other. */
function moveDays(state: PoolState, from: IdentityName, into: IdentityName): void {
  for (const [date, totals] of state.facts.days) {
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
    state.facts.days.set(date, [...moved.values()]);
  }
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

function identityRegistered(state: PoolState, event: EventOf<'identity.registered'>): void {
  const { name } = event.payload;
  const identity: Identity = {
    name,
    key: foldName(name),
    aliases: [],
    model: null,
    costMultiplier: null,
    weight: 1,
    collaborativePref: null,
    ipAddress: null,
    colour: null,
    status: 'confirmed',
    retiredAt: null,
    mergedInto: null,
    pause: null,
    firstSeen: event.recorded_at,
    lastSeen: null,
    lastInterval: null,
    instances: [],
    choice: null,
  };
  setAttributes(identity, event.payload);
  state.identities.set(identity.key, identity);
}

function setAttributes(identity: Identity, payload: EventOf<'identity.changed'>['payload']): void {
  if (payload.model !== undefined) identity.model = payload.model;
  if (payload.cost_multiplier !== undefined) identity.costMultiplier = payload.cost_multiplier;
  if (payload.weight !== undefined) identity.weight = payload.weight;
  if (payload.collaborative_pref !== undefined) identity.collaborativePref = payload.collaborative_pref;
  if (payload.ip_address !== undefined) identity.ipAddress = payload.ip_address;
  if (payload.colour !== undefined) identity.colour = payload.colour;
  if (payload.status !== undefined) identity.status = payload.status;
}

/** The merged identity keeps its record, so that its name and aliases lead on to the other; its use moves there. */
function identityMerged(state: PoolState, event: EventOf<'identity.merged'>): void {
  const from = known(state, event.payload.from);
  const into = known(state, event.payload.into);
  from.mergedInto = into.key;
  moveDays(state, from.name, into.name);
  if (from.lastSeen !== null && (into.lastSeen === null || from.lastSeen > into.lastSeen)) {
    into.lastSeen = from.lastSeen;
    into.lastInterval = from.lastInterval;
  }
  for (const window of state.windows.values()) {
    const used = window.used.get(from.key);
    if (used === undefined) continue;
    window.used.delete(from.key);
    window.used.set(into.key, (window.used.get(into.key) ?? 0) + used);
  }
}

function quotaRead(state: PoolState, event: EventOf<'quota.read'>): void {
  const { payload, occurred_at: measuredAt } = event;
  for (const read of payload.windows) {
    const window = windowOf(state, read.key);
    window.label = read.label ?? window.label;
    window.durationS = read.duration_s ?? window.durationS;
    window.scope = read.scope ?? window.scope;
    window.readings.push({
      event: event.id,
      percentBp: read.percent_bp,
      resetsAt: read.resets_at ?? null,
      measuredAt,
      source: payload.source,
      confidence: payload.confidence,
      suspect: read.suspect === true,
    });
    window.readings.sort((a, b) => a.measuredAt - b.measuredAt);
    if (window.readings.length > limits.readingsKept) window.readings.shift();
    if (window.readings.at(-1)?.event !== event.id) continue;
    window.active = read.active ?? true;
    if (read.percent_bp < 10_000) window.exhausted = null;
    followReset(window, event.recorded_at);
  }
}

/** The period that `used` counts ends with the newest known reset; a reset that moved on by itself starts a new one. */
function followReset(window: QuotaWindow, at: EpochMs): void {
  const resetsAt = window.readings.at(-1)?.resetsAt ?? null;
  if (periodIsOver(window, at)) startPeriod(window, resetsAt);
  else if (resetsAt !== null) window.countedUntil = resetsAt;
}

function periodIsOver(window: QuotaWindow, at: EpochMs): boolean {
  return window.countedUntil !== null && at >= window.countedUntil;
}

function startPeriod(window: QuotaWindow, until: EpochMs | null): void {
  window.used.clear();
  window.usedTotal = 0;
  window.countedUntil = until;
}

function quotaRejected(state: PoolState, event: EventOf<'quota.rejected'>): void {
  const { corrects } = event.payload;
  for (const window of state.windows.values()) {
    window.readings = window.readings.filter((reading) => reading.event !== corrects);
    followReset(window, event.recorded_at);
  }
  if (state.facts.readings.has(corrects)) state.facts.readings.set(corrects, { rejected: true });
}

function windowOf(state: PoolState, key: string): QuotaWindow {
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
      used: new Map(),
      usedTotal: 0,
      countedUntil: null,
    };
    state.windows.set(key, window);
  }
  return window;
}

function known(state: PoolState, name: IdentityName): Identity {
  const direct = state.identities.get(foldName(name));
  const identity = direct === undefined ? findIdentity(state, name) : survivor(state, direct);
  if (identity === undefined) throw new Error(`the log speaks of ${name} before it was registered`);
  return identity;
}

function sumOfWeights(state: PoolState): number {
  let sum = 0;
  for (const identity of state.identities.values()) if (hasShare(identity)) sum += identity.weight;
  return sum;
}

function dropOldest(map: Map<string, unknown>, kept: number): void {
  if (map.size <= kept) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
