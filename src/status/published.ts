/** Windows and shares of a status as JSON: the same keys in `GET /v1/fairness`, `/dashboard/json` and `fair status --json`. */
import * as z from 'zod';
import { isoText } from '../events/days.js';
import type { Maintenance } from '../events/state.js';
import type { Runout } from '../fairness/runout.js';
import { limits } from '../limits.js';
import type { IdentityStatus, ShareStatus } from './identities.js';
import { identityStates, stateMeanings } from './identity-state.js';
import type { Status } from './status.js';
import type { WindowStatus } from './windows.js';

const runoutSchema = z
  .object({
    burn_usd_per_hour: z.number().describe('How fast it is used now.'),
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
  percent: z
    .number()
    .nullable()
    .describe('Percent used, by the estimate; null where it was never read and its budget is not set.'),
  percent_deviation: z.number().nullable().describe('Standard deviation of the estimate, in points, 50 at most.'),
  read_percent: z.number().nullable().describe('Percent used as it was last read; null where no reading stands.'),
  read_at: z.string().nullable().describe('When it was last read.'),
  stale: z
    .boolean()
    .describe(
      'The last reading is older than two of the usual distances between readings, or from before a reset that has passed.',
    ),
  budget_usd: z.number().nullable(),
  budget_deviation: z.number().nullable().describe('Relative standard deviation.'),
  budget_known: z.boolean(),
  unattributed_usd: z.number().nullable().describe('Used in this period outside the ledger.'),
  margin_percent: z.number().nullable().describe('Percentage points kept free; null where the window limits nothing.'),
  rate_usd_per_hour: z
    .number()
    .nullable()
    .describe('What may be used until the reset; null where the window limits nothing.'),
  exhausted: z.boolean(),
  resets_at: z.string().nullable(),
  runout: runoutSchema,
  followed_percent: z
    .number()
    .nullable()
    .describe('Percent used at the reset if everybody keeps to the plan; null before the budget is known.'),
});
export type PublishedWindow = z.infer<typeof windowSchema>;

const partSchema = z.object({
  window: z.string(),
  share: z.number().describe('Its part by weight among those that the window counts, 0 to 1.'),
  used_usd: z.number().describe('What it used in the period of this window, in either mode.'),
  remaining_usd: z.number().nullable().describe('What it is expected to get until the reset.'),
});

export const sharerSchema = z.object({
  name: z.string(),
  weight: z.number(),
  group: z.string().nullable().describe("Whose it is: owners share first, then their agents; null for nobody's."),
  multiplier: z.number(),
  share: z.number().describe('Its part by weight, 0 to 1.'),
  used_usd: z
    .number()
    .describe(
      'What counts as used for its share in the current fairness period: a newcomer starts at the level of the others. 0 once the period has ended.',
    ),
  autonomous_usd: z.number().describe('What it really used in autonomous time in the current fairness period.'),
  counted_usd: z.number().describe('The same as `used_usd`, under its former name.'),
  remaining_usd: z.number().describe('What it is expected to get until the fairness period ends.'),
  balance_usd: z.number().describe('Above 0: it is behind the others; below 0: ahead of them.'),
  interval_s: z.int().nullable().describe('What it was last told.'),
  would_be_s: z.int().describe('What it would be told now.'),
  last_run_at: z.string().nullable().describe('When its last report was recorded.'),
  next_run_at: z
    .string()
    .nullable()
    .describe(
      'When it may run again, by its interval, a pause, and full windows; null where it may at any time, or is paused until resumed.',
    ),
  state: z.enum(identityStates).describe(`How it stands, by the first that holds: ${stateMeanings}`),
  binding_window: z.string().nullable(),
  blocked_by: z
    .array(z.string())
    .describe('Windows that it waits for until they reset, and `maintenance` while that goes on.'),
  conduct: z.enum(['compliant', 'demand', 'rogue', 'on']).nullable().describe('Whether it keeps to its intervals.'),
  present: z.boolean().describe('Whether it is expected to run now.'),
  reason: z.string(),
  windows: z.array(partSchema),
});
export type PublishedSharer = z.infer<typeof sharerSchema>;

export const maintenanceSchema = z
  .object({
    since: z.string(),
    until: z.string().describe('It ends then by itself.'),
    reason: z.string().nullable(),
  })
  .nullable()
  .describe('The maintenance that goes on; null where none does.');

export const publishedMaintenance = (found: Maintenance | null): z.infer<typeof maintenanceSchema> =>
  found === null ? null : { since: timeText(found.since), until: timeText(found.until), reason: found.reason };

/** `written` says how instants are. */
export const publishedWindows = ({ windows }: Status, written = timeText): PublishedWindow[] =>
  windows.map((window) => publishedWindow(window, written));

/** Everybody who has a share. */
export function publishedSharers({ identities }: Status): PublishedSharer[] {
  return identities.flatMap((identity) => (identity.share === null ? [] : [sharerOf(identity, identity.share)]));
}

/** An instant as ISO text. The run-out of a window that is hardly used lies beyond the latest date there is. */
export const timeText = (at: number): string => isoText(Math.round(Math.min(at, limits.occurredAtMsMax)));

const timeOrNull = (at: number | null, written = timeText): string | null => (at === null ? null : written(at));

/** `written` says how instants are. */
export function publishedWindow(window: WindowStatus, written = timeText): PublishedWindow {
  return {
    window: window.key,
    percent: window.percent,
    percent_deviation: window.percentDeviation,
    read_percent: window.readPercent,
    read_at: timeOrNull(window.readAt, written),
    stale: window.stale,
    budget_usd: window.budgetUsd,
    budget_deviation: window.budgetDeviation,
    budget_known: window.budgetKnown,
    unattributed_usd: window.unattributedUsd,
    margin_percent: window.marginPercent,
    rate_usd_per_hour: window.rateUsdPerHour,
    exhausted: window.exhausted,
    resets_at: timeOrNull(window.resetsAt, written),
    runout: window.runout === null ? null : runoutOf(window.runout, written),
    followed_percent: window.followedPercent,
  };
}

function runoutOf(
  { burn, p10, p50, p90, beforeReset, projected }: Runout,
  written: typeof timeText,
): PublishedWindow['runout'] {
  return {
    burn_usd_per_hour: burn,
    p10: written(p10),
    p50: written(p50),
    p90: written(p90),
    before_reset: beforeReset,
    projected_percent: projected,
  };
}

function sharerOf(identity: IdentityStatus, share: ShareStatus): PublishedSharer {
  return {
    name: identity.name,
    weight: share.weight,
    group: share.group,
    multiplier: share.multiplier,
    share: share.nominal,
    used_usd: share.usedUsd,
    autonomous_usd: share.autonomousUsd,
    counted_usd: share.usedUsd,
    remaining_usd: share.remainingUsd,
    balance_usd: share.balanceUsd,
    interval_s: identity.intervalS,
    would_be_s: identity.wouldBeS,
    last_run_at: timeOrNull(identity.lastReportAt),
    next_run_at: timeOrNull(identity.nextRunAt),
    state: identity.state,
    binding_window: identity.bindingWindow,
    blocked_by: [...identity.blockedBy],
    conduct: share.conduct,
    present: share.present,
    reason: identity.reason,
    windows: share.windows.map(({ key, share: part, usedUsd, remainingUsd }) => ({
      window: key,
      share: part,
      used_usd: usedUsd,
      remaining_usd: remainingUsd,
    })),
  };
}
