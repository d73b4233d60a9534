/**
 * A response of a model that is reported with its ids: it counts once, with the best figures. What is told again and is no better
 * changes nothing; better figures become a correction; and what turns out to be one response counts once from then on.
 */

import type { CorrectedMeter, ResponseMeter } from '../catalogue/meter.js';
import { correctedMeter, sightOf } from '../catalogue/meter.js';
import type { UsageDifference, UsageReport } from '../catalogue/usage.js';
import { accepted, type Context, type Decision, nothingToDo } from '../decision.js';
import { isBetter, isSeenAgain, type KnownMeter, type Measured, meterIds, type Sight } from '../meter.js';
import type { PoolState } from '../state.js';
import { tokenBuckets } from '../tokens.js';
import { correctionOf } from './correction.js';

/** What a report of a response that is known results in; null where it is not known yet. */
export function decideSeenAgain(
  state: PoolState,
  context: Context,
  report: UsageReport,
  meter: ResponseMeter,
  cost: number | undefined,
): Decision | null {
  const sight = sightOf(meter, report.tokens);
  const [kept, ...others] = knownOf(state, sight);
  if (kept === undefined) return null;
  const all: readonly Figures[] = [kept, ...others, { ...sight, costMicroUsd: cost ?? null }];
  const measured = all.reduce((best, one) => (isBetter(one, best) ? one : best));
  // Not every source knows a cost.
  const costMicroUsd = measured.costMicroUsd ?? all.find((one) => one.costMicroUsd !== null)?.costMicroUsd ?? null;
  const best = { ...measured, costMicroUsd };
  const ids = [...new Set([kept, ...others].flatMap((one) => one.ids).concat(meterIds(sight)))];
  if (measured === kept && costMicroUsd === kept.costMicroUsd && ids.length === kept.ids.length && others.length === 0)
    return nothingToDo;
  const after = meterText(ids, best);
  return accepted(
    ...others.flatMap((other) =>
      correctionOf(state, context, other.use, differenceOf(other, nothing), 'the same response was recorded before'),
    ),
    ...correctionOf(state, context, kept.use, differenceOf(kept, best), 'the response was seen again', after),
  );
}

type Figures = Measured & Pick<KnownMeter, 'costMicroUsd'>;

const nothing: Pick<Figures, 'tokens' | 'costMicroUsd'> = { tokens: {}, costMicroUsd: 0 };

/** The meters that a sight is of, in the order in which they were recorded. */
function knownOf(state: PoolState, sight: Sight): KnownMeter[] {
  const found = new Map<string, KnownMeter>();
  for (const id of meterIds(sight)) {
    const known = state.referenced.meters.get(id);
    if (known !== undefined && known !== null && isSeenAgain(known, sight)) found.set(known.use, known);
  }
  return [...found.values()].sort((a, b) => (a.use < b.use ? -1 : 1));
}

function differenceOf(
  before: Pick<Figures, 'tokens' | 'costMicroUsd'>,
  after: Pick<Figures, 'tokens' | 'costMicroUsd'>,
): UsageDifference {
  const tokens: Record<string, number> = {};
  for (const bucket of tokenBuckets) {
    const change = (after.tokens[bucket] ?? 0) - (before.tokens[bucket] ?? 0);
    if (change !== 0) tokens[bucket] = change;
  }
  const cost = (after.costMicroUsd ?? before.costMicroUsd ?? 0) - (before.costMicroUsd ?? 0);
  return {
    ...(Object.keys(tokens).length === 0 ? {} : { tokens }),
    ...(cost === 0 ? {} : { cost_micro_usd: cost }),
  };
}

const meterText = (
  ids: readonly string[],
  { rank, sidechain, saysSpeed, tokens, costMicroUsd }: Figures,
): CorrectedMeter =>
  correctedMeter.parse({
    ids,
    rank,
    ...(sidechain ? { sidechain } : {}),
    ...(saysSpeed ? { says_speed: true } : {}),
    tokens,
    ...(costMicroUsd === null ? {} : { cost_micro_usd: costMicroUsd }),
  });
