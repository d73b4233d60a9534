/** Step 5 of an explanation: cost of a wake over rate, within bounds, and not too far from the last one. */
import type { Explanation, IntervalStep } from '../../fairness/explanation.js';
import type { Policy } from '../../fairness/policy.js';
import { duration } from '../../fairness/reason.js';
import { shownDollars } from '../figures.js';
import { printText } from '../output.js';
import { shownSeconds } from '../times.js';
import { stepIndent } from './layout.js';

export function printInterval({ interval, recommendation, rate }: Explanation, policy: Policy): void {
  for (const text of interval.wakeCost === null ? atBase(interval, recommendation.blockedBy) : steps())
    printText(text, stepIndent);

  function steps(): string[] {
    const { wakeCost, even, raw, shortest, longest, bounded } = interval;
    if (recommendation.bound === 'blocked') {
      return [
        `${recommendation.blockedBy.join(' and ')} must reset first. The wait is the time until then and up to 5 min more, which differ by name so that not all start at once: ${shownSeconds(Math.ceil(raw))}.`,
      ];
    }
    const lines: string[] = [];
    if (even === null) lines.push('It has no rate to run at.');
    else
      lines.push(
        `A wake costs ${shownDollars(wakeCost ?? 0)}; at ${shownDollars(rate?.rate ?? 0)} per hour that is every ${whole(even)}.`,
      );
    if (even !== null && Math.abs(raw - even) > 1)
      lines.push(`That runs over the reset, after which there is more: ${whole(raw)}.`);
    lines.push(
      `It may be ${shownSeconds(shortest)} to ${shownSeconds(Math.round(longest))}: ${boundText(raw, bounded)}.`,
    );
    const smooth = smoothText(interval, policy);
    if (smooth !== null) lines.push(smooth);
    return lines;
  }
}

function atBase({ interval }: IntervalStep, blockedBy: readonly string[]): string[] {
  if (blockedBy.length > 0) return [`${blockedBy.join(' and ')} must reset first: ${shownSeconds(interval)}.`];
  return [`The base interval of the policy: ${shownSeconds(interval)}.`];
}

function boundText(raw: number, bounded: number): string {
  if (raw < bounded) return `raised to ${whole(bounded)}`;
  return raw > bounded ? `cut to ${whole(bounded)}` : 'it is';
}

function smoothText({ smoothing, last, interval }: IntervalStep, policy: Policy): string | null {
  if (last === null) return null;
  const before = `The last one was ${shownSeconds(last)}`;
  if (smoothing === 'kept')
    return `${before}, less than ${Math.round(100 * policy.deadband_log_ratio)} % away: it stays.`;
  if (smoothing === 'limited')
    return `${before}; a step is at most a factor of ${policy.step_factor_max}: ${shownSeconds(interval)}.`;
  return `${before}: far enough from it to be passed on, and near enough for one step.`;
}

/** `42 min (2,536 s)`. */
function whole(seconds: number): string {
  if (seconds > 1e8) return 'practically for ever';
  return seconds < 120 ? duration(seconds) : `${duration(seconds)} (${Math.round(seconds)} s)`;
}
