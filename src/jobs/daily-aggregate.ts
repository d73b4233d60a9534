/** Closes a day that has ended: its totals become a fact of the log. Days that late reports changed since are restated. */
import type * as z from 'zod';
import { dayClosing } from '../events/catalogue/day.js';
import { dateIn } from '../events/days.js';
import type { PoolId } from '../events/scalars.js';
import type { Job, JobContext } from './job.js';

const changedSql = `SELECT DISTINCT date FROM daily_resource_share
  WHERE pool = ? AND closed_at IS NOT NULL AND late_reports > 0 AND date < ? ORDER BY date DESC LIMIT 35`;

export const dailyAggregate: Job<z.output<typeof dayClosing>> = {
  kind: 'daily-aggregate',
  payload: dayClosing,
  schedule: { cron: '0 0 * * *', eachPool: true },
  payloadAt: (instant, timeZone) => ({ date: dateIn(timeZone, (instant - 1) as typeof instant) }),
  catchUp: 'all',
  leaseMs: 300_000,
  async run(context, { date }, signal) {
    const { pool } = context.job;
    const closed = await close(context, pool, date);
    const restated: string[] = [];
    for (const changed of await context.ledger.query<{ readonly date: string }>(changedSql, [pool, date])) {
      signal.throwIfAborted();
      if (await close(context, pool, changed.date)) restated.push(changed.date);
    }
    return { date, closed, restated };
  },
};

/** False where it is closed with these totals already. */
async function close({ record }: JobContext, pool: PoolId, date: string): Promise<boolean> {
  const { status } = await record(pool, { type: 'day.closed', payload: { date } }, date);
  return status === 'recorded';
}
