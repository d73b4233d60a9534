/** `GET /windows/{key}`. */
import * as z from 'zod';
import { Problem } from '../../problems.js';
import { spendStatusNow } from '../../status/spend.js';
import { windowPage } from '../../web/pages/window.js';
import type { Api } from '../context.js';
import type { Route } from '../route.js';
import { pageRoute } from './page-route.js';

export const windowRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/windows/:key',
    operationId: 'showWindow',
    summary: 'One window of the quota',
    params: z.object({ key: z.string().describe('Key of the window, such as `week_all`.') }),
    problems: ['window_unknown'],
    view: async ({ pool, pools, params: { key = '' } }) => {
      const status = await spendStatusNow(api.ledger, pool);
      const window = status.windows.find((each) => each.key === key);
      if (window === undefined)
        throw new Problem('window_unknown', `there is no window ${key.slice(0, 100)} in the pool ${pool}`);
      return windowPage({ status, window, pools, course: null });
    },
  });
