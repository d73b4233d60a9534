/** `GET /v1/alerts`, `POST /v1/alerts/{id}/ack`, `POST /v1/watchdog`: what somebody should look at. */
import * as z from 'zod';
import type { CommandOf } from '../events/command.js';
import { type PoolId, reasonText } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import { alertSchema, findAlert, publishedAlert } from '../status/alerts.js';
import type { PoolLook } from '../watch/watchdog.js';
import { poolOf } from './context.js';
import { problemIn } from './events/append.js';
import { poolName } from './query.js';
import { type Area, appending, json, route } from './route.js';

const poolQuery = z.strictObject({ pool: poolName });
const params = z.object({ id: z.string().describe('Id of an open alert, such as `a42`.') });
const acknowledgement = z.strictObject({ reason: reasonText.optional().describe('Kept with the event.') });

const list = z.object({
  pool: z.string(),
  alerts: z.array(alertSchema).describe('The newest first.'),
});
const one = alertSchema.extend({ pool: z.string() });

const example = {
  id: 'a42',
  rule: 'window-exhausted',
  subject: 'week_all',
  text: 'week_all is used up: nobody who needs it runs before it resets, in 9 h.',
  raised_at: '2026-01-05T12:00:00.000Z',
  acknowledged_at: null,
};

const nothing = z.strictObject({});
const texts = z.array(z.string());
const looks = z.object({
  pools: z
    .array(
      z.object({
        pool: z.string(),
        open: z.int().describe('Alerts that are open now.'),
        raised: texts.describe('Rule and subject of each alert that was raised.'),
        cleared: texts,
        held_back: texts.describe('Not raised before the quiet hours, or the maintenance, are over.'),
      }),
    )
    .describe('Pools with events; none while the clock is in doubt.'),
});
const lookExample = { pool: 'default', open: 1, raised: ['window-exhausted: week_all'], cleared: [], held_back: [] };

const tag = 'Alerts';

export const alertArea: Area = {
  routes: ({ ledger, watchdog }) => [
    route({
      method: 'GET',
      url: '/v1/alerts',
      scope: 'read',
      operationId: 'listAlerts',
      tag,
      summary: 'Alerts that are open',
      description:
        'An alert is open until its cause is gone. Those that were cleared are events of the log: `/v1/events?type=alert.raised`.',
      query: poolQuery,
      replies: { 200: json('The open alerts', list, { pool: 'default', alerts: [example] }) },
      problems: ['pool_unknown'],
      handle: async (input): Promise<z.infer<typeof list>> => {
        const pool = poolOf(ledger, input.query().pool);
        return { pool, alerts: [...ledger.state(pool).alerts.values()].reverse().map(publishedAlert) };
      },
    }),
    route({
      method: 'POST',
      url: '/v1/alerts/:id/ack',
      scope: 'admin',
      operationId: 'acknowledgeAlert',
      tag,
      summary: 'Say that somebody has seen an alert',
      description:
        'It stays open until its cause is gone; one that tells of what has happened is cleared a day later. Said again, nothing more happens.',
      params,
      query: poolQuery,
      body: { schema: acknowledgement, example: { reason: 'the collector is being repaired' } },
      replies: {
        200: json('The alert', one, { pool: 'default', ...example, acknowledged_at: '2026-01-05T12:05:00.000Z' }),
      },
      problems: ['alert_unknown', 'pool_unknown', ...appending],
      handle: async (input, request): Promise<z.infer<typeof one>> => {
        const pool = poolOf(ledger, input.query().pool);
        const { reason } = input.body();
        return acknowledge(ledger, pool, input.params.id, reason, request.principal.actor);
      },
    }),
    route({
      method: 'POST',
      url: '/v1/watchdog',
      scope: 'admin',
      operationId: 'runWatchdog',
      tag,
      summary: 'Look at every pool now, as the daemon does each minute',
      query: nothing,
      body: { schema: nothing, example: {} },
      replies: { 200: json('What was found', looks, { pools: [lookExample] }) },
      problems: appending,
      handle: async (input): Promise<z.infer<typeof looks>> => {
        input.query();
        input.body();
        return { pools: (await watchdog.look()).map(lookBody) };
      },
    }),
  ],
};

async function acknowledge(
  ledger: Ledger,
  pool: PoolId,
  id: string,
  reason: string | undefined,
  actor: string,
): Promise<z.infer<typeof one>> {
  const found = findAlert(ledger.state(pool), id);
  if (found === undefined) throw unknownAlert(id);
  const [key, alert] = found;
  const command: CommandOf<'alert.acknowledged'> = {
    type: 'alert.acknowledged',
    payload: { dedupe_key: key, reason },
    actor,
    source: 'alerts/1',
  };
  const outcome = await ledger.submitOne(pool, command);
  if (outcome.status === 'rejected') throw problemIn(outcome);
  return { pool, ...publishedAlert(ledger.stateAfter(pool).alerts.get(key) ?? alert) };
}

const lookBody = ({ pool, open, raised, cleared, heldBack }: PoolLook) => ({
  pool,
  open,
  raised: [...raised],
  cleared: [...cleared],
  held_back: [...heldBack],
});

const unknownAlert = (id: string): Problem =>
  new Problem('alert_unknown', `no alert that is open has the id ${id.slice(0, 100)}`);
