/**
 * The original wire: the routes, keys and types that clients of the original server rely on. Keys may be added here,
 * never removed or retyped. Unknown keys of a request are ignored, as they always were.
 */
import type { FastifyInstance } from 'fastify';
import type { Api } from '../context.js';
import { choiceRoute } from './choice.js';
import { dailyRoutes } from './daily.js';
import { dashboardRoute } from './dashboard.js';
import { healthRoute } from './health.js';
import { incrementRoute } from './increment.js';
import { overdueRoute } from './overdue.js';
import { pauseRoutes } from './pauses.js';

export function wireRoutes(app: FastifyInstance, api: Api): void {
  incrementRoute(app, api);
  dailyRoutes(app, api);
  overdueRoute(app, api);
  dashboardRoute(app, api);
  pauseRoutes(app, api);
  choiceRoute(app, api);
  healthRoute(app, api);
}
