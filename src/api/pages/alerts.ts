/** `/alerts`: what somebody should look at, and the button that says that somebody has. */
import * as z from 'zod';
import { parseWith } from '../../events/command.js';
import { type PoolId, reasonText } from '../../events/scalars.js';
import { upcast } from '../../events/upcast.js';
import type { Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { alertId, findAlert } from '../../status/alerts.js';
import { statusNow } from '../../status/status.js';
import { rules } from '../../watch/rules.js';
import { alertsPage, type Seen } from '../../web/pages/alerts.js';
import type { Api } from '../context.js';
import type { Route } from '../route.js';
import { actRoute, doneAt, record } from './act-route.js';
import { noticeOf } from './notice.js';
import { doneQuery, pageRoute } from './page-route.js';

const pastShown = 20;

/** Those of the log's own clock, which no rule of the watchdog raises. */
const clockRules = [
  {
    name: 'clock-suspect',
    meaning: 'The clock of the daemon is not believed, and nothing is recorded.',
    isUrgent: true,
  },
  { name: 'clock-jumped', meaning: 'The clock of the daemon has jumped.', isUrgent: true },
];
const shownRules = [...rules, ...clockRules].map(({ name, meaning, isUrgent }) => ({ name, meaning, isUrgent }));

export const alertsRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/alerts',
    operationId: 'showAlerts',
    summary: 'Alerts that are open, and the last ones that were raised and cleared',
    query: doneQuery,
    view: async ({ pool, pools, query, mayAct }) => {
      const { ledger } = api;
      const [seen, past, notice] = await Promise.all([
        seenBy(ledger, pool),
        ledger.readEvents(pool, {
          after: 0,
          types: ['alert.raised', 'alert.cleared'],
          backwards: true,
          limit: pastShown,
        }),
        noticeOf(ledger, pool, query),
      ]);
      const status = statusNow(ledger, pool);
      return alertsPage({ status, seen, past, rules: shownRules, pools, mayAct, notice });
    },
  });

/** Who has seen the alerts that are open: the log has it, and the state has only when. */
async function seenBy(ledger: Ledger, pool: PoolId): Promise<ReadonlyMap<string, Seen>> {
  const open = [...ledger.state(pool).alerts].filter(([, { acknowledgedAt }]) => acknowledgedAt !== null);
  if (open.length === 0) return new Map();
  const oldest = Math.min(...open.map(([, { seq }]) => seq));
  const stored = await ledger.readStored(pool, {
    after: oldest,
    types: ['alert.acknowledged'],
    backwards: true,
    limit: limits.alertsOpenMax,
  });
  const byKey = new Map(open);
  const seen = new Map<string, Seen>();
  for (const each of stored) {
    const event = upcast(each);
    if (event.type !== 'alert.acknowledged') continue;
    const alert = byKey.get(event.payload.dedupe_key);
    if (alert !== undefined && event.seq > alert.seq)
      seen.set(alertId(alert), { actor: event.actor, reason: event.payload.reason ?? null });
  }
  return seen;
}

const fields = { reason: z.string().optional().describe('Kept with the event.') };

export const alertActs = (api: Api): readonly Route[] => [
  actRoute(api, {
    url: '/alerts/:id/seen',
    operationId: 'markAlertSeen',
    summary: 'Say on a page that somebody has seen an alert',
    params: z.object({ id: z.string().describe('Id of an open alert, such as `a42`.') }),
    fields,
    example: { reason: 'the collector is being repaired' },
    problems: ['alert_unknown'],
    act: async ({ pool, params: { id = '' }, fields: { reason = '' }, request }) => {
      const found = findAlert(api.ledger.state(pool), id);
      if (found === undefined)
        throw new Problem('alert_unknown', `no alert that is open has the id ${id.slice(0, 100)}`);
      const why = reason.replace(/\s+/g, ' ').trim();
      const payload = {
        dedupe_key: found[0],
        ...(why === '' ? {} : parseWith(z.object({ reason: reasonText }), { reason: why })),
      };
      return doneAt(
        '/alerts',
        pool,
        await record(api.ledger, { pool, request }, { type: 'alert.acknowledged', payload }),
      );
    },
  }),
];
