/** `GET /dashboard`. */
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { breakdownNow } from '../../status/breakdown.js';
import { sharesOverTime } from '../../status/shares-over-time.js';
import { type SpendStatus, spendStatusNow } from '../../status/spend.js';
import { useKeys, useOverTime } from '../../status/use-over-time.js';
import { type WindowHistory, windowHistory } from '../../status/window-history.js';
import { dashboardPage } from '../../web/pages/dashboard.js';
import type { Api } from '../context.js';
import { seqNumber } from '../query.js';
import type { Route } from '../route.js';
import { pageRoute } from './page-route.js';
import { stretchOfFilter, useFilterQuery } from './use-filter.js';

export const dashboardRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/dashboard',
    operationId: 'showDashboard',
    summary: 'The dashboard',
    query: {
      ...useFilterQuery(useKeys),
      as_of: seqNumber.optional().describe('Use over time by what the log held after this event.'),
    },
    problems: ['invalid_field', 'request_invalid'],
    view: async ({ pool, pools, mayAct, url, query }) => {
      const { ledger } = api;
      const { as_of: asOf, ...filter } = query;
      const asked = { ...stretchOfFilter(ledger, pool, filter), step: filter.step, upToSeq: asOf };
      const [status, breakdown, use, shares] = await Promise.all([
        spendStatusNow(ledger, pool),
        breakdownNow(ledger, pool),
        useOverTime(ledger, pool, { ...asked, by: filter.by }),
        sharesOverTime(ledger, pool, asked),
      ]);
      const windows = await coursesOf(ledger, pool, status);
      return dashboardPage({ status, breakdown, pools, mayAct, url, use, shares, filter, asOf: asOf ?? null, windows });
    },
  });

/** Of the windows that are in force, over their period. */
function coursesOf(ledger: Ledger, pool: PoolId, { windows }: SpendStatus): Promise<WindowHistory[]> {
  const shown = windows.filter(({ active, readAt, resetsAt }) => active && readAt !== null && resetsAt !== null);
  return Promise.all(
    shown.map(({ key, resetsAt, lengthS }) =>
      windowHistory(ledger, pool, key, {
        from: ((resetsAt ?? 0) - (lengthS ?? 0) * 1_000) as never,
        until: ((resetsAt ?? 0) + 1) as never,
      }),
    ),
  );
}
