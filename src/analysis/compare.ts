/** What was told against what would have been, summed up by identity, and where the two lie furthest apart. */

import type { PolicyParameters } from '../fairness/policy.js';
import type { Answer, Counterfactual } from './counterfactual.js';

export interface Comparison {
  readonly from: number;
  readonly until: number;
  readonly changed: readonly { readonly parameter: string; readonly is: unknown; readonly becomes: unknown }[];
  readonly answers: number;
  /** Answers that would have differed by more than a twentieth. */
  readonly differing: number;
  readonly identities: readonly ComparedIdentity[];
  readonly differences: readonly Difference[];
  /** Fairness of the recorded use, judged by either policy. */
  readonly jain: { readonly is: number | null; readonly would: number | null };
}

export interface ComparedIdentity {
  readonly name: string;
  readonly answers: number;
  readonly told: Intervals;
  readonly would: Intervals;
  /** Dollars it used autonomously, and was entitled to by either policy. */
  readonly used_usd: number;
  readonly entitled_usd: number;
  readonly would_be_entitled_usd: number;
}

/** Seconds; waits for full windows are counted apart, in hours. */
export interface Intervals {
  readonly median: number | null;
  readonly shortest: number | null;
  readonly longest: number | null;
  readonly blocked_hours: number;
}

export interface Difference {
  readonly at: number;
  readonly seq: number;
  readonly name: string;
  readonly told_s: number;
  readonly would_s: number;
  readonly reason: string;
}

const notableRatio = 0.05;
const differencesMax = 8;
/** The same difference is not told twice. */
const apartMs = 6 * 3_600_000;

export function compare(run: Counterfactual): Comparison {
  const { from, until, policy, otherPolicy, answers, analysis, otherAnalysis, names } = run;
  const others = new Map(otherAnalysis.members.map((member) => [member.key, member]));
  return {
    from,
    until,
    changed: changedParameters(policy, otherPolicy),
    answers: answers.length,
    differing: answers.filter((answer) => Math.abs(ratioOf(answer)) > notableRatio).length,
    identities: analysis.members.map(({ key, name, used, entitled }) => {
      const own = answers.filter((answer) => answer.key === key);
      return {
        name,
        answers: own.length,
        told: intervals(own.map(({ at, told, blocked }) => ({ at, seconds: told, blocked }))),
        would: intervals(own.map(({ at, would, wouldBlock }) => ({ at, seconds: would, blocked: wouldBlock }))),
        used_usd: used,
        entitled_usd: entitled,
        would_be_entitled_usd: others.get(key)?.entitled ?? 0,
      };
    }),
    differences: largest(answers).map(({ at, seq, key, told, would, reason }) => ({
      at,
      seq,
      name: names.get(key) ?? key,
      told_s: told,
      would_s: would,
      reason,
    })),
    jain: { is: analysis.jain, would: otherAnalysis.jain },
  };
}

function changedParameters(policy: PolicyParameters, other: PolicyParameters): Comparison['changed'] {
  const names = Object.keys(policy) as (keyof PolicyParameters | 'version')[];
  return names
    .filter((name): name is keyof PolicyParameters => name !== 'version')
    .filter((name) => JSON.stringify(policy[name]) !== JSON.stringify(other[name]))
    .map((name) => ({ parameter: name, is: policy[name], becomes: other[name] }));
}

const ratioOf = ({ told, would }: Answer): number => Math.log(Math.max(1, would) / Math.max(1, told));

function intervals(all: readonly { at: number; seconds: number; blocked: boolean }[]): Intervals {
  const free = all.filter(({ blocked }) => !blocked).map(({ seconds }) => seconds);
  free.sort((a, b) => a - b);
  let blockedMs = 0;
  let blockedUntil = 0;
  for (const { at, seconds, blocked } of all) {
    if (!blocked) continue;
    const until = at + seconds * 1_000;
    blockedMs += Math.max(0, until - Math.max(at, blockedUntil));
    blockedUntil = Math.max(blockedUntil, until);
  }
  return {
    median: free[Math.floor(free.length / 2)] ?? null,
    shortest: free[0] ?? null,
    longest: free.at(-1) ?? null,
    blocked_hours: blockedMs / 3_600_000,
  };
}

function largest(answers: readonly Answer[]): Answer[] {
  const sorted = answers
    .filter((answer) => Math.abs(ratioOf(answer)) > notableRatio)
    .sort((a, b) => Math.abs(ratioOf(b)) - Math.abs(ratioOf(a)) || a.seq - b.seq);
  const chosen: Answer[] = [];
  for (const answer of sorted) {
    if (chosen.length === differencesMax) break;
    if (chosen.some(({ key, at }) => key === answer.key && Math.abs(at - answer.at) < apartMs)) continue;
    chosen.push(answer);
  }
  return chosen;
}
