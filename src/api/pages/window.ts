/** `GET /windows/{key}`. */
import * as z from 'zod';
import { parseWith } from '../../events/command.js';
import type { EpochMs } from '../../events/scalars.js';
import { spendStatusNow } from '../../status/spend.js';
import { windowHistory } from '../../status/window-history.js';
import { windowPage } from '../../web/pages/window.js';
import type { Api } from '../context.js';
import { instantOf, type Moment, moment } from '../query.js';
import type { Route } from '../route.js';
import { pageRoute } from './page-route.js';
import { filled } from './use-filter.js';

const bounds = z.object({ from: moment.optional(), until: moment.optional() });

export const windowRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/windows/:key',
    operationId: 'showWindow',
    summary: 'One window of the quota',
    params: z.object({ key: z.string().describe('Key of the window, such as `week_all`.') }),
    query: {
      from: z.string().optional().describe('Readings at or after: a date of the pool, or ISO 8601 with a zone.'),
      until: z.string().optional().describe('Readings before.'),
    },
    problems: ['window_unknown', 'invalid_field', 'request_invalid'],
    view: async ({ pool, pools, params: { key = '' }, query: { from, until } }) => {
      const { ledger } = api;
      const { timeZone } = ledger.state(pool);
      const asked = parseWith(bounds, { from: filled(from), until: filled(until) });
      const at = (value: Moment | undefined): EpochMs | undefined =>
        value === undefined ? undefined : instantOf(value, timeZone);
      const [status, history] = await Promise.all([
        spendStatusNow(ledger, pool),
        windowHistory(ledger, pool, key, { from: at(asked.from), until: at(asked.until) }),
      ]);
      return windowPage({ status, history, pools, filter: { from, until } });
    },
  });
