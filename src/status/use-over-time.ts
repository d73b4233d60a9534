/**
 * What a pool used over time: by agent, model, project, session or mode, in hours, days or weeks of its zone. Whole days by agent are read
 * from the table of days; anything else is summed up from the table of uses, over the time that is asked for.
 */
import { dateIn, startOfDate } from '../events/days.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { KeptAnswers } from './kept-answers.js';
import { commonMs, isOfWholeDays, type StepKind, type Steps, stepsOf } from './steps.js';
import { seriesOf, totalOf, type UseRow, type UseSeries } from './use-series.js';

export const useKeys = ['agent', 'model', 'project', 'session', 'mode'] as const;
export type UseKey = (typeof useKeys)[number];

export interface UseQuestion {
  readonly by: UseKey;
  readonly step: StepKind;
  /** Milliseconds UTC: the first inside, the last outside. */
  readonly from: EpochMs;
  readonly until: EpochMs;
  /** Only of the identity of this name, as tables have it. */
  readonly identity?: string | undefined;
  /** As the log was after this event; left out: now. */
  readonly upToSeq?: number | undefined;
}

export interface UseOverTime {
  readonly by: UseKey;
  /** It rests on everything up to this event, and perhaps on a little more. */
  readonly seq: number;
  readonly steps: Steps;
  /** The largest first; all of them together are `total`. */
  readonly series: readonly UseSeries[];
  readonly total: UseSeries;
}

/** Amounts as a table holds them: of a driver that has large ones as text, too. */
type Amount = number | string;

const columnOf = {
  agent: 'claude_name',
  model: 'model',
  project: 'project',
  session: 'session',
  mode: 'mode',
} as const;

const kept = new KeptAnswers<UseOverTime>();

/**
 * What was used. The same question is answered without looking while the log has not gone on, and, where the answer took long, a little
 * longer. Throws `request_invalid` where the time is empty, or has too many steps.
 */
export async function useOverTime(ledger: Ledger, pool: PoolId, question: UseQuestion): Promise<UseOverTime> {
  const { timeZone } = ledger.state(pool);
  const { by, step, from, until, identity, upToSeq } = question;
  const steps = stepsOf(step, timeZone, question);
  const key = JSON.stringify([by, step, from, until, identity, upToSeq, timeZone]);
  // Read before the rows: they hold everything up to this seq.
  const seq = upToSeq ?? (await ledger.head(pool)).seq;
  return kept.answer(ledger, pool, { key, seq }, async () => {
    const rows = await rowsOf(ledger, pool, question, steps);
    return { by, seq, steps, series: seriesOf(rows, steps, limits.seriesPartsMax), total: totalOf(rows, steps) };
  });
}

function rowsOf(ledger: Ledger, pool: PoolId, question: UseQuestion, steps: Steps): Promise<readonly UseRow[]> {
  const { by, step, identity, upToSeq } = question;
  // What the table holds of a day it holds in one row, and as it is currently alone.
  const isOfDays = by === 'agent' && step !== 'hour' && isOfWholeDays(steps);
  return isOfDays && upToSeq === undefined
    ? dailyRows(ledger, pool, steps, identity)
    : summedRows(ledger, pool, question, steps);
}

interface DailyRow {
  readonly name: string;
  readonly date: string;
  readonly cost: Amount;
  readonly tokens: Amount;
  readonly reports: Amount;
}

const dailySql = `SELECT claude_name AS name, date, total_cost_micro_usd AS cost, total_tokens AS tokens, reports
  FROM daily_resource_share WHERE pool = ? AND date >= ? AND date < ?`;

async function dailyRows(
  ledger: Ledger,
  pool: PoolId,
  { timeZone, from, until }: Steps,
  identity: string | undefined,
): Promise<UseRow[]> {
  const dates = [dateIn(timeZone, from), dateIn(timeZone, until)];
  const rows = await (identity === undefined
    ? ledger.query<DailyRow>(dailySql, [pool, ...dates])
    : ledger.query<DailyRow>(`${dailySql} AND claude_name = ?`, [pool, ...dates, identity]));
  return rows.map(({ name, date, cost, tokens, reports }) => ({
    name,
    at: startOfDate(timeZone, date),
    costMicroUsd: Number(cost),
    tokens: Number(tokens),
    reports: Number(reports),
  }));
}

async function summedRows(ledger: Ledger, pool: PoolId, question: UseQuestion, steps: Steps): Promise<UseRow[]> {
  const { by, from, until, identity, upToSeq } = question;
  const stepMs = commonMs(steps);
  const column = columnOf[by];
  const asked = { since: from, until, identity, keys: [column], stepMs };
  const rows = await ledger.usageSums(pool, asked, upToSeq);
  return rows.map((row) => ({
    name: row[column] ?? null,
    // It may lie before the time that is asked for, though nothing of that is in it: then it is of the first step.
    at: Number(row.step) * stepMs,
    costMicroUsd: Number(row.cost_micro_usd),
    tokens: Number(row.total_tokens),
    reports: Number(row.reports),
  }));
}
