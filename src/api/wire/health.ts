/** `GET /health`: whether the server works, with a few figures. */
import * as z from 'zod';
import type { PoolId } from '../../events/scalars.js';
import { maintenanceOf } from '../../ledger/maintenance.js';
import { packageVersion } from '../../package-root.js';
import { redacted } from '../../settings/database.js';
import { alertCounts } from '../../status/alerts.js';
import { registeredIdentities } from '../../status/identities.js';
import { maintenanceSchema, publishedMaintenance } from '../../status/published.js';
import { type ReadingsStatus, readingsStatus } from '../../status/windows.js';
import { type Api, nowFor, poolFromQuery } from '../context.js';
import { answerFailed, failedPart, healthProblems } from '../failed-part.js';
import { json, type Route, route } from '../route.js';
import { wire, wireTime } from './commands.js';

const reply = z.object({
  status: z.literal('healthy'),
  claudes_registered: z.int(),
  version: z.string(),
  pool: z.string(),
  seq: z.int().describe('Seq of the newest event of the pool.'),
  storage_fault: z
    .string()
    .nullable()
    .describe('Why the last commit failed; null when it did not. `/ready` asks the storage itself.'),
  quota_readings: z
    .object({
      last_at: z.string().nullable().describe('When the newest reading of any window was measured.'),
      every_s: z.int().nullable().describe('How far apart readings usually are; null before that is known.'),
      missing: z.boolean().describe('None came for twice that: whatever reads the quota has stopped.'),
    })
    .describe('Whether readings of the quota still come.'),
  alerts: z
    .object({ open: z.int(), unacknowledged: z.int().describe('Of those, the ones that nobody has seen yet.') })
    .describe('What somebody should look at: `/v1/alerts` says what.'),
  maintenance: maintenanceSchema,
  queued: z.int().describe('Commands of all pools that wait for their commit.'),
  witnesses_missing: z
    .string()
    .nullable()
    .describe(
      'What the newest checkpoint lacks of the witnesses that are to sign (`checkpoints.witnesses`); null when nothing.',
    ),
});

const example = {
  status: 'healthy',
  claudes_registered: 3,
  version: packageVersion,
  pool: 'default',
  seq: 1042,
  storage_fault: null,
  quota_readings: { last_at: '2026-01-05T09:30:00.000+00:00', every_s: 600, missing: false },
  alerts: { open: 1, unacknowledged: 0 },
  maintenance: null,
  queued: 0,
  witnesses_missing: null,
};

export const healthRoute = (api: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/health',
    scope: 'any',
    operationId: 'getHealth',
    summary: 'Whether the server works, with a few figures',
    description:
      'Asks the storage only where something went wrong with it lately; `/ready` always does. Where something does not work, the problem names it by `part` (`storage`, `clock` or `log`), and has the figures, too.',
    replies: { 200: json('Healthy', reply, example) },
    problems: ['pool_unknown', ...healthProblems],
    handle: async (_input, request, answer) => {
      const pool = poolFromQuery(api.ledger, request);
      const failed = await failedPart(api, false);
      if (failed !== null) return answerFailed(failed, request, answer, api.ledger.isTrue ? figuresOf(api, pool) : {});
      return { status: 'healthy', ...figuresOf(api, pool) } satisfies z.infer<typeof reply>;
    },
  });

function figuresOf({ ledger, checkpoints }: Api, pool: PoolId) {
  const state = ledger.state(pool);
  return {
    claudes_registered: registeredIdentities(state).length,
    version: packageVersion,
    pool,
    seq: state.seq,
    storage_fault: ledger.storageFault === null ? null : redacted(ledger.storageFault),
    quota_readings: readingsBody(readingsStatus(state, nowFor(ledger, state))),
    alerts: alertCounts(state),
    maintenance: publishedMaintenance(maintenanceOf(ledger)),
    queued: ledger.queued,
    witnesses_missing: checkpoints?.unwitnessed(pool) ?? null,
  };
}

const readingsBody = ({ readAt, everyMs, isMissing }: ReadingsStatus) => ({
  last_at: readAt === null ? null : wireTime(readAt),
  every_s: everyMs === null ? null : Math.round(everyMs / 1_000),
  missing: isMissing,
});
