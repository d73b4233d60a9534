/**
 * A response of a model that is reported with its ids: it counts once, with the best figures. What is told again and is no better
 * changes nothing; better figures become a correction; and what turns out to be one response counts once from then on.
 */

import type { CorrectedMeter, ResponseMeter } from '../catalogue/meter.js';
import { correctedMeter, sightOf } from '../catalogue/meter.js';
import type { UsageReport } from '../catalogue/usage.js';
import { accepted, type Context, type Decision, nothingToDo } from '../decision.js';
import { isBetter, isSeenAgain, type KnownMeter, type Measured, meterIds, type Sight, totalOf } from '../meter.js';
import type { PoolState } from '../state.js';
import { tokenBuckets } from '../tokens.js';
import { isFirstOfSession, meteredSessionIn, takenBack } from './by-session.js';
import { correctionsOf, type MeterDifference } from './correction.js';
import type { Amounts } from './price.js';

/** What a report of a response that is known results in; null where it is not known yet. */
export function decideSeenAgain(
  state: PoolState,
  context: Context,
  report: UsageReport,
  meter: ResponseMeter,
  amounts: Amounts,
): Decision | null {
  const sight = sightOf(meter, report.tokens);
  const [kept, ...others] = knownOf(state, sight);
  if (kept === undefined) return null;
  const seen: Figures = { ...sight, ...costsOf(amounts) };
  const all: readonly Figures[] = [kept, ...others, seen];
  const measured = all.reduce((best, one) => (isBetter(one, best) ? one : best));
  const priced = whoseCost([measured, ...all]) ?? measured;
  const { costMicroUsd, costSource, fairCostMicroUsd } = priced;
  const best = { ...measured, costMicroUsd, costSource, fairCostMicroUsd };
  const ids = [...new Set([kept, ...others].flatMap((one) => one.ids).concat(meterIds(sight)))];
  const joins = isFirstOfSession(state, report);
  const addsNothing = measured === kept && costMicroUsd === kept.costMicroUsd && ids.length === kept.ids.length;
  if (addsNothing && others.length === 0 && !joins) return nothingToDo;
  const session = joins ? meteredSessionIn(state, report) : undefined;
  const doubles = others.map((other) => ({
    corrects: other.use,
    wanted: differenceOf(other, nothing),
    reason: 'the same response was recorded before',
  }));
  const again = {
    corrects: kept.use,
    wanted: { ...differenceOf(kept, best), ...(priced === seen ? priceTaken(amounts) : {}) },
    reason: 'the response was seen again',
    meter: meterText(ids, best, session),
  };
  return accepted(...correctionsOf(state, context, [...doubles, again]), ...takenBack(state, context, report, meter));
}

type Costs = Pick<KnownMeter, 'costMicroUsd' | 'costSource' | 'fairCostMicroUsd'>;
type Figures = Measured & Costs;
type Counted = Pick<Figures, 'tokens' | 'costMicroUsd' | 'fairCostMicroUsd'>;

const nothing: Counted = { tokens: {}, costMicroUsd: 0, fairCostMicroUsd: null };

const costsOf = ({ cost_micro_usd: cost, cost_source: source, fair_cost_micro_usd: fairCost }: Amounts): Costs => ({
  costMicroUsd: cost ?? null,
  costSource: source === 'unpriced' ? null : source,
  fairCostMicroUsd: fairCost ?? null,
});

/** Not every source knows a cost. Who does goes before the price book, unless the response was not finished then. */
function whoseCost(figures: readonly Figures[]): Figures | undefined {
  const priced = figures.filter(({ costMicroUsd }) => costMicroUsd !== null);
  return priced.find(({ costSource, rank }) => costSource === 'reported' && rank !== 'estimated') ?? priced[0];
}

const priceTaken = ({ fair_basis, price_of, rates }: Amounts) => ({ fair_basis, price_of, rates });

/** The meters that a sight is of, in the order in which they were recorded. */
function knownOf(state: PoolState, sight: Sight): KnownMeter[] {
  const found = new Map<string, KnownMeter>();
  for (const id of meterIds(sight)) {
    const known = state.referenced.meters.get(id);
    if (known !== undefined && known !== null && isSeenAgain(known, sight)) found.set(known.use, known);
  }
  return [...found.values()].sort((a, b) => (a.use < b.use ? -1 : 1));
}

function differenceOf(before: Counted, after: Counted): MeterDifference {
  const tokens: Record<string, number> = {};
  for (const bucket of tokenBuckets) {
    const change = (after.tokens[bucket] ?? 0) - (before.tokens[bucket] ?? 0);
    if (change !== 0) tokens[bucket] = change;
  }
  const cost = (after.costMicroUsd ?? before.costMicroUsd ?? 0) - (before.costMicroUsd ?? 0);
  const fairCost = countsAt(after) - countsAt(before);
  const unpriced = unpricedTokens(after) - unpricedTokens(before);
  return {
    difference: {
      ...(Object.keys(tokens).length === 0 ? {} : { tokens }),
      ...(cost === 0 ? {} : { cost_micro_usd: cost }),
      ...(fairCost === cost ? {} : { fair_cost_micro_usd: fairCost }),
    },
    ...(unpriced === 0 ? {} : { unpriced_tokens: unpriced }),
  };
}

/** Among those who share. */
const countsAt = ({ costMicroUsd, fairCostMicroUsd }: Counted): number => fairCostMicroUsd ?? costMicroUsd ?? 0;

const unpricedTokens = ({ costMicroUsd, tokens }: Counted): number => (costMicroUsd === null ? totalOf(tokens) : 0);

const meterText = (
  ids: readonly string[],
  { rank, sidechain, saysSpeed, tokens, costMicroUsd, costSource, fairCostMicroUsd }: Figures,
  session: string | undefined,
): CorrectedMeter =>
  correctedMeter.parse({
    ids,
    ...(session === undefined ? {} : { session }),
    rank,
    ...(sidechain ? { sidechain } : {}),
    ...(saysSpeed ? { says_speed: true } : {}),
    tokens,
    ...(costMicroUsd === null ? {} : { cost_micro_usd: costMicroUsd }),
    ...(costSource === null ? {} : { cost_source: costSource }),
    ...(fairCostMicroUsd === null ? {} : { fair_cost_micro_usd: fairCostMicroUsd }),
  });
