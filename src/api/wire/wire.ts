/**
 * The original wire: the routes, keys and types that clients of the original server rely on. Keys may be added here,
 * never removed or retyped. Unknown keys of a request are ignored, as they always were, and named in the answer.
 */
import { acceptUntyped } from '../bodies.js';
import type { Area } from '../route.js';
import { choiceRoute } from './choice.js';
import { summaryRoute, todayRoute } from './daily.js';
import { dashboardRoute } from './dashboard.js';
import { healthRoute } from './health.js';
import { incrementRoute } from './increment.js';
import { overdueRoute } from './overdue.js';
import { pauseRoute, pauseStatusRoute, unpauseRoute } from './pauses.js';

export const wireArea: Area = {
  prepare: acceptUntyped,
  routes: (api) => [
    incrementRoute(api),
    todayRoute(api),
    summaryRoute(api),
    overdueRoute(api),
    dashboardRoute(api),
    pauseRoute(api),
    unpauseRoute(api),
    pauseStatusRoute(api),
    choiceRoute(api),
    healthRoute(api),
  ],
};
