/** Reads the quota by the reader that is set, and records what it says. People are told when that fails twice in a row. */
import * as z from 'zod';
import type { CommandBody } from '../events/catalogue.js';
import { parseCommand } from '../events/command.js';
import { defaultPool, type PoolId } from '../events/scalars.js';
import type { QuotaReader } from '../intake/quota-capture.js';
import { readQuota } from '../intake/read-quota.js';
import { limits } from '../limits.js';
import type { Job, JobContext } from './job.js';

export interface QuotaCheckSettings {
  readonly reader: QuotaReader;
  /** Folder for captures that could not be read. */
  readonly captures: string;
  readonly pool: PoolId | undefined;
}

const alertKey = 'quota-reader';

export function quotaCheck(settings: QuotaCheckSettings): Job<object> {
  return {
    kind: 'quota-check',
    payload: z.strictObject({}),
    schedule: { everyMs: limits.quotaCheckMs, jitterMs: limits.quotaCheckJitterMs },
    catchUp: 'none',
    leaseMs: 60_000,
    dedupe: () => 'quota-check',
    run: (context, _payload, signal) => run(settings, context, signal),
  };
}

async function run(
  { reader, captures, pool = defaultPool }: QuotaCheckSettings,
  context: JobContext,
  signal: AbortSignal,
): Promise<object> {
  const { ledger, log, record } = context;
  const place = { captures, timeZone: ledger.state(pool).timeZone, clock: ledger.clock, at: ledger.now() };
  const found = await readQuota(reader, place, signal);
  const isTold = ledger.stateAfter(pool).alerts.has(alertKey);
  if ('failure' in found) {
    const { failure, capture } = found;
    log.warn(capture === null ? failure : `${failure}; see ${capture}`);
    if (!isTold && (await failedBefore(context)))
      await record(pool, raised(capture === null ? failure : `${failure}; see ${capture}`), 'alert');
    return { read: false, failure, capture };
  }
  const windows: string[] = [];
  for (const [i, report] of found.reports.entries()) {
    const command = parseCommand(report, { actor: 'quota-check', source: 'jobs/1' });
    await record(pool, { type: command.type, payload: command.payload } as CommandBody, `reading:${i}`);
    windows.push(...(report.payload as { windows: readonly { key: string }[] }).windows.map(({ key }) => key));
  }
  if (isTold)
    await record(pool, { type: 'alert.cleared', payload: { dedupe_key: alertKey, reason: 'it was read' } }, 'alert');
  return { read: true, windows };
}

const raised = (text: string): CommandBody => ({
  type: 'alert.raised',
  payload: {
    rule: alertKey,
    subject: 'quota',
    text: `The quota could not be read twice in a row: ${text}`.slice(0, limits.reasonCharactersMax),
    dedupe_key: alertKey,
  },
});

/** By what came of the check before this one, whichever node did it. */
async function failedBefore({ ledger, job: { id } }: JobContext): Promise<boolean> {
  const sql = `SELECT result FROM jobs WHERE kind = 'quota-check' AND state = 'succeeded' AND id < ? ORDER BY id DESC LIMIT 1`;
  const [row] = await ledger.query<{ readonly result: string | null }>(sql, [id]);
  return row?.result != null && (JSON.parse(row.result) as { read?: boolean }).read === false;
}
