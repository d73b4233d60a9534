/** Reports of use, and their corrections. */
import { costMultiplierOf, type IdentityStatus } from '../catalogue/identity.js';
import {
  tokenBuckets,
  correctedTokens,
  tokensTotal,
  type UsageDifference,
  type UsageRecorded,
  type UsageReport,
} from '../catalogue/usage.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, rejected } from '../decision.js';
import type { Draft } from '../envelope.js';
import { absorbedNames, findIdentity, findOwner, survivor } from '../identities.js';
import { type EpochMs, foldName, type IdentityName, type MicroUsd } from '../scalars.js';
import { type Identity, type PoolState, type SessionCounters, sessionKey } from '../state.js';

/** Price of a cache-read token in micro-USD for a multiplier of 1: multipliers are input prices per million, reads cost a tenth. */
const microUsdPerLegacyToken = 0.1;
/** Two hosts that report in turns within this time are two instances of one agent. */
const instanceOverlapMs = 3_600_000;

export function decideUsage(state: PoolState, command: CommandOf<'usage.recorded'>, context: Context): Decision {
  const { payload: report, occurredAt } = command;
  const owner = findOwner(state, report.name);
  if (owner === undefined && context.unknownAgents === 'reject') {
    return rejected('agent_unknown', `${report.name} is not registered`, 'payload.name');
  }
  const identity = owner && survivor(state, owner);
  const advice = context.advise(state, identity ?? null, context.at);
  const usage: UsageRecorded = {
    ...amountsOf(state, report, owner, identity),
    name: identity?.name ?? report.name,
    mode: report.mode,
    issued_interval_s: advice.interval_s,
    ...(advice.blocked_by.length > 0 ? { blocked_by: [...advice.blocked_by] } : {}),
  };
  const events: Draft[] = [];
  if (identity === undefined) events.push(firstSight(report.name, context.unknownAgents));
  events.push({ type: 'usage.recorded', occurredAt, payload: usage });
  if (identity !== undefined) events.push(...instanceAlert(state, identity, report, context.at));
  return { accepted: true, events, advice };
}

function firstSight(name: IdentityName, unknownAgents: Context['unknownAgents']): Draft {
  const status: IdentityStatus = unknownAgents === 'quarantine' ? 'quarantined' : 'unconfirmed';
  return { type: 'identity.registered', payload: { name, status } };
}

/** The increments of a report, with what they cost; absolute counters become the difference to the last ones. */
function amountsOf(
  state: PoolState,
  report: UsageReport,
  owner: Identity | undefined,
  identity: Identity | undefined,
): Omit<UsageRecorded, 'name' | 'mode' | 'issued_interval_s'> {
  const { name: _, total_cost_usd: totalCostUsd, total_tokens: totalTokens, ...described } = report;
  const totalCost = totalCostUsd === undefined ? undefined : (Math.round(totalCostUsd * 1e6) as MicroUsd);
  if (totalCost === undefined && totalTokens === undefined) return { ...described, ...costOf(report, identity) };
  const last = lastCounters(state, owner, identity, report.session ?? '');
  const counter = {
    ...(owner !== undefined && owner !== identity ? { owner: owner.name } : {}),
    cost_micro_usd: totalCost ?? last?.costMicroUsd ?? undefined,
    tokens: totalTokens ?? last?.tokens ?? undefined,
  } as NonNullable<UsageRecorded['counter']>;
  const amounts = {
    ...described,
    ...(totalCost !== undefined ? { cost_micro_usd: increase(totalCost, last?.costMicroUsd) as MicroUsd } : {}),
    ...(totalTokens !== undefined ? { tokens: { total: increase(totalTokens, last?.tokens) } } : {}),
  };
  return { ...amounts, ...costOf(amounts, identity), counter };
}

/** A counter that fell was reset: all it shows now was spent since. */
function increase(now: number, before: number | null | undefined): number {
  return before === null || before === undefined || now < before ? now : now - before;
}

