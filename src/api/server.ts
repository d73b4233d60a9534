/** The HTTP server: every route, what is common to all of them, and a graceful end. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { nextTurn } from '../runtime/clock.js';
import type { ApiDocument } from '../web/api-document.js';
import { adviceArea } from './advice.js';
import { acceptJson } from './bodies.js';
import { clockArea } from './clock.js';
import { type ConnectionLimits, Connections, connectionLimits, tellDropped } from './connections.js';
import type { Api } from './context.js';
import { answerError, answerErrors } from './errors.js';
import { appendArea } from './events/append.js';
import { chainArea } from './events/chain.js';
import { Feeds } from './events/feeds.js';
import { readArea } from './events/read.js';
import { streamArea } from './events/stream.js';
import { fairnessArea } from './fairness.js';
import { guard } from './guards.js';
import { type LogSettings, loggerOf, RequestLog, requestId, sharedLog } from './logging.js';
import { openApiArea } from './openapi.js';
import { pageArea } from './pages.js';
import { poolArea } from './pools.js';
import { readingsArea } from './readings.js';
import { readyArea } from './ready.js';
import { replayArea } from './replay.js';
import { type Area, addRoutes, noSchemas, type Route } from './route.js';
import { tableArea } from './tables.js';
import { turnAreas } from './turns/turns.js';
import { answerUnknownRoutes } from './unknown-routes.js';
import { wireArea } from './wire/wire.js';

export interface ServerOptions {
  readonly log?: LogSettings | undefined;
  /** Live feeds at once; lower in tests. */
  readonly streamConnectionsMax?: number | undefined;
  /** Those that are not named are as usual; lower in tests. */
  readonly connections?: Partial<ConnectionLimits> | undefined;
  /** Names under which it is reached from elsewhere, separated by commas. */
  readonly publicNames?: string | undefined;
}

const pathParameterCharactersMax = 2_048;

const areas: readonly Area[] = [
  wireArea,
  appendArea,
  readArea,
  chainArea,
  streamArea,
  tableArea,
  adviceArea,
  fairnessArea,
  ...turnAreas,
  poolArea,
  replayArea,
  readingsArea,
  readyArea,
  clockArea,
  pageArea,
  openApiArea,
];

/** A server that does not listen yet. Closing it lets requests under way finish; the ledger stays open. */
export function buildServer(ledger: Ledger, options: ServerOptions = {}): FastifyInstance {
  const allowed = { ...connectionLimits(), ...options.connections };
  const connections = new Connections(allowed, ledger.clock);
  const app = Fastify({
    http: { headersTimeout: allowed.headersMsMax, connectionsCheckingInterval: allowed.checkMsEvery },
    requestTimeout: allowed.bodyMsMax,
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
      answerError(refuse(request) ?? error, request, reply);
    },
    clientErrorHandler: (error, socket) => connections.refuse(error, socket),
  });
  connections.watch(app.server);
  tellDropped(app.server, app.log, ledger.clock);
  const feeds = new Feeds(options.streamConnectionsMax);
  const routes: Route[] = [];
  const api: Api = { ledger, feeds, connections, document: documentOf(routes), draining: false };
  acceptJson(app);
  answerExpectations(app);
  const refuse = guard(app, api, options.publicNames ?? '');
  answerUnknownRoutes(app);
  answerErrors(app);
  for (const { routes: made, prepare } of areas) {
    const own = made(api);
    routes.push(...own);
    app.register(async (scope) => {
      prepare?.(scope);
      addRoutes(scope, own);
    });
  }
  app.addHook('preHandler', (_request, _reply, done) => {
    if (ledger.isTrue) done();
    else void ledger.restored().then(() => done());
  });
  app.addHook('preClose', async () => {
    api.draining = true;
    api.feeds.end();
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    if (api.draining) void nextTurn().then(() => app.server.closeIdleConnections());
    done();
  });
  return app;
}

/** Node answers what a client expects beside `100-continue` with 417, before anything of ours sees it; it may as well be ignored. */
function answerExpectations(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
}

/** What writes the document is loaded, and the document written, when somebody asks for it. */
function documentOf(routes: readonly Route[]): Api['document'] {
  let document: Promise<ApiDocument> | null = null;
  return () => {
    document ??= import('./openapi-document.js').then(({ openApiDocument }) => openApiDocument(routes));
    return document;
  };
}
