/** Why an agent is told what it is told, in one plain sentence. "Reasons" in docs/concepts/fair-share.md. */
import type { PlannedMember } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import type { Policy } from './policy.js';
import type { Recommendation } from './recommend.js';

/** Differences of a rate from an equal share smaller than this go without saying. */
const notable = 0.05;

export function reasonOf(
  policy: Policy,
  told: Recommendation,
  planned: PlannedMember | undefined,
  windows: readonly PlannedWindow[],
): string {
  if (told.bound === 'blocked') return blockedReason(told, windows);
  if (policy.method === 'static') return `Everybody runs every ${duration(told.interval)}.`;
  if (planned === undefined) return `Runs every ${duration(told.interval)}: it has no share until it is confirmed.`;
  const binding = windows.find(({ view }) => view.key === told.bindingWindow);
  if (told.bound === 'minimum')
    return `Runs every ${duration(told.interval)}, as often as it may: there is enough left.`;
  if (binding === undefined) {
    return `Runs every ${duration(told.interval)}: no window limits it, only its own pace and the limit on catching up.`;
  }
  const { view } = binding;
  const until = view.known
    ? `${view.key} (${view.percent.toFixed(0)} % used) has to last ${duration(view.hoursLeft * 3_600)}`
    : `how much ${view.key} holds is not known yet`;
  const longest = told.bound === 'ceiling' ? ', the longest wait there is' : '';
  return `Runs every ${duration(told.interval)}${longest}: ${until}${standing(told)}${conduct(planned)}.`;
}

function blockedReason(told: Recommendation, windows: readonly PlannedWindow[]): string {
  const keys = told.blockedBy;
  const are = keys.length > 1 ? 'are' : 'is';
  const full = windows.every(({ view }) => !keys.includes(view.key) || view.full) ? 'full' : 'used up';
  return `${keys.join(' and ')} ${are} ${full}: wait ${duration(told.interval)}, until shortly after the reset.`;
}

function standing({ rate, proportional }: Recommendation): string {
  if (proportional <= 0) return '';
  if (rate > proportional * (1 + notable)) return '; it has used less than its share so far and catches up';
  if (rate < proportional * (1 - notable)) return '; it has used more than its share so far';
  return '; it gets its equal share';
}

function conduct({ conduct: how, member }: PlannedMember): string {
  if (how === 'demand') return `; it runs only every ${duration(member.gap)}, so the rest of its share is lent`;
  if (how === 'rogue')
    return `; it runs every ${duration(member.gap)} whatever it is told, so that is what is planned for`;
  return '';
}

/** Seconds in the two largest units that matter: `45 s`, `12 min`, `3 h 20 min`, `4 d 6 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}
