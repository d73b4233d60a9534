/** `GET /dashboard`. */
import { breakdownNow } from '../../status/breakdown.js';
import { spendStatusNow } from '../../status/spend.js';
import { dashboardPage } from '../../web/pages/dashboard.js';
import type { Api } from '../context.js';
import type { Route } from '../route.js';
import { pageRoute } from './page-route.js';

export const dashboardRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/dashboard',
    operationId: 'showDashboard',
    summary: 'The dashboard',
    view: async ({ pool, pools, mayAct, url }) => {
      const { ledger } = api;
      const [status, breakdown] = await Promise.all([spendStatusNow(ledger, pool), breakdownNow(ledger, pool)]);
      return dashboardPage({ status, breakdown, pools, mayAct, url });
    },
  });
