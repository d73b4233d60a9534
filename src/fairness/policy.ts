/**
 * The parameters of the controller: what `policy.set` holds, whole, so that a log says by which rules each interval was
 * given. Defaults and safe ranges come from simulated weeks; see "Parameters" in docs/concepts/fair-share.md.
 */
import * as z from 'zod';

const seconds = z.int().min(1).max(31_536_000);
const fraction = z.number().min(0).max(1);
const hours = z.number().positive().max(8_760);
const plainText = z
  .string()
  .min(1, 'is empty')
  .max(64)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'holds control characters');

/** What is known of a provider's window before any reading. Keys that are not listed get the rules of `windowRules`. */
export const windowRule = z.strictObject({
  key: plainText,
  length_s: seconds,
  /** `fixed`: one period follows the other. `use`: a period begins with the first use after the last one ended. */
  anchor: z.enum(['fixed', 'use']),
  /** Only use of models whose name holds one of these words counts. Left out: all models. */
  models: z.array(plainText).min(1).max(32).optional(),
  /** Money in one period, in micro-USD, where the price list or contract says so: no readings are needed then. */
  known_budget_micro_usd: z.int().min(1).max(1_000_000_000_000_000).optional(),
  /** Any end of a period, in milliseconds UTC, for a known budget. Left out: the first period begins with the policy. */
  resets_at: z.int().min(0).optional(),
  /** Percentage points kept free. Left out: 0.8 for a week and longer, 1.5 for up to a day, else 1. */
  margin_percent: z.number().min(0).max(100).optional(),
  /** Percentage points set aside for people; takes the place of a smaller margin. */
  reserve_percent: z.number().min(0).max(100).optional(),
});
export type WindowRule = z.infer<typeof windowRule>;

const distinctKeys = (rules: readonly WindowRule[]) => new Set(rules.map(({ key }) => key)).size === rules.length;

/** Every parameter, as a person may set it. */
export const policyParameters = z.strictObject({
  /** `fair`: the controller. `static`: everybody runs at the base interval; a full window stops all. */
  method: z.enum(['fair', 'static']),
  /** `observe` records turns, `advise` answers and never refuses, `enforce` refuses a turn before its time. */
  mode: z.enum(['observe', 'advise', 'enforce']),
  interval_s_base: seconds,
  interval_s_min: seconds,
  /** The longest interval, unless an even pace of the whole fleet needs a longer one. */
  interval_s_max: seconds,
  interval_s_hard_max: seconds,
  /** After how long a waiting agent is to ask again. */
  recheck_s: seconds,
  /** A re-check is answered again when the interval changed by more than this, as a difference of logarithms. */
  reissue_log_ratio: z.number().min(0).max(5),
  /** Changes smaller than this, as a difference of logarithms, are not passed on. */
  deadband_log_ratio: z.number().min(0).max(1),
  /** The largest factor between two intervals in a row. */
  step_factor_max: z.number().min(1).max(100),
  /** γ: 1 shares what the multipliers measure (use over multiplier), 0 shares money. */
  multiplier_power: z.number().min(-2).max(2),
  /** Over what time a member who is behind is to catch up. */
  horizon_h: hours,
  /** No one is offered more than this times its proportional rate. */
  boost_max: z.number().min(1).max(1_000),
  /** Everybody present gets at least this fraction of its proportional rate. */
  floor_fraction: fraction,
  /** How many standard deviations of the percentage are kept free as well. */
  caution_deviations: z.number().min(0).max(10),
  /** What part of use while a person works counts against the agent. */
  collaboration_charge: fraction,
  /** What part of a member's lead or lag outlives a reset. */
  carry: fraction,
  /** A typical wake before any was seen, in micro-USD. */
  wake_cost_micro_usd_prior: z.int().min(1).max(1_000_000_000_000),
  wake_half_life_wakes: z.number().min(1).max(1_000),
  presence_memory_h: hours,
  /** How far use outside the ledger may drift, as a fraction of an even pace. */
  unattributed_drift: fraction,
  /** Variance of one reading, in percentage points squared. */
  reading_variance: z.number().positive().max(100),
  /** Readings further off than this many standard deviations wait for a second opinion. */
  gate_deviations: z.number().min(1).max(100),
  /** The budget counts as known below this relative standard deviation. */
  known_relative_deviation: z.number().positive().max(10),
  collaboration_slow_half_life_h: hours,
  collaboration_fast_half_life_h: hours,
  /** How long a person who works now is expected to go on. */
  collaboration_session_h: hours,
  collaboration_prior_h: hours,
  /** A plan is kept for this long, in milliseconds of the log's time; events other than use end it at once. */
  plan_ms: z.int().min(0).max(3_600_000),
  /** The same in pools with more members than `large_pool_members`. */
  plan_ms_large: z.int().min(0).max(3_600_000),
  large_pool_members: z.int().min(1).max(1_000_000),
  /** 1 (left out): every report is a wake. 2: what is learnt is learnt by run. A ledger goes on with what its log says. */
  method_version: z.union([z.literal(1), z.literal(2)]).optional(),
  /** The account whose readings count; '' or left out: the one whose readings move with the use. */
  account: z.union([z.literal(''), plainText]).optional(),
  windows: z.array(windowRule).max(32).refine(distinctKeys, 'names a window twice'),
});
export type PolicyParameters = z.infer<typeof policyParameters>;

