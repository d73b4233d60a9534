/** Use over time, told apart by what it was of: rows that are summed up already, put into the steps of an axis. Pure. */
import { type Steps, stepAt } from './steps.js';

/** Of one name, agent or the like, in the step in which an instant lies; null where no report says the name. Costs are micro-USD. */
export interface UseRow {
  readonly name: string | null;
  /** Milliseconds UTC. */
  readonly at: number;
  readonly costMicroUsd: number;
  readonly tokens: number;
  readonly reports: number;
}

/** Corrections count in the step of the use that they correct; of reports, none is counted twice. */
export interface UseAmounts {
  readonly usd: number;
  readonly tokens: number;
  readonly reports: number;
}

/** What was used of one name; of each amount one number a step. */
export interface UseSeries {
  /** `unnamed`: what no report says a name of. `others`: all that are not among the largest. `all`: everything. */
  readonly kind: 'named' | 'unnamed' | 'others' | 'all';
  /** Null where it is not of one name. */
  readonly name: string | null;
  /** How many names it is of. */
  readonly names: number;
  /** Over all steps. */
  readonly total: UseAmounts;
  readonly usd: readonly number[];
  readonly tokens: readonly number[];
  readonly reports: readonly number[];
}

/** Sums that are being made; costs stay whole micro-USD until they are told. */
interface Sums {
  readonly name: string | null;
  readonly cost: number[];
  readonly tokens: number[];
  readonly reports: number[];
}

/**
 * The `partsMax` largest by cost and then tokens, the largest first, and the rest as one, which comes last. Everything
 * that was used is in one of them. What adds up to nothing at all, as what was taken back does, is left out.
 */
export function seriesOf(rows: readonly UseRow[], steps: Steps, partsMax: number): UseSeries[] {
  const all = new Map<string | null, Sums>();
  for (const row of rows) {
    const sums = all.get(row.name) ?? emptySums(row.name, steps);
    all.set(row.name, sums);
    add(sums, stepAt(steps, row.at), row);
  }
  const ordered = [...all.values()].filter(isUsed).sort(byUse);
  if (ordered.length <= partsMax) return ordered.map((sums) => told(sums, kindOf(sums), 1));
  const rest = ordered.slice(partsMax);
  const others = emptySums(null, steps);
  for (const sums of rest) {
    for (const [i, cost] of sums.cost.entries()) {
      add(others, i, {
        costMicroUsd: cost,
        tokens: sums.tokens[i] as number,
        reports: sums.reports[i] as number,
      });
    }
  }
  return [
    ...ordered.slice(0, partsMax).map((sums) => told(sums, kindOf(sums), 1)),
    told(others, 'others', rest.length),
  ];
}

/** All that was used, step by step. */
export function totalOf(rows: readonly UseRow[], steps: Steps): UseSeries {
  const sums = emptySums(null, steps);
  const names = new Set<string | null>();
  for (const row of rows) {
    names.add(row.name);
    add(sums, stepAt(steps, row.at), row);
  }
  return told(sums, 'all', names.size);
}

function emptySums(name: string | null, { starts }: Steps): Sums {
  const zeros = () => new Array<number>(starts.length).fill(0);
  return { name, cost: zeros(), tokens: zeros(), reports: zeros() };
}

function add(sums: Sums, step: number, { costMicroUsd, tokens, reports }: Omit<UseRow, 'name' | 'at'>): void {
  sums.cost[step] = (sums.cost[step] as number) + costMicroUsd;
  sums.tokens[step] = (sums.tokens[step] as number) + tokens;
  sums.reports[step] = (sums.reports[step] as number) + reports;
}

const kindOf = ({ name }: Sums): UseSeries['kind'] => (name === null ? 'unnamed' : 'named');

const isUsed = ({ cost, tokens, reports }: Sums): boolean =>
  [cost, tokens, reports].some((amounts) => amounts.some((amount) => amount !== 0));

const sumOf = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);

function byUse(a: Sums, b: Sums): number {
  const more = sumOf(b.cost) - sumOf(a.cost) || sumOf(b.tokens) - sumOf(a.tokens);
  return more || ((a.name ?? '') < (b.name ?? '') ? -1 : 1);
}

function told({ name, cost, tokens, reports }: Sums, kind: UseSeries['kind'], names: number): UseSeries {
  return {
    kind,
    name,
    names,
    total: { usd: sumOf(cost) / 1e6, tokens: sumOf(tokens), reports: sumOf(reports) },
    usd: cost.map((amount) => amount / 1e6),
    tokens,
    reports,
  };
}
