/**
 * Which part of all autonomous use was each agent's, step by step, beside the share that its weight entitled it to. Work with a
 * person is in neither: no share is kept for it.
 */
import { dateIn, startOfDate } from '../events/days.js';
import { nameHeld } from '../events/identities.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { KeptAnswers } from './kept-answers.js';
import { type NotedShares, notedShares } from './noted-shares.js';
import { commonMs, isOfWholeDays, type Steps, stepAt, stepsOf } from './steps.js';
import type { UseQuestion } from './use-over-time.js';

export interface SharesOverTime {
  /** It rests on everything up to this event, and perhaps on a little more. */
  readonly seq: number;
  readonly steps: Steps;
  /** US dollars that all used in autonomous time, one number a step. */
  readonly usd: readonly number[];
  /** The largest use first. */
  readonly agents: readonly AgentShares[];
}

/** Fractions of the whole, 0 to 1, one a step. */
export interface AgentShares {
  /** Null for all that are not among the largest, together. */
  readonly name: string | null;
  /** How many agents it is of. */
  readonly names: number;
  /** Null where nobody used anything. */
  readonly used: readonly (number | null)[];
  /** By its weight, at the end of the step; null before it begins, and where no shares were noted. */
  readonly entitled: readonly (number | null)[];
  /** Over all steps: its part, and what it would have been if what was used in each had been shared by weight. */
  readonly total: { readonly used: number | null; readonly entitled: number | null };
}

export type SharesQuestion = Omit<UseQuestion, 'by'>;

const kept = new KeptAnswers<SharesOverTime>();

/** What was merged since is told as one. Kept, and refused, as `useOverTime` is; of one agent alone where the question names it. */
export async function sharesOverTime(ledger: Ledger, pool: PoolId, question: SharesQuestion): Promise<SharesOverTime> {
  const { timeZone } = ledger.state(pool);
  const { step, from, until, identity, upToSeq } = question;
  const steps = stepsOf(step, timeZone, question);
  const key = JSON.stringify([step, from, until, identity, upToSeq, timeZone]);
  const seq = upToSeq ?? (await ledger.head(pool)).seq;
  return kept.answer(ledger, pool, { key, seq }, async () => {
    const [costs, noted] = await Promise.all([
      costsOf(ledger, pool, steps, upToSeq),
      sharesByStep(ledger, pool, steps, seq),
    ]);
    const all = steps.starts.map((_, i) => [...costs.values()].reduce((sum, one) => sum + (one[i] ?? 0), 0));
    const shares = inNamesOfNow(ledger, pool, noted);
    const names = identity === undefined ? namesOf(costs, shares) : [identity];
    const groups = groupsOf(names, limits.seriesAgentsMax);
    const agents = groups.map((group) => agentShares(group, costs, shares, all));
    return { seq, steps, usd: all.map((cost) => cost / 1e6), agents };
  });
}

/** Micro-USD of each agent in autonomous time, one number a step. */
type Costs = ReadonlyMap<string, readonly number[]>;

interface CostRow {
  readonly name: string;
  readonly at: number;
  readonly cost: number;
}

async function costsOf(ledger: Ledger, pool: PoolId, steps: Steps, upToSeq: number | undefined): Promise<Costs> {
  const isOfDays = steps.kind !== 'hour' && isOfWholeDays(steps) && upToSeq === undefined;
  const rows = isOfDays ? await dailyCosts(ledger, pool, steps) : await summedCosts(ledger, pool, steps, upToSeq);
  const costs = new Map<string, number[]>();
  for (const { name, at, cost } of rows) {
    const sums = costs.get(name) ?? new Array<number>(steps.starts.length).fill(0);
    const step = stepAt(steps, at);
    sums[step] = (sums[step] ?? 0) + cost;
    costs.set(name, sums);
  }
  return costs;
}

const dailySql = `SELECT claude_name AS name, date, autonomous_cost_micro_usd AS cost
  FROM daily_resource_share WHERE pool = ? AND date >= ? AND date < ?`;

async function dailyCosts(ledger: Ledger, pool: PoolId, { timeZone, from, until }: Steps): Promise<CostRow[]> {
  const rows = await ledger.query<{ name: string; date: string; cost: number | string }>(dailySql, [
    pool,
    dateIn(timeZone, from),
    dateIn(timeZone, until),
  ]);
  return rows.map(({ name, date, cost }) => ({ name, at: startOfDate(timeZone, date), cost: Number(cost) }));
}

