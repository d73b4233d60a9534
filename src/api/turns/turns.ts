/** `/v1/turns`: a turn is one run of an agent, held as a lease: granted, renewed, settled or expired. */
import type { FastifyInstance } from 'fastify';
import type { Api } from '../context.js';
import { askRoute } from './ask.js';
import { holdRoutes } from './hold.js';
import { readTurnRoutes } from './read.js';

export function turnRoutes(app: FastifyInstance, api: Api): void {
  askRoute(app, api);
  holdRoutes(app, api);
  readTurnRoutes(app, api);
}
