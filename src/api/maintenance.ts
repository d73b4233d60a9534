/** `/v1/maintenance`: a time in which somebody works on the ledger, and agents and jobs wait. */
import * as z from 'zod';
import { type EpochMs, instant, reasonText } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { beginMaintenance, endMaintenance, maintenanceOf } from '../ledger/maintenance.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { maintenanceSchema, publishedMaintenance } from '../status/published.js';
import { type Area, appending, json, type Route, route } from './route.js';

const reply = z.object({ maintenance: maintenanceSchema });
const nothing = z.strictObject({});
const asked = z.strictObject({
  until: instant.optional().describe('When it ends by itself; `for_s` or this is given.'),
  for_s: z
    .int()
    .min(1)
    .max(limits.maintenanceMsMax / 1_000)
    .optional()
    .describe('For how many seconds.'),
  reason: reasonText.optional().describe('Agents are told it.'),
});

const maintenance = {
  since: '2026-01-05T12:00:00.000Z',
  until: '2026-01-05T12:30:00.000Z',
  reason: 'the disk is exchanged',
};

const common = { tag: 'Operation', query: nothing } as const;

export const maintenanceArea: Area = {
  routes: ({ ledger }) => [
    route({
      ...common,
      method: 'GET',
      url: '/v1/maintenance',
      scope: 'read',
      operationId: 'getMaintenance',
      summary: 'Whether maintenance goes on',
      replies: { 200: json('How it stands', reply, { maintenance }) },
      handle: async (input) => {
        input.query();
        return now(ledger);
      },
    }),
    beginRoute(ledger),
    route({
      ...common,
      method: 'POST',
      url: '/v1/maintenance/end',
      scope: 'admin',
      operationId: 'endMaintenance',
      summary: 'End maintenance before its time',
      description: 'Each log says `maintenance.ended`. Nothing happens where none goes on.',
      body: { schema: nothing.prefault({}), example: {} },
      replies: {
        200: json('It is over', reply.extend({ ended: z.boolean().describe('False where none went on.') }), {
          maintenance: null,
          ended: true,
        }),
      },
      problems: appending,
      handle: async (input, { principal }) => {
        input.query();
        input.body();
        const ended = await endMaintenance(ledger, principal.actor);
        return { ...now(ledger), ended };
      },
    }),
  ],
};

const beginRoute = (ledger: Ledger): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/maintenance',
    scope: 'admin',
    operationId: 'beginMaintenance',
    summary: 'Begin maintenance',
    description:
      'Until it ends no job is claimed, agents are told to wait, turns are denied (also where they are not enforced), and the watchdog raises nothing. Reports are recorded as ever, and people go on. Each log says `maintenance.began`; asked again while it goes on, it ends at the new time.',
    body: { schema: asked, example: { for_s: 1_800, reason: 'the disk is exchanged' } },
    replies: { 200: json('It goes on', reply, { maintenance }) },
    problems: appending,
    handle: async (input, { principal }) => {
      input.query();
      const { reason, ...time } = input.body();
      await beginMaintenance(ledger, { until: endOf(ledger, time), reason }, principal.actor);
      return now(ledger);
    },
  });

function endOf(ledger: Ledger, { until, for_s: seconds }: { until?: EpochMs; for_s?: number }): EpochMs {
  if (until !== undefined && seconds === undefined) return until;
  if (until === undefined && seconds !== undefined) return (ledger.now() + seconds * 1_000) as EpochMs;
  const message = 'is given, or `for_s`: one of both';
  throw new Problem('invalid_field', `until ${message}`, [{ field: 'until', message }]);
}

const now = (ledger: Ledger): z.infer<typeof reply> => ({ maintenance: publishedMaintenance(maintenanceOf(ledger)) });
