/** The HTTP server: every route, what is common to all of them, and a graceful end. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { adviceRoutes } from './advice.js';
import { acceptJson } from './bodies.js';
import type { Api } from './context.js';
import { noSchemas } from './describe.js';
import { answerBadConnection, answerError, answerErrors } from './errors.js';
import { appendRoute } from './events/append.js';
import { chainRoutes } from './events/chain.js';
import { Feeds } from './events/feeds.js';
import { readRoutes } from './events/read.js';
import { streamRoute } from './events/stream.js';
import { fairnessRoutes } from './fairness.js';
import { guard } from './guards.js';
import { type LogSettings, loggerOf, RequestLog, requestId, sharedLog } from './logging.js';
import { describeApi, openApiRoute } from './openapi.js';
import { pageRoutes } from './pages.js';
import { poolRoutes } from './pools.js';
import { readyRoute } from './ready.js';
import { replayRoute } from './replay.js';
import { tableRoutes } from './tables.js';
import { turnRoutes } from './turns/turns.js';
import { answerUnknownRoutes } from './unknown-routes.js';
import { wireRoutes } from './wire/wire.js';

export interface ServerOptions {
  readonly log?: LogSettings | undefined;
  /** Live feeds at once; lower in tests. */
  readonly streamConnectionsMax?: number | undefined;
}

const pathParameterCharactersMax = 2_048;

/** Every area of the API, each in a scope of its own, so that a parser or hook of one is not seen by another. */
const areas: readonly ((app: FastifyInstance, api: Api) => void)[] = [
  wireRoutes,
  appendRoute,
  readRoutes,
  chainRoutes,
  streamRoute,
  tableRoutes,
  adviceRoutes,
  fairnessRoutes,
  turnRoutes,
  poolRoutes,
  replayRoute,
  readyRoute,
  pageRoutes,
  openApiRoute,
];

/** A server that does not listen yet. Closing it lets requests under way finish; the ledger stays open. */
export function buildServer(ledger: Ledger, options: ServerOptions = {}): FastifyInstance {
  const app = Fastify({
    logger: loggerOf(options.log ?? { level: 'info' }),
    logController: new RequestLog(),
    childLoggerFactory: sharedLog,
    genReqId: requestId,
    requestIdHeader: false,
    bodyLimit: limits.bodyBytesMax,
    // Its own answer to a request during the drain is no problem document; the guard's is.
    return503OnClosing: false,
    schemaController: noSchemas,
    routerOptions: { maxParamLength: pathParameterCharactersMax, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply);
    },
    clientErrorHandler: answerBadConnection,
  });
  const feeds = new Feeds(options.streamConnectionsMax);
  const api: Api = { ledger, feeds, document: describeApi(app), draining: false };
  acceptJson(app);
  guard(app, api);
  answerUnknownRoutes(app);
  answerErrors(app);
  for (const area of areas) app.register(async (scope) => area(scope, api));
  app.addHook('preClose', async () => {
    api.draining = true;
    api.feeds.end();
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    if (api.draining) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
  return app;
}
