/** `GET /v1/fairness`: shares, windows and forecasts as they are now; `GET /v1/policy`: the rules they follow. */
import * as z from 'zod';
import { isoText } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import { type AllocatedMember, type AllocatedWindow, type Allocations, allocate } from '../fairness/allocate.js';
import { policySchema } from '../fairness/policy.js';
import type { Runout } from '../fairness/runout.js';
import { limits } from '../limits.js';
import { nowFor, poolOf } from './context.js';
import { poolName } from './query.js';
import { type Area, json, route } from './route.js';

const query = z.strictObject({ pool: poolName });

const runoutSchema = z
  .object({
    p10: z.string(),
    p50: z.string(),
    p90: z.string(),
    before_reset: z.number().describe('Probability that it runs out before its reset, 0 to 1.'),
    projected_percent: z.number().describe('Percent that would be used at the reset.'),
  })
  .nullable()
  .describe('When it runs out if it is used on as now; null while too little is known.');

export const windowSchema = z.object({
  window: z.string(),
  percent: z.number(),
  percent_deviation: z.number().describe('Standard deviation, in points.'),
  budget_usd: z.number().nullable(),
  budget_deviation: z.number().nullable().describe('Relative standard deviation.'),
  budget_known: z.boolean(),
  unattributed_usd: z.number().nullable().describe('Used in this period outside the ledger.'),
  margin_percent: z.number().describe('Percentage points kept free.'),
  rate_usd_per_hour: z.number().describe('What may be used until the reset.'),
  exhausted: z.boolean(),
  resets_at: z.string().nullable(),
  runout: runoutSchema,
});

const memberSchema = z.object({
  name: z.string(),
  share: z.number(),
  used_usd: z.number().describe('Its autonomous use in the fairness period.'),
  counted_usd: z.number().describe('What counts as used: a newcomer starts at the level of the others.'),
  remaining_usd: z.number(),
  balance_usd: z.number().describe('Above 0: it is behind the others; below 0: ahead of them.'),
  interval_s: z.int().nullable().describe('What it was last told.'),
  would_be_s: z.int().describe('What it would be told now.'),
  binding_window: z.string().nullable(),
  conduct: z.enum(['compliant', 'demand', 'rogue']).nullable(),
  present: z.boolean(),
  reason: z.string(),
});

const reply = z.object({
  pool: z.string(),
  at: z.string(),
  as_of_seq: z.int(),
  policy_version: z.int(),
  method: z.string(),
  mode: z.string(),
  windows: z.array(windowSchema),
  identities: z.array(memberSchema),
});

export const fairnessArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/fairness',
      operationId: 'getFairness',
      tag: 'Fair share',
      summary: 'Shares, windows and forecasts now',
      query,
      replies: { 200: json('Worked out at this moment; `/v1/allocations` holds what the log decided', reply) },
      problems: ['pool_unknown'],
      handle: async (input): Promise<z.infer<typeof reply>> => {
        const pool = poolOf(ledger, input.query().pool);
        const state = ledger.state(pool);
        const at = nowFor(ledger, state);
        const { policy } = state.fair;
        const { windows, identities } = fairnessOf(allocate(state.fair, at));
        const { version: policy_version, method, mode } = policy;
        return { pool, at: isoText(at), as_of_seq: state.seq, policy_version, method, mode, windows, identities };
      },
    }),
    route({
      method: 'GET',
      url: '/v1/policy',
      operationId: 'getPolicy',
      tag: 'Fair share',
      summary: 'The policy in force',
      description: 'Change it with a `policy.set` command: `POST /v1/events`.',
      query,
      replies: { 200: json('Every parameter', policySchema) },
      problems: ['pool_unknown'],
      handle: async (input) => ledger.state(poolOf(ledger, input.query().pool)).fair.policy,
    }),
  ],
};

export interface Fairness {
  readonly windows: z.infer<typeof windowSchema>[];
  readonly identities: z.infer<typeof memberSchema>[];
}

export function fairnessOf(allocations: Allocations): Fairness {
  return { windows: allocations.windows.map(windowOf), identities: allocations.members.map(memberOf) };
}

export function windowOf({
  view,
  runout,
  margin,
  rate,
  exhausted,
  unattributed,
}: AllocatedWindow): Fairness['windows'][number] {
  return {
    window: view.key,
    percent: view.percent,
    percent_deviation: view.deviation,
    budget_usd: view.budget,
    budget_deviation: view.budgetDeviation,
    budget_known: view.known,
    unattributed_usd: unattributed,
    margin_percent: margin,
    rate_usd_per_hour: rate,
    exhausted,
    resets_at: view.resetAt === null ? null : isoText(view.resetAt as EpochMs),
    runout: runout === null ? null : runoutOf(runout),
  };
}

/** The run-out of a window that is hardly used lies beyond the latest date there is. */
export function runoutOf({ p10, p50, p90, beforeReset, projected }: Runout): NonNullable<z.infer<typeof runoutSchema>> {
  const text = (at: number) => isoText(Math.round(Math.min(at, limits.occurredAtMsMax)) as EpochMs);
  return { p10: text(p10), p50: text(p50), p90: text(p90), before_reset: beforeReset, projected_percent: projected };
}

function memberOf({ member, share, told, conduct, present, reason }: AllocatedMember): Fairness['identities'][number] {
  return {
    name: member.name,
    share: share?.nominal ?? 0,
    used_usd: member.autonomy,
    counted_usd: member.used,
    remaining_usd: share?.remaining ?? 0,
    balance_usd: share?.balance ?? 0,
    interval_s: member.issued,
    would_be_s: told.interval,
    binding_window: told.bindingWindow,
    conduct,
    present,
    reason,
  };
}
