/** The table of parameters of docs/concepts/fair-share.md: defaults are the code's, ranges those that were tried ("What a change does" there). */
import { markdownTable } from '../../bench/fairness/table.js';
import { defaultPolicy, type Policy } from '../../src/fairness/policy.js';

type Parameter = Exclude<keyof Policy, 'version' | 'windows'>;

/** What it is for, and between which values it was seen to do well. */
const parameters: Readonly<Record<Parameter, readonly [meaning: string, range: string]>> = {
  method: ['`fair`, or `static`: the base interval for all, and a wait while a window is full', ''],
  mode: ['what a denied turn means', ''],
  interval_s_base: ['the interval before a budget is known', ''],
  interval_s_min: ['the shortest interval', '60 to 300'],
  interval_s_max: ['the longest interval', ''],
  interval_s_hard_max: ['the longest where a steady pace of all is slow', ''],
  recheck_s: ['after how long a waiting agent asks again', '1800 and more'],
  reissue_log_ratio: ['a re-check changes intervals that differ by more, as a logarithm', ''],
  deadband_log_ratio: ['changes below it are not passed on, as a logarithm', '0 to 0.1'],
  step_factor_max: ['the largest factor between two intervals in a row', '2 and more'],
  multiplier_power: ['γ: 1 shares use measured by multipliers, 0 shares money', ''],
  horizon_h: ['hours in which levels even out', '48 to 168'],
  boost_max: ['at most so many times the proportional rate', '3 and more'],
  floor_fraction: ['at least this part of the proportional rate', '0 to 0.15'],
  caution_deviations: ['standard deviations of p kept free as well', '0.5 to 1'],
  collaboration_charge: ['part of work with a person that counts against the agent', ''],
  carry: ['part of a lead or lag that outlives the reset', ''],
  wake_cost_micro_usd_prior: ['cost of a run before any was seen', ''],
  wake_half_life_wakes: ['half-life of the mean cost, in runs', '8 to 16'],
  presence_memory_h: ['how long being there now says something', '0.5 to 3'],
  unattributed_drift: ['drift of use outside the ledger, over an even pace', '0 to 0.15'],
  reading_variance: ['variance of a reading, in points squared', ''],
  gate_deviations: ['readings further off wait for a second one', ''],
  known_relative_deviation: ['a budget is known below it', ''],
  collaboration_slow_half_life_h: ['half-life of what people usually need', ''],
  collaboration_fast_half_life_h: ['half-life of what they need now', ''],
  collaboration_session_h: ['how long somebody who works now goes on', ''],
  collaboration_prior_h: ['hours without people that are taken to have come first', ''],
  plan_ms: ['how long a plan is kept', ''],
  plan_ms_large: ['the same in large pools', ''],
  large_pool_members: ['from how many members on a pool is large', ''],
  method_version: ['1 (left out) learns from every report, 2 from every run', ''],
  account: ['the account whose readings count; left out: the one whose readings move with the use', ''],
};

export function parametersTable(): string {
  const rows = (Object.keys(parameters) as Parameter[]).map((name) => {
    const [meaning, range] = parameters[name];
    return [`\`${name}\``, shown(defaultPolicy[name]), range, meaning];
  });
  const windows = defaultPolicy.windows.map(({ key, length_s: length, anchor, models = [] }) => [
    `\`${key}\``,
    `${length}`,
    anchor,
    models.join(', ') || 'all',
  ]);
  return `${markdownTable(['parameter', 'default', 'did well', 'meaning'], rows, [0, 3])}

\`windows\` lists what is known of a window before its first reading; a window that is not listed gets its rule from its key.
Besides what the table shows, a rule may hold \`known_budget_micro_usd\` with \`resets_at\`, \`margin_percent\` and \`reserve_percent\`.

${markdownTable(['window', 'seconds', 'anchor', 'models'], windows, [0, 2, 3])}`;
}

const shown = (value: string | number | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? `\`${value}\`` : String(Math.round(value * 1e4) / 1e4);
