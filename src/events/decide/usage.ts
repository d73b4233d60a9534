/** Reports of use, and their corrections. */
import { limits } from '../../limits.js';
import { costMultiplierOf } from '../catalogue/identity.js';
import { isResponse } from '../catalogue/meter.js';
import type { UsageRecorded, UsageReport } from '../catalogue/usage.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, rejected } from '../decision.js';
import type { Draft } from '../envelope.js';
import { absorbedNames, findOwner, survivor } from '../identities.js';
import { unknownName } from '../names.js';
import { type SessionCounters, sessionKey } from '../referenced.js';
import { type EpochMs, foldName, type IdentityName, type MicroUsd } from '../scalars.js';
import type { Identity, PoolState } from '../state.js';
import { addsNothing, decideFromAfar, growthOf, runningTotal, takenBack } from './by-session.js';
import { instanceAlert, ranUnasked } from './instances.js';
import { decideSeenAgain } from './metered.js';
import { firstSight, isFull } from './newcomer.js';
import { type Amounts, needsPrices, pricedByBook, unpricedAlert } from './price.js';
import { raiseForPool, raiseOnce } from './raise.js';

/** Price of a cache-read token in micro-USD for a multiplier of 1: multipliers are input prices per million, reads cost a tenth. */
const microUsdPerLegacyToken = 0.1;

export function decideUsage(state: PoolState, command: CommandOf<'usage.recorded'>, context: Context): Decision {
  const { payload, occurredAt } = command;
  const growth = growthOf(state, payload);
  if (growth !== null && addsNothing(growth)) return nothingToDo;
  const report = growth?.report ?? payload;
  const reporter = reporterOf(state, report.name);
  const { owner, identity, given } = reporter;
  if ((owner === undefined || given !== undefined) && context.unknownAgents === 'reject') {
    return rejected('agent_unknown', `${report.name} is not registered`, 'payload.name');
  }
  const amounts =
    context.prices !== null && needsPrices(report)
      ? pricedByBook(context.prices, report, identity, occurredAt ?? context.at)
      : amountsOf(state, report, reporter);
  if ((amounts.cost_micro_usd ?? 0) > limits.costMicroUsdMax) {
    return rejected('invalid_field', 'legacy_tokens result in a cost above the limit', 'payload.legacy_tokens');
  }
  const { meter } = report;
  if (meter !== undefined) {
    const known = isResponse(meter)
      ? decideSeenAgain(state, context, report, meter, amounts)
      : decideFromAfar(state, report, meter, occurredAt);
    if (known !== null) return known;
  }
  const unasked = ranUnasked(state, identity, report, context.at);
  const usage = recordedUse(report, growth?.meter ?? report.meter, reporter, amounts, unasked);
  const events: Draft[] = [];
  if (identity === undefined) events.push(...firstSight(state, usage.name, context, isHistory(occurredAt, context)));
  events.push({ type: 'usage.recorded', occurredAt, payload: usage });
  if (identity !== undefined) events.push(...instanceAlert(state, identity, report, context.at));
  events.push(...unpricedAlert(state, amounts));
  if (unasked) events.push(...raiseOnce(state, 'report-without-turn', usage.name, `${usage.name} ran without a turn`));
  if (meter !== undefined) events.push(...takenBack(state, context, report, meter));
  if (given === undefined) return accepted(...events);
  const text = `The pool holds ${limits.identitiesMax} names. Use under further ones, as of ${given}, is recorded under ${usage.name}.`;
  events.push(...raiseForPool(state, 'identity-limit', text));
  const note = `${given} is recorded under ${usage.name}: the pool holds ${limits.identitiesMax} names, and has no room for another.`;
  return { accepted: true, events, notes: [note] };
}

const isHistory = (occurredAt: EpochMs | undefined, { at }: Context): boolean =>
  occurredAt !== undefined && at - occurredAt >= limits.historyMsMin;

/** Who is reported: under its name, or where the pool has no room for that, under another. */
interface Reporter {
  /** Whose name it is, before merges are followed; undefined where it is to be registered. */
  readonly owner: Identity | undefined;
  readonly identity: Identity | undefined;
  readonly name: IdentityName;
  /** The name it gave, where it is reported under another. */
  readonly given?: IdentityName | undefined;
}

function reporterOf(state: PoolState, name: IdentityName): Reporter {
  const known = findOwner(state, name);
  const given = known === undefined && isFull(state, name) ? name : undefined;
  const owner = given === undefined ? known : findOwner(state, unknownName);
  const identity = owner && survivor(state, owner);
  const heldUnder = identity?.name ?? (given === undefined ? name : (unknownName as IdentityName));
  return { owner, identity, name: heldUnder, given };
}