async function summedCosts(
  ledger: Ledger,
  pool: PoolId,
  steps: Steps,
  upToSeq: number | undefined,
): Promise<CostRow[]> {
  const { from: since, until } = steps;
  const stepMs = commonMs(steps);
  const rows = await ledger.usageSums(pool, { since, until, keys: ['claude_name', 'mode'], stepMs }, upToSeq);
  return rows
    .filter(({ mode }) => mode === 'autonomy')
    .map((row) => ({
      name: row.claude_name ?? '',
      at: Number(row.step) * stepMs,
      cost: Number(row.cost_micro_usd),
    }));
}

/** Those in force at the end of each step; null for one that has not begun, and where none were noted. */
async function sharesByStep(
  ledger: Ledger,
  pool: PoolId,
  { starts, until }: Steps,
  seq: number,
): Promise<(NotedShares | null)[]> {
  const now = ledger.now();
  const found = starts.map((): NotedShares | null => null);
  let noted: NotedShares | null | undefined;
  // From the last step on back: what was noted before a step ends holds until the one that was looked at before.
  for (let i = starts.length - 1; i >= 0; i -= 1) {
    const end = (starts[i + 1] ?? until) as EpochMs;
    if ((starts[i] as number) > now) continue;
    if (noted === undefined || (noted !== null && noted.at >= end)) {
      const upTo = Math.min(seq, await ledger.seqAt(pool, (end - 1) as EpochMs));
      noted = await notedShares(ledger, pool, upTo);
    }
    found[i] = noted;
  }
  return found;
}

type SharesByName = readonly (ReadonlyMap<string, number> | null)[];

/** Tables of use have one name for what was merged, also of the time before: shares are added up under it. */
function inNamesOfNow(ledger: Ledger, pool: PoolId, noted: readonly (NotedShares | null)[]): SharesByName {
  const state = ledger.state(pool);
  const known = new Map<NotedShares, ReadonlyMap<string, number> | null>();
  return noted.map((one) => {
    if (one === null) return null;
    const before = known.get(one);
    if (before !== undefined) return before;
    const sums = new Map<string, number>();
    for (const [then, share] of one.shares) {
      const name = nameHeld(state, then);
      sums.set(name, (sums.get(name) ?? 0) + share);
    }
    const shares = sums.size === 0 ? null : sums;
    known.set(one, shares);
    return shares;
  });
}

/** Everybody who used something or had a share, the largest use first. */
function namesOf(costs: Costs, shares: SharesByName): string[] {
  const used = new Map([...costs].map(([name, sums]) => [name, sums.reduce((sum, cost) => sum + cost, 0)]));
  const newest = shares.findLast((one) => one !== null);
  const names = new Set([...used.keys(), ...shares.flatMap((one) => (one === null ? [] : [...one.keys()]))]);
  const by = (amounts: ReadonlyMap<string, number> | null | undefined) => (a: string, b: string) =>
    (amounts?.get(b) ?? 0) - (amounts?.get(a) ?? 0);
  return [...names].sort((a, b) => by(used)(a, b) || by(newest)(a, b) || (a < b ? -1 : 1));
}

/** Each name for itself, and beyond the most that are told apart the rest as one. */
function groupsOf(names: readonly string[], max: number): (readonly string[])[] {
  const single = names.slice(0, max).map((name) => [name]);
  return names.length <= max ? single : [...single, names.slice(max)];
}

function agentShares(
  names: readonly string[],
  costs: Costs,
  shares: SharesByName,
  all: readonly number[],
): AgentShares {
  const sumOf = (amountOf: (name: string) => number) => names.reduce((sum, name) => sum + amountOf(name), 0);
  const own = all.map((_, i) => sumOf((name) => costs.get(name)?.[i] ?? 0));
  const entitled = shares.map((one) => (one === null ? null : sumOf((name) => one.get(name) ?? 0)));
  return {
    name: names.length === 1 ? (names[0] as string) : null,
    names: names.length,
    used: own.map((cost, i) => ((all[i] ?? 0) > 0 ? cost / (all[i] as number) : null)),
    entitled,
    total: totalOf(own, entitled, all),
  };
}

/** Of the steps in which something was used; of what was due, of those of which it is known. */
function totalOf(
  own: readonly number[],
  entitled: readonly (number | null)[],
  all: readonly number[],
): AgentShares['total'] {
  const sums = { own: 0, all: 0, due: 0, noted: 0 };
  for (const [i, cost] of all.entries()) {
    if (cost <= 0) continue;
    sums.all += cost;
    sums.own += own[i] ?? 0;
    const share = entitled[i] ?? null;
    if (share === null) continue;
    sums.noted += cost;
    sums.due += share * cost;
  }
  return {
    used: sums.all > 0 ? sums.own / sums.all : null,
    entitled: sums.noted > 0 ? sums.due / sums.noted : null,
  };
}
