/**
 * Use that is known of a session from afar: its running total, or the sum of some of its responses. It counts only while nobody tells
 * of the session more closely, and is taken back when somebody does. So the same use counts once, in whatever order it is told.
 */
import {
  isResponse,
  meteredSessionOf,
  ruleOf,
  type SessionMeter,
  seriesId,
  type UsageMeter,
} from '../catalogue/meter.js';
import { tokensTotal, type UsageRecorded, type UsageReport } from '../catalogue/usage.js';
import { accepted, type Context, type Decision, nothingToDo } from '../decision.js';
import type { Draft } from '../envelope.js';
import { nameHeld } from '../identities.js';
import { isCloser, type MeteredSession, type MeterRule, type Stopgap } from '../meter.js';
import { type SessionCounters, sessionKey, sharedOwner } from '../referenced.js';
import type { EpochMs, MicroUsd } from '../scalars.js';
import type { PoolState } from '../state.js';
import { tokenBuckets } from '../tokens.js';
import { correctionsOf, type MeterDifference } from './correction.js';

/** What a report of a session results in where it counts nothing by itself; null where it counts. */
export function decideFromAfar(
  state: PoolState,
  report: UsageReport,
  meter: SessionMeter,
  occurredAt: EpochMs | undefined,
): Decision | null {
  const { rule } = meteredSession(state, report);
  const isOutranked = rule !== null && isCloser(rule, meter.rule);
  if (meter.rule === 'sum') return isOutranked ? nothingToDo : null;
  const total = microUsdOf(report);
  const last = runningTotal(state, report)?.costMicroUsd ?? null;
  if (isOutranked) return isNews(total, last) ? measured(report, total, occurredAt) : nothingToDo;
  if (last === null) return meter.fresh === true && total > 0 ? null : measured(report, total, occurredAt);
  return total === last ? nothingToDo : null;
}

export interface Growth {
  /** With what it adds to the series that it goes on with, in the place of all that the series has told. */
  readonly report: UsageReport;
  readonly meter: UsageRecorded['meter'];
}

/**
 * Null where a report goes on with no series. A series that begins again has another id, so nothing of it falls: what is lower than it
 * was told before came late, and adds nothing.
 */
export function growthOf({ referenced }: PoolState, report: UsageReport): Growth | null {
  const { meter, tokens = {}, cost_micro_usd: cost } = report;
  if (meter === undefined || isResponse(meter) || meter.series === undefined) return null;
  const last = referenced.meters.get(seriesId(meter.series));
  const added: Record<string, number> = {};
  const counted: Record<string, number> = { ...last?.tokens };
  for (const bucket of tokenBuckets) {
    const count = tokens[bucket];
    const before = last?.tokens[bucket] ?? 0;
    if (count === undefined || count <= before) continue;
    added[bucket] = count - before;
    counted[bucket] = count;
  }
  const lastCost = last?.costMicroUsd ?? 0;
  const allCost = cost === undefined && lastCost === 0 ? undefined : (Math.max(cost ?? 0, lastCost) as MicroUsd);
  return {
    report: {
      ...report,
      tokens: added,
      cost_micro_usd: cost === undefined ? undefined : (Math.max(0, cost - lastCost) as MicroUsd),
    },
    meter: { ...meter, counted: { tokens: counted, cost_micro_usd: allCost } },
  };
}

export const addsNothing = ({ report: { tokens = {}, cost_micro_usd: cost } }: Growth): boolean =>
  (cost ?? 0) === 0 && Object.keys(tokens).length === 0;

/** What was told of the session less closely no longer counts. */
export function takenBack(state: PoolState, context: Context, report: UsageReport, meter: UsageMeter): Draft[] {
  const { rule, stopgaps } = meteredSession(state, report);
  if (rule === null || !isCloser(ruleOf(meter), rule)) return [];
  const reason = isResponse(meter)
    ? 'the responses of its session are told one by one'
    : 'its session is told of more closely';
  return correctionsOf(
    state,
    context,
    stopgaps.map((stopgap) => ({ corrects: stopgap.use, wanted: lessAllOf(state, stopgap), reason })),
  );
}

/** The session that a report is of, as it is recorded: an agent may be told of by any of its names. */
export const meteredSessionIn = (state: PoolState, { session, name }: Pick<UsageReport, 'session' | 'name'>): string =>
  session ?? meteredSessionOf({ name: nameHeld(state, name) });

/** Whether a response is of a session that nobody told of response by response before. */
export const isFirstOfSession = (state: PoolState, report: UsageReport): boolean =>
  isCloser('response' satisfies MeterRule, meteredSession(state, report).rule);

/** The last running total that was told of the session. */
export const runningTotal = (state: PoolState, { session = '' }: UsageReport): SessionCounters | undefined =>
  state.referenced.sessions.get(sessionKey(sharedOwner, session));

export const microUsdOf = ({ total_cost_usd: cost = 0 }: UsageReport): MicroUsd => Math.round(cost * 1e6) as MicroUsd;

const unheard: MeteredSession = { rule: null, stopgaps: [] };

const meteredSession = (state: PoolState, report: UsageReport): MeteredSession =>
  state.referenced.metered.get(meteredSessionIn(state, report)) ?? unheard;

/** The total of a session whose responses are told only compares with them: so it need not be kept at each step. */
const isNews = (total: number, last: number | null): boolean =>
  last === null || total < last || total - last >= Math.max(10_000, last / 50);

const measured = ({ session = '' }: UsageReport, total: MicroUsd, occurredAt: EpochMs | undefined): Decision =>
  accepted({ type: 'session.measured', occurredAt, payload: { session, cost_micro_usd: total } });

/** Nothing is left of what it counts for. */
function lessAllOf(state: PoolState, { use, fairCostMicroUsd: fairCost }: Stopgap): MeterDifference {
  const { net } = state.referenced.usages.get(use) ?? { net: { tokens: {}, costMicroUsd: 0 } };
  const counts = Object.entries(net.tokens).filter(([, count]) => count !== 0);
  const tokens = Object.fromEntries(counts.map(([bucket, count]) => [bucket, -count]));
  return {
    difference: {
      ...(counts.length === 0 ? {} : { tokens }),
      ...(net.costMicroUsd === 0 ? {} : { cost_micro_usd: -net.costMicroUsd }),
      ...(fairCost === null ? {} : { fair_cost_micro_usd: -fairCost }),
    },
    ...(fairCost === null ? {} : { unpriced_tokens: -tokensTotal(net.tokens) }),
  };
}