/** The session's last counters: of the name that reports, else of a name that was merged into it. */
function lastCounters(
  state: PoolState,
  owner: Identity | undefined,
  identity: Identity | undefined,
  session: string,
): SessionCounters | undefined {
  for (const key of counterOwners(state, owner, identity)) {
    const found = state.facts.sessions.get(sessionKey(key, session));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Keys of the identities whose session counters a report under this name may continue, nearest first. */
function counterOwners(
  state: PoolState,
  owner: Identity | undefined,
  identity: Identity | undefined,
): readonly string[] {
  if (owner === undefined || identity === undefined) return [];
  if (owner !== identity) return [owner.key];
  return [owner.key, ...absorbedNames(state, identity).map(foldName)];
}

function costOf(
  report: Pick<UsageReport, 'cost_micro_usd' | 'legacy_tokens' | 'tokens'>,
  identity: Identity | undefined,
): Pick<UsageRecorded, 'cost_micro_usd' | 'cost_source' | 'rates'> {
  if (report.cost_micro_usd !== undefined) {
    return { cost_micro_usd: report.cost_micro_usd, cost_source: 'reported' };
  }
  if (report.legacy_tokens !== undefined) {
    const rate = costMultiplierOf(identity?.costMultiplier ?? null, identity?.model ?? null) * microUsdPerLegacyToken;
    return {
      cost_micro_usd: Math.round(report.legacy_tokens * rate) as MicroUsd,
      cost_source: 'computed',
      rates: { legacy_token_micro_usd: rate },
    };
  }
  return { cost_source: 'unpriced' };
}

/**
 * Raised when a host reports that had reported before another one did: one agent that moved shows each host once,
 * two instances show them in turns.
 */
function instanceAlert(state: PoolState, identity: Identity, report: UsageReport, at: EpochMs): readonly Draft[] {
  const host = report.instance?.host ?? report.instance?.ip;
  const last = identity.instances.at(-1);
  if (host === undefined || last === undefined || last.host === host) return [];
  const earlier = identity.instances.find((instance) => instance.host === host);
  if (earlier === undefined || at - earlier.lastSeen > instanceOverlapMs) return [];
  const dedupeKey = `two-instances:${identity.key}`;
  if (state.alerts.has(dedupeKey)) return [];
  const text = `${identity.name} reports from two hosts in turns: ${host} and ${last.host}`;
  const payload = { rule: 'two-instances', subject: identity.name, text, dedupe_key: dedupeKey };
  return [{ type: 'alert.raised', payload }];
}

export function decideCorrection(state: PoolState, { payload, occurredAt }: CommandOf<'usage.corrected'>): Decision {
  const { corrects, difference } = payload;
  const fact = state.facts.usages.get(corrects);
  if (fact === undefined) {
    return rejected('event_unknown', `${corrects} is no use recorded in this pool`, 'payload.corrects');
  }
  const short = fieldsBelowZero(fact.net, difference);
  if (short !== undefined) {
    return rejected('correction_below_zero', `${short} would fall below zero`, `payload.difference.${short}`);
  }
  return accepted({
    type: 'usage.corrected',
    occurredAt,
    correlates: corrects,
    payload: {
      ...payload,
      name: findIdentity(state, fact.name)?.name ?? fact.name,
      mode: fact.mode,
      occurred_at: fact.occurredAt,
      total_tokens: tokensTotal(correctedTokens(fact.net.tokens, difference)) - tokensTotal(fact.net.tokens),
    },
  });
}

function fieldsBelowZero(
  net: { costMicroUsd: number; legacyTokens: number; tokens: Readonly<Record<string, number>> },
  difference: UsageDifference,
): string | undefined {
  if (net.costMicroUsd + (difference.cost_micro_usd ?? 0) < 0) return 'cost_micro_usd';
  if (net.legacyTokens + (difference.legacy_tokens ?? 0) < 0) return 'legacy_tokens';
  const buckets = [...tokenBuckets, 'total'] as const;
  const short = buckets.find((bucket) => (net.tokens[bucket] ?? 0) + (difference.tokens?.[bucket] ?? 0) < 0);
  return short && `tokens.${short}`;
}
