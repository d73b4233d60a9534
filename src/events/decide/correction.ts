/** Corrections of recorded use: what people send, and what a better sight of the same response brings. */
import type { CorrectedMeter } from '../catalogue/meter.js';
import {
  correctedTokens,
  type RecordedDifference,
  tokensTotal,
  type UsageCorrected,
  type UsageDifference,
} from '../catalogue/usage.js';
import type { CommandOf } from '../command.js';
import { dateIn } from '../days.js';
import { accepted, type Context, type Decision, rejected } from '../decision.js';
import type { Draft } from '../envelope.js';
import { findIdentity } from '../identities.js';
import type { ReferencedUse, UsageAmounts } from '../referenced.js';
import type { EpochMs, EventId, IdentityName } from '../scalars.js';
import type { PoolState } from '../state.js';
import { tokenBuckets } from '../tokens.js';
import { firstSight } from './newcomer.js';

export function decideCorrection(
  state: PoolState,
  { payload, occurredAt }: CommandOf<'usage.corrected'>,
  context: Context,
): Decision {
  const { corrects, difference } = payload;
  const use = state.referenced.usages.get(corrects);
  if (use === undefined) {
    return rejected('event_unknown', `${corrects} is no use recorded in this pool`, 'payload.corrects');
  }
  const short = fieldBelowZero(use.net, difference);
  if (short !== undefined) {
    return rejected('correction_below_zero', `${short} would fall below zero`, `payload.difference.${short}`);
  }
  return accepted(...corrected(state, context, use, payload, occurredAt));
}

/** What a better sight changes. */
export interface MeterDifference extends Pick<UsageCorrected, 'fair_basis' | 'price_of' | 'rates' | 'unpriced_tokens'> {
  readonly difference: RecordedDifference;
}

interface MeteredCorrection {
  /** Id of the use. */
  readonly corrects: string;
  /** Where people corrected the use before, so much is taken from it as there is. */
  readonly wanted: MeterDifference;
  readonly reason: string;
  readonly meter?: CorrectedMeter | undefined;
}

/** Corrections of metered uses. Throws where one of them was not looked up. */
export function correctionsOf(state: PoolState, context: Context, corrections: readonly MeteredCorrection[]): Draft[] {
  const drafts = corrections.flatMap(({ corrects, wanted, ...rest }) => {
    const use = state.referenced.usages.get(corrects);
    if (use === undefined) throw new Error(`the metered use ${corrects} was not looked up`);
    const difference = notBelowZero(use.net, wanted.difference);
    return corrected(state, context, use, { ...wanted, ...rest, corrects: corrects as EventId, difference });
  });
  return knownOnce(drafts);
}

/** Whoever has lapsed is known again with the first of several corrections. */
function knownOnce(drafts: readonly Draft[]): Draft[] {
  const known = new Set<string>();
  return drafts.filter((draft) => {
    if (draft.type === 'usage.corrected') return true;
    const fact = JSON.stringify([draft.type, draft.payload]);
    return !known.has(fact) && known.add(fact);
  });
}

function corrected(
  state: PoolState,
  context: Context,
  use: ReferencedUse,
  correction: CommandOf<'usage.corrected'>['payload'] &
    MeterDifference & { readonly meter?: CorrectedMeter | undefined },
  occurredAt?: EpochMs,
): Draft[] {
  const identity = findIdentity(state, use.name);
  const name: IdentityName = identity?.name ?? use.name;
  const draft: Draft = {
    type: 'usage.corrected',
    occurredAt,
    correlates: correction.corrects,
    payload: {
      ...correction,
      date: dateIn(use.timeZone, use.occurredAt),
      name,
      mode: use.mode,
      occurred_at: use.occurredAt,
      total_tokens: tokensTotal(correctedTokens(use.net.tokens, correction.difference)) - tokensTotal(use.net.tokens),
    },
  };
  // Whoever has lapsed is known again.
  return identity === undefined ? [...firstSight(state, name, context, true), draft] : [draft];
}

const buckets = [...tokenBuckets, 'total'] as const;

/** The first field that a correction would take below zero. */
function fieldBelowZero(net: UsageAmounts, difference: UsageDifference): string | undefined {
  if (net.costMicroUsd + (difference.cost_micro_usd ?? 0) < 0) return 'cost_micro_usd';
  if (net.legacyTokens + (difference.legacy_tokens ?? 0) < 0) return 'legacy_tokens';
  const short = buckets.find((bucket) => (net.tokens[bucket] ?? 0) + (difference.tokens?.[bucket] ?? 0) < 0);
  return short && `tokens.${short}`;
}

function notBelowZero(
  net: UsageAmounts,
  { tokens, cost_micro_usd: cost, ...rest }: RecordedDifference,
): RecordedDifference {
  const held: Record<string, number> = {};
  for (const [bucket, count] of Object.entries(tokens ?? {}))
    held[bucket] = Math.max(count, -(net.tokens[bucket] ?? 0));
  return {
    ...rest,
    ...(tokens === undefined ? {} : { tokens: held }),
    ...(cost === undefined ? {} : { cost_micro_usd: Math.max(cost, -net.costMicroUsd) }),
  };
}
