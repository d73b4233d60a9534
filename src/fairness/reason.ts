/** Why an agent is told what it is told, in one plain sentence. "Reasons" in docs/concepts/fair-share.md. */
import { durationText } from '../text/duration.js';
import { percentText } from '../text/percent.js';
import type { Recommendation } from './interval.js';
import type { Plan, PlannedMember } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import { isByRun, type Policy } from './policy.js';
import { type BalanceOf, runReason } from './reason-run.js';

/** Why one that is retired does not run. */
export const retiredReason = 'It has left the pool: `resource-share identities reinstate` brings it back.';

/** Differences of a rate from an equal share smaller than this go without saying. */
const notable = 0.05;

export function reasonOf(
  policy: Policy,
  told: Recommendation,
  planned: PlannedMember | undefined,
  plan: Plan,
  balance: BalanceOf = () => null,
): string {
  const { windows } = plan;
  if (told.bound === 'blocked') return blockedReason(told, windows);
  if (policy.method === 'static') return `Everybody runs every ${durationText(told.interval)}.`;
  if (planned === undefined) return `Runs every ${durationText(told.interval)}: it has no share until it is confirmed.`;
  if (isByRun(policy)) return runReason(policy, told, planned, plan, balance);
  const binding = windows.find(({ view }) => view.key === told.bindingWindow);
  if (told.bound === 'minimum')
    return `Runs every ${durationText(told.interval)}, as often as it may: there is enough left.`;
  if (binding === undefined) {
    return `Runs every ${durationText(told.interval)}: no window limits it, only its own pace and the limit on catching up.`;
  }
  const { view } = binding;
  const until = view.known
    ? `${view.key} (${percentText(Math.round(view.percent))} used) has to last ${durationText(view.hoursLeft * 3_600)}`
    : `how much ${view.key} holds is not known yet`;
  const longest = told.bound === 'ceiling' ? ', the longest wait there is' : '';
  return `Runs every ${durationText(told.interval)}${longest}: ${until}${standing(told)}${conduct(planned)}.`;
}

function blockedReason(told: Recommendation, windows: readonly PlannedWindow[]): string {
  const keys = told.blockedBy;
  const are = keys.length > 1 ? 'are' : 'is';
  const full = windows.every(({ view }) => !keys.includes(view.key) || view.full) ? 'full' : 'used up';
  const wait = told.interval - (told.since ?? 0);
  return `${keys.join(' and ')} ${are} ${full}: wait ${durationText(wait)}, until shortly after the reset.`;
}

function standing({ rate, proportional }: Recommendation): string {
  if (proportional <= 0) return '';
  if (rate > proportional * (1 + notable)) return '; it has used less than its share so far and catches up';
  if (rate < proportional * (1 - notable)) return '; it has used more than its share so far';
  return '; it gets its equal share';
}

function conduct({ conduct: how, member }: PlannedMember): string {
  if (how === 'demand') return `; it runs only every ${durationText(member.gap)}, so the rest of its share is lent`;
  if (how === 'rogue')
    return `; it runs every ${durationText(member.gap)} whatever it is told, so that is what is planned for`;
  return '';
}
