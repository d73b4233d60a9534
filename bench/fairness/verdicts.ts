/** Whether the controller is as good as it has to be: each figure of each scenario against its target. */
import type { Result } from './results.js';
import { type Target, targets } from './targets.js';

export interface Verdict {
  readonly scenario: string;
  readonly figure: Figure;
  readonly measured: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly met: boolean;
}

export const figures = [
  'Jain',
  'deviation %',
  'worst deviation %',
  'net %',
  'lowest use %',
  'highest use %',
  'locked out h',
  'blocked h',
  'refused %',
  'volatility',
  'longest wait',
  'net − original %',
  'locked out − original h',
] as const;
export type Figure = (typeof figures)[number];

/** Figures are compared with their targets as they are written, with this many decimals. */
export const decimals = (figure: Figure): number => (figure === 'Jain' || figure === 'volatility' ? 3 : 2);

export function verdictsOn(results: readonly Result[]): Verdict[] {
  return results.flatMap((result) => {
    const target = targets[result.scenario.name];
    if (target === undefined) throw new Error(`${result.scenario.name} has no targets`);
    return [...againstTarget(result, target), ...againstOriginal(result)];
  });
}

function againstTarget({ scenario, summaries }: Result, target: Target): Verdict[] {
  const { mean, deviationMax, utilisationMin, utilisationMax } = summaries.ours;
  const most = (figure: Figure, value: number, atMost: number) => verdict(scenario.name, figure, value, { atMost });
  const least = (figure: Figure, value: number, atLeast: number) => verdict(scenario.name, figure, value, { atLeast });
  return [
    least('Jain', mean.jain, target.jainMin),
    most('deviation %', 100 * mean.deviation, target.deviationMax),
    most('worst deviation %', 100 * deviationMax, target.deviationWorst),
    most('net %', 100 * mean.deviationNet, target.netMax),
    least('lowest use %', 100 * utilisationMin, target.utilisation[0]),
    most('highest use %', 100 * utilisationMax, target.utilisation[1]),
    most('locked out h', mean.lockedOutHours, target.lockedOutHoursMax),
    most('blocked h', mean.blockedHours, target.blockedHoursMax),
    most('refused %', 100 * mean.refused, target.refusedMax),
    most('volatility', mean.volatility, target.volatilityMax),
    ...(target.longestWaitMax === undefined ? [] : [most('longest wait', mean.longestWait, target.longestWaitMax)]),
  ];
}

/** In no scenario may it be less fair than the original, or lock agents out for longer. */
function againstOriginal({ scenario, summaries }: Result): Verdict[] {
  const { mean } = summaries.ours;
  const { mean: before } = summaries.original;
  return [
    verdict(scenario.name, 'net − original %', 100 * (mean.deviationNet - before.deviationNet), { atMost: 0 }),
    verdict(scenario.name, 'locked out − original h', mean.lockedOutHours - before.lockedOutHours, { atMost: 0 }),
  ];
}

function verdict(
  scenario: string,
  figure: Figure,
  value: number,
  bound: { readonly atLeast?: number; readonly atMost?: number },
): Verdict {
  const measured = Number(value.toFixed(decimals(figure)));
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bound;
  return { scenario, figure, measured, ...bound, met: measured >= atLeast && measured <= atMost };
}