/** Parameters that are to have other values. */
export type PolicyChange = Partial<PolicyParameters>;

/** The parameters with the number of the change that set them; 0 are the defaults, before any change. */
export const policySchema = z.strictObject({ version: z.int().min(0), ...policyParameters.shape });
export type Policy = z.infer<typeof policySchema>;

const week = 604_800;

/** Windows of the subscriptions the original server read. */
const windowRules: WindowRule[] = [
  { key: 'session_5hour', length_s: 18_000, anchor: 'use' },
  { key: 'week_all', length_s: week, anchor: 'fixed' },
  { key: 'week_sonnet', length_s: week, anchor: 'fixed', models: ['sonnet'] },
];

export const defaultPolicy: Policy = {
  version: 0,
  method: 'fair',
  mode: 'advise',
  interval_s_base: 900,
  interval_s_min: 300,
  interval_s_max: 14_400,
  interval_s_hard_max: 86_400,
  recheck_s: 1_800,
  reissue_log_ratio: 0.25,
  deadband_log_ratio: 0.05,
  step_factor_max: 2,
  multiplier_power: 1,
  horizon_h: 48,
  boost_max: 3,
  floor_fraction: 0.15,
  caution_deviations: 0.5,
  collaboration_charge: 0,
  carry: 0,
  wake_cost_micro_usd_prior: 500_000,
  wake_half_life_wakes: 8,
  presence_memory_h: 3,
  unattributed_drift: 0.15,
  reading_variance: 1 / 12 + 0.2,
  gate_deviations: 4,
  known_relative_deviation: 0.35,
  collaboration_slow_half_life_h: 96,
  collaboration_fast_half_life_h: 0.5,
  collaboration_session_h: 4,
  collaboration_prior_h: 48,
  plan_ms: 1_000,
  plan_ms_large: 30_000,
  large_pool_members: 300,
  windows: windowRules,
};

/**
 * The rule of a window: the policy's own, else one made from its key and the length a reading gave. A key such as
 * `week_opus` limits the model it names; a window of up to a day begins with use.
 */
export function ruleOf(policy: Policy, key: string, lengthSeconds: number | null): WindowRule {
  const given = policy.windows.find((rule) => rule.key === key);
  if (given !== undefined) return given;
  const length = lengthSeconds ?? (/5.?h/i.test(key) ? 18_000 : week);
  const model = /^week_(?!all$)([a-z0-9.-]+)$/i.exec(key)?.[1];
  return {
    key,
    length_s: length,
    anchor: length <= 86_400 ? 'use' : 'fixed',
    ...(model === undefined ? {} : { models: [model.toLowerCase()] }),
  };
}

/** Percentage points a plan leaves free in a window, before its uncertainty. */
export function marginOf(rule: WindowRule): number {
  const margin = rule.margin_percent ?? (rule.length_s >= week ? 0.8 : rule.length_s <= 86_400 ? 1.5 : 1);
  return Math.max(margin, rule.reserve_percent ?? 0);
}

export function countsModel(models: readonly string[] | undefined, model: string | null): boolean {
  if (models === undefined) return true;
  if (model === null) return false;
  const name = model.toLowerCase();
  return models.some((word) => name.includes(word));
}

/** Under version 2 of the method what is learnt is learnt by run; before, every report was a wake. */
export const isByRun = (policy: Policy): boolean => policy.method_version === 2;
