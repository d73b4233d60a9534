/** The HTTP server: every route, what is common to all of them, and a graceful end. */
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { Previews } from '../analysis/preview.js';
import type { AuditTrail } from '../audit/trail.js';
import { Intake } from '../intake/intake.js';
import { Work } from '../jobs/work.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Outcome } from '../ledger/outcome.js';
import { limits } from '../limits.js';
import { Outbox } from '../outbox/outbox.js';
import { nextTurn } from '../runtime/clock.js';
import { Attempts } from '../trust/attempts.js';
import type { Checkpoints } from '../trust/checkpoints.js';
import { Keys } from '../trust/keys.js';
import { Sessions } from '../trust/sessions.js';
import { WebhookSecrets } from '../trust/webhook-secrets.js';
import { SqlGate } from '../viewer/gate.js';
import { Watchdog } from '../watch/watchdog.js';
import type { ApiDocument } from '../web/api-document.js';
import { adviceArea } from './advice.js';
import { agentDetailArea } from './agent-detail.js';
import { alertArea } from './alerts.js';
import { apiKeyArea } from './api-keys.js';
import { auditRequests } from './audit-requests.js';
import { Authorities } from './authorities.js';
import { acceptJson } from './bodies.js';
import { checkpointArea } from './checkpoints.js';
import { cleanupArea } from './cleanup.js';
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
import { glanceArea } from './glance.js';
import { guard } from './guards.js';
import { jobClaimArea } from './job-claims.js';
import { jobArea } from './jobs.js';
import { ledgerKeyArea } from './ledger-key.js';
import { LogAreas, type LogSettings, loggerOf, RequestLog, requestId } from './logging.js';
import { maintenanceArea } from './maintenance.js';
import { metricsArea } from './metrics.js';
import { openApiArea } from './openapi.js';
import { LivePages } from './pages/live-pages.js';
import { actArea, pageArea } from './pages/pages.js';
import { poolArea } from './pools.js';
import { pushAreas } from './push/push.js';
import { readingsArea } from './readings.js';
import { readyArea } from './ready.js';
import { reloadArea } from './reload.js';
import { replayArea } from './replay.js';
import { type Area, addRoutes, noSchemas, type Route } from './route.js';
import { signInArea } from './sign-in.js';
import { sqlArea } from './sql.js';
import { tableArea } from './tables.js';
import { turnAreas } from './turns/turns.js';
import { answerUnknownRoutes } from './unknown-routes.js';
import { useArea } from './use.js';
import { watchKeys } from './watch-keys.js';
import { webhookDeliveryArea } from './webhooks/deliveries.js';
import { webhookEndpointArea } from './webhooks/endpoints.js';
import { receiveArea } from './webhooks/receive.js';
import { secretsArea } from './webhooks/secrets.js';
import { windowHistoryArea } from './window-history.js';
import { wireArea } from './wire/wire.js';

export interface ServerOptions {
  readonly log?: LogSettings | undefined;
  /** Whose levels may change; where it is left out, they are what they are at the start. */
  readonly logAreas?: LogAreas | undefined;
  /** Where it is left out, settings are read at the start alone. */
  readonly reload?: Api['reload'];
  /** Live feeds, where somebody else counts them, too. */
  readonly feeds?: Feeds | undefined;
  /** Live feeds at once; lower in tests. */
  readonly streamConnectionsMax?: number | undefined;
  /** Those that are not named are as usual; lower in tests. */
  readonly connections?: Partial<ConnectionLimits> | undefined;
  /** Names under which it is reached from elsewhere, separated by commas. */
  readonly publicNames?: string | undefined;
  /** PEM texts: the port then speaks HTTPS. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  /** Addresses, separated by commas, whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: string | undefined;
  /** Whatever comes in comes from this process itself, and may do everything. */
  readonly isPrivate?: boolean | undefined;
  /** What data of others is taken in with; where it is left out, one without rules. */
  readonly intake?: Intake<Outcome> | undefined;
  /** Where jobs are put; where it is left out, those of this program alone are known. */
  readonly work?: Work | undefined;
  /** Where it is left out, none are signed. */
  readonly checkpoints?: Checkpoints | undefined;
  /** Where it is left out, one that knows nothing of the daemon. */
  readonly watchdog?: Watchdog | undefined;
  /** Where it is left out, one that reaches hosts of the internet. */
  readonly outbox?: Outbox | undefined;
  /** Where it is left out, there is no audit trail. */
  readonly audit?: AuditTrail | undefined;
  /** Of a ledger on a server: its URL with a role that only reads. Where it is left out, no statements are asked of it. */
  readonly readerUrl?: string | undefined;
}