/** Members in the order of canonical JSON, written out: copying objects with `...` costs 9 µs here, this 0.1 µs. */
function recordedUse(
  report: UsageReport,
  meter: UsageRecorded['meter'],
  { name, given }: Reporter,
  amounts: Amounts,
  unasked: boolean,
): UsageRecorded {
  return {
    blocked_by: undefined,
    context_percentage: report.context_percentage,
    cost_micro_usd: amounts.cost_micro_usd,
    cost_source: amounts.cost_source,
    counter: amounts.counter,
    current_interval: report.current_interval,
    fair_basis: amounts.fair_basis,
    fair_cost_micro_usd: amounts.fair_cost_micro_usd,
    given_name: given,
    imported: report.imported,
    instance: report.instance,
    issued_afresh: undefined,
    issued_interval_s: undefined,
    issued_rate_micro_usd_h: undefined,
    legacy_tokens: report.legacy_tokens,
    meter,
    mode: report.mode,
    mode_source: report.mode_source,
    model: report.model,
    name,
    price_of: amounts.price_of,
    pricing: report.pricing,
    project: report.project,
    rates: amounts.rates,
    raw: report.raw,
    session: report.session,
    tags: report.tags,
    tokens: amounts.tokens,
    turn: report.turn,
    unit: report.unit,
    without_turn: unasked ? true : undefined,
  };
}

/** The increments of a report, with what they cost; absolute counters become the difference to the last ones. */
function amountsOf(state: PoolState, report: UsageReport, reporter: Reporter): Amounts {
  const { identity } = reporter;
  const { total_cost_usd: totalCostUsd, total_tokens: totalTokens } = report;
  if (totalCostUsd === undefined && totalTokens === undefined) {
    return priced(report.cost_micro_usd, report.legacy_tokens, report.tokens, identity);
  }
  const totalCost = totalCostUsd === undefined ? undefined : (Math.round(totalCostUsd * 1e6) as MicroUsd);
  const isShared = report.meter?.rule === 'running-total';
  const last = isShared ? runningTotal(state, report) : lastCounters(state, reporter, report.session ?? '');
  const cost = totalCost === undefined ? report.cost_micro_usd : (increase(totalCost, last?.costMicroUsd) as MicroUsd);
  const tokens = totalTokens === undefined ? report.tokens : { total: increase(totalTokens, last?.tokens) };
  const amounts = priced(cost, report.legacy_tokens, tokens, identity);
  const counter: UsageRecorded['counter'] = {
    cost_micro_usd: totalCost ?? (last?.costMicroUsd as MicroUsd | null | undefined) ?? undefined,
    owner: isShared ? undefined : counterName(reporter),
    tokens: totalTokens ?? last?.tokens ?? undefined,
  };
  return { ...amounts, counter };
}

/** A counter that fell was reset: all it shows now was spent since. */
function increase(now: number, before: number | null | undefined): number {
  return before === null || before === undefined || now < before ? now : now - before;
}

/** The session's last counters: of the name that reports, else of a name that was merged into it. */
function lastCounters(state: PoolState, reporter: Reporter, session: string): SessionCounters | undefined {
  for (const key of counterOwners(state, reporter)) {
    const found = state.referenced.sessions.get(sessionKey(key, session));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Keys of the identities whose session counters a report under this name may continue, nearest first. */
function counterOwners(state: PoolState, { owner, identity, name, given }: Reporter): readonly string[] {
  if (given !== undefined) return [foldName(given)];
  // The name may have been recorded under another, or have lapsed, before it had a place of its own.
  if (owner === undefined) return [foldName(name)];
  if (owner === undefined || identity === undefined) return [];
  if (owner !== identity) return [owner.key];
  return [owner.key, ...absorbedNames(state, identity).map(foldName)];
}

/** Whose counters they are, where not those of the identity that the use counts for. */
const counterName = ({ owner, identity, given }: Reporter): IdentityName | undefined =>
  given ?? (owner !== undefined && owner !== identity ? owner.name : undefined);

function priced(
  cost: MicroUsd | undefined,
  legacyTokens: number | undefined,
  tokens: UsageRecorded['tokens'],
  identity: Identity | undefined,
): Amounts {
  if (cost !== undefined) return { cost_micro_usd: cost, cost_source: 'reported', tokens };
  if (legacyTokens === undefined) return { cost_source: 'unpriced', tokens };
  const rate = costMultiplierOf(identity?.costMultiplier ?? null, identity?.model ?? null) * microUsdPerLegacyToken;
  return {
    cost_micro_usd: Math.round(legacyTokens * rate) as MicroUsd,
    cost_source: 'computed',
    rates: { legacy_token_micro_usd: rate },
    tokens,
  };
}
