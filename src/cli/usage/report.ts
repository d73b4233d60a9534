/** `usage --by`: what was used, summed up as people ask for it. */
import type { LedgerView } from '../../ledger/view.js';
import { type UsageKey, type UsageSums, usageSums } from '../../projections/usage-sums.js';
import { blockOf, dayOf, monthOf, type PeriodOf, weekOf } from './periods.js';

export const groupings = ['day', 'week', 'month', 'session', 'model', 'project', 'identity', 'block'] as const;
export type Grouping = (typeof groupings)[number];

export const orders = ['oldest', 'newest', 'cost', 'tokens'] as const;
export type Order = (typeof orders)[number];

export interface ReportQuery {
  readonly by: Grouping;
  /** Whether each row is followed by those of its models. */
  readonly breakdown: boolean;
  readonly identity: string | undefined;
  /** Milliseconds UTC. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly order: Order;
  /** That days are cut in. */
  readonly zone: string;
}

/** Counts of a row; `key` is null where the use does not say it. */
export interface ReportRow {
  readonly key: string | null;
  /** Of a breakdown. */
  readonly model?: string | null;
  readonly amounts: Amounts;
  /** Of the last use in it, milliseconds UTC, to a quarter of an hour. */
  readonly lastAt: number;
}

const amountNames = [
  'input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'total_tokens',
  'unpriced_tokens',
  'cost_micro_usd',
  'reports',
] as const;
export type Amounts = Readonly<Record<(typeof amountNames)[number], number>>;

export interface UsageReport {
  readonly rows: readonly ReportRow[];
  readonly total: Amounts;
}

/** Every offset of a zone is a multiple of it. */
const quarterHourMs = 900_000;
/** Resets are on the minute. */
const minuteMs = 60_000;

const columnOf: Readonly<Partial<Record<Grouping, UsageKey>>> = {
  session: 'session',
  model: 'model',
  project: 'project',
  identity: 'claude_name',
};

export async function usageReport(view: LedgerView, query: ReportQuery): Promise<UsageReport> {
  const { by, breakdown, order, identity, since, until } = query;
  const stepMs = by === 'block' ? minuteMs : quarterHourMs;
  const column = columnOf[by];
  const keys = new Set<UsageKey>([...(column === undefined ? [] : [column]), ...(breakdown ? ['model' as const] : [])]);
  const asked = { keys: [...keys], stepMs, identity, since, until };
  const sums = await usageSums(view.engine, view.pool, asked);
  const periodOf = column === undefined ? await periods(view, query, sums, stepMs) : null;
  const keyOf = (row: UsageSums) =>
    column === undefined ? (periodOf?.(row.step * stepMs) ?? null) : (row[column] ?? null);
  const isPeriod = column === undefined;
  const rows = ordered(
    gathered(sums, stepMs, keyOf, () => undefined),
    order,
    isPeriod,
  );
  const models = breakdown ? gathered(sums, stepMs, keyOf, (row) => row.model ?? null) : [];
  const all = rows.flatMap((row) => [row, ...models.filter(({ key }) => key === row.key).sort(byCost)]);
  return { rows: all, total: added(rows.map(({ amounts }) => amounts)) };
}

async function periods(
  view: LedgerView,
  { by, zone, since }: ReportQuery,
  sums: readonly UsageSums[],
  stepMs: number,
): Promise<PeriodOf> {
  if (by === 'week') return weekOf(zone);
  if (by === 'month') return monthOf(zone);
  if (by === 'day') return dayOf(zone);
  const resets: number[] = [];
  for await (const row of view.rows('quota', { window: 'session_5hour', since: since as never })) {
    if (row.resets_at !== null) resets.push(Date.parse(String(row.resets_at)));
  }
  return blockOf(
    resets,
    sums.map(({ step }) => step * stepMs),
  );
}

function gathered(
  sums: readonly UsageSums[],
  stepMs: number,
  keyOf: (row: UsageSums) => string | null,
  modelOf: (row: UsageSums) => string | null | undefined,
): ReportRow[] {
  const found = new Map<string, { key: string | null; model: string | null | undefined; parts: UsageSums[] }>();
  for (const row of sums) {
    const [key, model] = [keyOf(row), modelOf(row)];
    const id = JSON.stringify([key, model ?? null]);
    const known = found.get(id) ?? { key, model, parts: [] };
    known.parts.push(row);
    found.set(id, known);
  }
  return [...found.values()].map(({ key, model, parts }) => ({
    key,
    ...(model === undefined ? {} : { model }),
    amounts: added(parts),
    lastAt: parts.reduce((last, { step }) => Math.max(last, step * stepMs), 0),
  }));
}

function added(parts: readonly Amounts[]): Amounts {
  const sum = Object.fromEntries(amountNames.map((name) => [name, 0])) as Record<keyof Amounts, number>;
  for (const part of parts) for (const name of amountNames) sum[name] += Number(part[name]);
  return sum;
}

const byCost = (a: ReportRow, b: ReportRow): number =>
  b.amounts.cost_micro_usd - a.amounts.cost_micro_usd || b.amounts.total_tokens - a.amounts.total_tokens;

/** Stretches of time are in order by their names, all else by its last use. */
function ordered(rows: readonly ReportRow[], order: Order, isPeriod: boolean): ReportRow[] {
  if (order === 'cost') return [...rows].sort(byCost);
  if (order === 'tokens') return [...rows].sort((a, b) => b.amounts.total_tokens - a.amounts.total_tokens);
  const byName = (a: ReportRow, b: ReportRow) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1);
  const oldestFirst = [...rows].sort(isPeriod ? byName : (a, b) => a.lastAt - b.lastAt);
  return order === 'oldest' ? oldestFirst : oldestFirst.reverse();
}
