/** Corrections of recorded use: what people send, and what a better sight of the same response brings. */
import type { CorrectedMeter } from '../catalogue/meter.js';
import { correctedTokens, tokensTotal, type UsageDifference } from '../catalogue/usage.js';
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

/**
 * The correction of a metered use. Where people corrected it before, so much is taken from it as there is.
 * Throws where the use was not looked up.
 */
export function correctionOf(
  state: PoolState,
  context: Context,
  corrects: string,
  wanted: UsageDifference,
  reason: string,
  meter?: CorrectedMeter,
): Draft[] {
  const use = state.referenced.usages.get(corrects);
  if (use === undefined) throw new Error(`the use ${corrects} of a known response was not looked up`);
  const difference = notBelowZero(use.net, wanted);
  return corrected(state, context, use, { corrects: corrects as EventId, difference, reason, meter });
}

function corrected(
  state: PoolState,
  context: Context,
  use: ReferencedUse,
  correction: CommandOf<'usage.corrected'>['payload'] & { readonly meter?: CorrectedMeter | undefined },
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

function notBelowZero(net: UsageAmounts, { tokens, cost_micro_usd: cost, ...rest }: UsageDifference): UsageDifference {
  const held: Record<string, number> = {};
  for (const [bucket, count] of Object.entries(tokens ?? {}))
    held[bucket] = Math.max(count, -(net.tokens[bucket] ?? 0));
  return {
    ...rest,
    ...(tokens === undefined ? {} : { tokens: held }),
    ...(cost === undefined ? {} : { cost_micro_usd: Math.max(cost, -net.costMicroUsd) }),
  };
}