const pathParameterCharactersMax = 2_048;

const areas: readonly Area[] = [
  wireArea,
  appendArea,
  readArea,
  chainArea,
  checkpointArea,
  streamArea,
  tableArea,
  sqlArea,
  adviceArea,
  fairnessArea,
  glanceArea,
  useArea,
  windowHistoryArea,
  agentDetailArea,
  ...turnAreas,
  poolArea,
  replayArea,
  readingsArea,
  ...pushAreas,
  readyArea,
  metricsArea,
  clockArea,
  maintenanceArea,
  cleanupArea,
  reloadArea,
  alertArea,
  apiKeyArea,
  receiveArea,
  secretsArea,
  ledgerKeyArea,
  webhookEndpointArea,
  webhookDeliveryArea,
  jobArea,
  jobClaimArea,
  pageArea,
  actArea,
  signInArea,
  openApiArea,
];

/** A server that does not listen yet. Closing it lets requests under way finish; the ledger stays open. */
export function buildServer(ledger: Ledger, options: ServerOptions = {}): FastifyInstance {
  const allowed = { ...connectionLimits(), ...options.connections };
  const connections = new Connections(allowed, ledger.clock);
  const connectionTimes = { headersTimeout: allowed.headersMsMax, connectionsCheckingInterval: allowed.checkMsEvery };
  const logAreas = options.logAreas ?? new LogAreas(options.log?.level ?? 'info');
  const app = Fastify({
    ...(options.tls === undefined ? { http: connectionTimes } : { https: { ...connectionTimes, ...options.tls } }),
    trustProxy: options.trustedProxies?.split(',').map((each) => each.trim()) ?? false,
    requestTimeout: allowed.bodyMsMax,
    logger: loggerOf(options.log ?? { level: 'info' }, options.logAreas !== undefined),
    logController: new RequestLog(),
    childLoggerFactory: () => logAreas.of('http'),
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
  logAreas.attach(app.log);
  connections.watch(app.server);
  tellDropped(app.server, app.log, ledger.clock);
  const routes: Route[] = [];
  const bound = () => app.server.address() as AddressInfo | null;
  const authorities = new Authorities(options.publicNames ?? '', bound, options.tls === undefined ? 'http' : 'https');
  const api = apiOn(ledger, options, connections, authorities, routes);
  watchKeys(app, api);
  acceptJson(app);
  answerExpectations(app);
  const refuse = guard(app, api, {
    isPrivate: options.isPrivate === true,
    isProxied: options.trustedProxies !== undefined,
  });
  if (options.audit !== undefined) auditRequests(app, options.audit);
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
  app.addHook('preHandler', ({ routeOptions }, _reply, done) => {
    if (ledger.isTrue || routeOptions.config.answersAtOnce === true) done();
    else void ledger.restored().then(() => done());
  });
  app.addHook('preClose', async () => {
    api.draining = true;
    api.feeds.end();
  });
  app.addHook('onClose', () => api.viewer.close());
  app.addHook('onResponse', (_request, _reply, done) => {
    if (api.draining) void nextTurn().then(() => app.server.closeIdleConnections());
    done();
  });
  return app;
}

function apiOn(
  ledger: Ledger,
  { streamConnectionsMax, feeds, intake, checkpoints, watchdog, outbox, work, reload, audit, readerUrl }: ServerOptions,
  connections: Connections,
  authorities: Authorities,
  routes: readonly Route[],
): Api {
  const now = () => ledger.now();
  const keys = new Keys(ledger.keyStore, now);
  return {
    ledger,
    feeds: feeds ?? new Feeds(streamConnectionsMax),
    livePages: new LivePages(ledger),
    previews: new Previews(ledger.clock),
    connections,
    intake: intake ?? new Intake(ledger),
    keys,
    secrets: new WebhookSecrets(ledger.secretStore, now),
    sessions: new Sessions(ledger.sessionStore, keys, now),
    attempts: new Attempts(() => ledger.clock.elapsed()),
    authorities,
    checkpoints,
    watchdog: watchdog ?? new Watchdog(ledger),
    outbox: outbox ?? new Outbox(ledger),
    work: work ?? new Work(ledger),
    viewer: new SqlGate({ database: ledger.settings.database, readerUrl }),
    document: documentOf(routes),
    reload,
    audit,
    draining: false,
  };
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
