/** Step 5 of an explanation: cost of a wake over rate, within bounds, and not too far from the last one. */

import type { Explanation, IntervalStep } from '../../fairness/explanation.js';
import type { Policy } from '../../fairness/policy.js';
import { secondsText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { percentText } from '../../text/percent.js';
import { printText } from '../output.js';
import { stepIndent } from './layout.js';

export function printInterval({ interval, recommendation, rate }: Explanation, policy: Policy): void {
  for (const text of interval.wakeCost === null ? atBase(interval, recommendation.blockedBy) : steps())
    printText(text, stepIndent);

  function steps(): string[] {
    const { wakeCost, even, raw, shortest, longest, bounded } = interval;
    if (recommendation.bound === 'blocked') {
      return [
        `${recommendation.blockedBy.join(' and ')} must reset first. The wait is the time until then and up to 5 min more, which differ by name so that not all start at once: ${secondsText(Math.ceil(raw))}.`,
      ];
    }
    const lines: string[] = [];
    if (even === null) lines.push('It has no rate to run at.');
    else
      lines.push(
        `A wake costs ${usdText(wakeCost ?? 0)}; at ${usdText(rate?.rate ?? 0)} per hour that is every ${computedText(even)}.`,
      );
    if (even !== null && Math.abs(raw - even) > 1)
      lines.push(`That runs over the reset, after which there is more: ${computedText(raw)}.`);
    lines.push(`It may be ${secondsText(shortest)} to ${secondsText(longest)}: ${boundText(raw, bounded)}.`);
    const smooth = smoothText(interval, policy);
    if (smooth !== null) lines.push(smooth);
    return lines;
  }
}

function atBase({ interval }: IntervalStep, blockedBy: readonly string[]): string[] {
  if (blockedBy.length > 0) return [`${blockedBy.join(' and ')} must reset first: ${secondsText(interval)}.`];
  return [`The base interval of the policy: ${secondsText(interval)}.`];
}

function boundText(raw: number, bounded: number): string {
  if (raw < bounded) return `raised to ${computedText(bounded)}`;
  return raw > bounded ? `cut to ${computedText(bounded)}` : 'it is';
}

function smoothText({ smoothing, last, interval }: IntervalStep, policy: Policy): string | null {
  if (last === null) return null;
  const before = `The last one was ${secondsText(last)}`;
  if (smoothing === 'kept')
    return `${before}, less than ${percentText(Math.round(100 * policy.deadband_log_ratio))} away: it stays.`;
  if (smoothing === 'limited')
    return `${before}; a step is at most a factor of ${policy.step_factor_max}: ${secondsText(interval)}.`;
  return `${before}: far enough from it to be passed on, and near enough for one step.`;
}

/** An interval that is computed, and may be longer than anybody will wait. */
const computedText = (seconds: number): string => (seconds > 1e8 ? 'practically for ever' : secondsText(seconds));
