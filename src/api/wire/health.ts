/** `GET /health`: whether the server answers, with a few figures. */
import * as z from 'zod';
import { maintenanceOf } from '../../ledger/maintenance.js';
import { packageVersion } from '../../package-root.js';
import { alertCounts } from '../../status/alerts.js';
import { registeredIdentities } from '../../status/identities.js';
import { maintenanceSchema, publishedMaintenance } from '../../status/published.js';
import { type ReadingsStatus, readingsStatus } from '../../status/windows.js';
import { type Api, nowFor, poolFromQuery } from '../context.js';
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

export const healthRoute = ({ ledger, checkpoints }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/health',
    scope: 'any',
    operationId: 'getHealth',
    summary: 'Whether the server answers',
    replies: { 200: json('Healthy', reply, example) },
    problems: ['pool_unknown'],
    handle: async (_input, request): Promise<z.infer<typeof reply>> => {
      const pool = poolFromQuery(ledger, request);
      const state = ledger.state(pool);
      return {
        status: 'healthy',
        claudes_registered: registeredIdentities(state).length,
        version: packageVersion,
        pool,
        seq: state.seq,
        storage_fault: ledger.storageFault,
        quota_readings: readingsBody(readingsStatus(state, nowFor(ledger, state))),
        alerts: alertCounts(state),
        maintenance: publishedMaintenance(maintenanceOf(ledger)),
        queued: ledger.queued,
        witnesses_missing: checkpoints?.unwitnessed(pool) ?? null,
      };
    },
  });

const readingsBody = ({ readAt, everyMs, isMissing }: ReadingsStatus) => ({
  last_at: readAt === null ? null : wireTime(readAt),
  every_s: everyMs === null ? null : Math.round(everyMs / 1_000),
  missing: isMissing,
});
