/** What each parameter of the policy means, in one line. */
import type { PolicyParameters } from './policy.js';

export type ScalarParameter = Exclude<keyof PolicyParameters, 'windows'>;

/** Short enough to stand beside name and value in a terminal of 100 columns. */
export const policyWords: Readonly<Record<ScalarParameter, string>> = {
  method: 'fair: the controller; static: one for all',
  mode: 'observe, advise, or enforce (refuse turns)',
  interval_s_base: 'interval while no budget is known, seconds',
  interval_s_min: 'shortest interval, seconds',
  interval_s_max: 'longest unless an even pace is slower, seconds',
  interval_s_hard_max: 'longest interval in any case, seconds',
  recheck_s: 'a waiting agent asks again after this, seconds',
  reissue_log_ratio: 'a re-check is answered again beyond, log ratio',
  deadband_log_ratio: 'smaller changes are not passed on, log ratio',
  step_factor_max: 'largest factor between two intervals in a row',
  multiplier_power: '1 shares use over multiplier, 0 shares money',
  horizon_h: 'who is behind catches up within this, hours',
  boost_max: 'most that is offered, in equal shares',
  floor_fraction: 'least for who is present, in equal shares',
  caution_deviations: 'deviations of the percentage kept free',
  collaboration_charge: 'part of use with a person that counts',
  carry: 'part of a lead or lag that outlives a reset',
  wake_cost_micro_usd_prior: 'a wake before any was seen, micro-USD',
  wake_half_life_wakes: 'half-life of the mean cost of a wake, wakes',
  presence_memory_h: 'how long being there now tells of later, hours',
  unattributed_drift: 'drift of use outside the ledger, of even pace',
  reading_variance: 'variance of one reading, points squared',
  gate_deviations: 'readings further off wait for a second one',
  known_relative_deviation: 'a budget counts as known below this deviation',
  collaboration_slow_half_life_h: 'half-life of the habit of people, hours',
  collaboration_fast_half_life_h: 'half-life of the pace of one at work, hours',
  collaboration_session_h: 'how much longer a person at work stays, hours',
  collaboration_prior_h: 'hours without people assumed at first',
  method_version: '1 learns from every report, 2 from every run',
  plan_ms: 'a plan is kept for so long, milliseconds',
  plan_ms_large: 'the same in large pools, milliseconds',
  large_pool_members: 'pools with more members than this are large',
  account: 'account whose readings count, if not its own',
};
