/** The composition root: builds the ledger, the jobs and the server on an open engine, and stops them in reverse order. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { isLoopback } from '../api/authentication.js';
import { Feeds } from '../api/events/feeds.js';
import { type RunningServer, startServer } from '../api/listen.js';
import { LogAreas } from '../api/logging.js';
import type { ServerOptions } from '../api/server.js';
import type { AuditTrail } from '../audit/trail.js';
import type { Engine } from '../engines/engine.js';
import { defaultPool, type PoolId } from '../events/scalars.js';
import { Intake } from '../intake/intake.js';
import type { Chore } from '../jobs/chore.js';
import { cleanup } from '../jobs/cleanup.js';
import { deliver } from '../jobs/deliver.js';
import { extendTrees } from '../jobs/extend-trees.js';
import type { QuotaCheckSettings } from '../jobs/quota-check.js';
import type { AnyJob } from '../jobs/registry.js';
import { watch } from '../jobs/watchdog.js';
import type { Work } from '../jobs/work.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Outcome } from '../ledger/outcome.js';
import { limits } from '../limits.js';
import { Outbox } from '../outbox/outbox.js';
import { Problem } from '../problems.js';
import { isServer } from '../settings/database.js';
import { socketPaths } from '../settings/socket-path.js';
import type { StorageError } from '../storage-error.js';
import { systemErrorText } from '../text/system-error.js';
import { Checkpoints } from '../trust/checkpoints.js';
import { Keys } from '../trust/keys.js';
import type { Watchdog } from '../watch/watchdog.js';
import { applying } from './applying.js';
import { BackgroundWork } from './background-work.js';
import type { DaemonSettings } from './daemon-settings.js';
import { type LogOutput, logOutput } from './log-destination.js';
import { ledgerOn } from './open-ledger.js';
import { Reloader } from './reloader.js';
import { openCheckpoints, signLast } from './signing.js';
import type { Vitals } from './supervision.js';
import { vitalsOf } from './vitals.js';
import { watchdogOf } from './watchdog.js';

export interface Daemon {
  readonly url: string;
  readonly vitals: Vitals;
  /** Reads the settings again, and says in the log where they cannot be used. */
  reload(): Promise<void>;
  /** For who has renamed the log file. */
  reopenLog(): void;
  /** Resolves when a newer release has taken over the database: this daemon is to be stopped then. */
  readonly outdated: Promise<StorageError>;
  /** Says in the log why the daemon ends, finishes what is under way, and closes the engine. */
  stop(reason: string | StorageError): Promise<void>;
}

/** The ledger has the engine from now on. */
export async function composeDaemon(engine: Engine, settings: DaemonSettings): Promise<Daemon> {
  const ledger = await ledgerOn(engine, settings);
  const intake = new Intake<Outcome>(ledger, settings.sources);
  const outbox = new Outbox(ledger, { allowHosts: settings.webhookHosts });
  const audit = await auditOf(ledger, settings);
  const signing = await openCheckpoints(ledger, outbox, settings);
  const checkpoints = signing instanceof Checkpoints ? signing : undefined;
  const backups = settings.backup === undefined ? [] : [await backingUp(settings.backup, settings)];
  const reading = settings.quotaCheck === undefined ? [] : [await quotaReading(settings.quotaCheck)];
  const cleaning = cleanup(settings.cleanupOlderMs ?? limits.cleanupOlderSeconds * 1_000);
  const workSettings = { drainMs: settings.drainMsMax, ...settings.jobs };
  const background = await madeOn(
    ledger,
    () =>
      new BackgroundWork(ledger, {
        ...workSettings,
        more: [...(settings.jobs?.more ?? []), cleaning, ...reading, ...backups],
      }),
  );
  const watchdog = watchdogOf(ledger, {
    alerts: settings.alerts,
    checkpoints,
    checkpointSeconds: settings.checkpoints?.every_s,
    backup: settings.backup && { folder: settings.backup.request.folder, everyMs: settings.backup.everyMs },
  });
  const output = await madeOn(ledger, () => logOutput(settings.log));
  const logAreas = new LogAreas(settings.logLevel, settings.log?.levels);
  const feeds = new Feeds(settings.liveFeedsMax);
  let reloader: Reloader | null = null;
  const reload = settings.configuration && (async () => (reloader as Reloader).reload());
  const parts = { checkpoints, watchdog, outbox, audit, work: background.work, feeds, logAreas, reload };
  const server = await serve(ledger, intake, settings, parts, output.destination);
  const { log } = server.app;
  if (settings.configuration !== undefined)
    reloader = new Reloader(
      settings.configuration,
      applying({ intake, watchdog, feeds, logAreas, logFile: output.file, server, background }),
      log,
    );
  if (typeof signing === 'string') log.error(`no checkpoints are signed: ${signing}`);
  const own = settings.sources?.collect === true ? [await collecting(intake, settings)] : [];
  if (checkpoints !== undefined && settings.checkpoints !== undefined)
    own.push(extendTrees(checkpoints, settings.checkpoints.every_s * 1_000));
  own.push(watch(watchdog), deliver(outbox));
  if (audit !== undefined) own.push((await import('../jobs/send-audit.js')).sendAudit(audit));
  background.start(logAreas.of('jobs') as Logger, [...own, ...(settings.moreChores ?? [])]);
  return {
    url: server.url,
    vitals: vitalsOf(ledger, engine),
    outdated: ledger.outdated,
    reload: async () => reloader?.reloadOrLog(),
    reopenLog: () => output.file?.reopen(),
    async stop(reason) {
      if (typeof reason === 'string') log.info(`${reason}: finishing what is under way`);
      else log.fatal(reason.message);
      await server.stop(background.stop(), () => signLast(checkpoints, log));
      await output.file?.close();
    },
  };
}

/** The ledger is closed where it cannot be made. */
async function madeOn<T>(ledger: Ledger, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

/** Most daemons collect nothing: their start does not wait for it. */
async function collecting(intake: Intake<Outcome>, { database, sources }: DaemonSettings): Promise<Chore> {
  const { collectSources } = await import('../jobs/collect-sources.js');
  const { sweep_s: sweepSeconds = limits.sweepSecondsMax, pool = defaultPool } = sources ?? {};
  return collectSources({ intake, database, pool: pool as PoolId, sweepMs: sweepSeconds * 1_000 });
}

/** Most daemons have no audit trail: their start does not wait for it. */
async function auditOf(ledger: Ledger, { audit = [], database }: DaemonSettings): Promise<AuditTrail | undefined> {
  if (audit.length === 0) return undefined;
  const host = isServer(database) ? hostname() : '';
  const { AuditTrail } = await import('../audit/trail.js');
  const { auditSinkOf } = await import('../audit/sinks.js');
  return new AuditTrail(ledger, await Promise.all(audit.map((target) => auditSinkOf(target, ledger.clock, host))));
}

/** Most daemons read no quota: their start does not wait for it. */
async function quotaReading(settings: QuotaCheckSettings): Promise<AnyJob> {
  const { quotaCheck } = await import('../jobs/quota-check.js');
  return quotaCheck(settings);
}

async function backingUp(
  settings: NonNullable<DaemonSettings['backup']>,
  { database, engineLimits }: DaemonSettings,
): Promise<AnyJob> {
  const { backup } = await import('../jobs/backup.js');
  return backup(database, { ...settings, engineLimits });
}

async function serve(
  ledger: Ledger,
  intake: Intake<Outcome>,
  settings: DaemonSettings,
  parts: {
    readonly checkpoints: Checkpoints | undefined;
    readonly watchdog: Watchdog;
    readonly outbox: Outbox;
    readonly audit: AuditTrail | undefined;
    readonly work: Work;
    readonly feeds: Feeds;
    readonly logAreas: LogAreas;
    readonly reload: ServerOptions['reload'];
  },
  destination: LogOutput['destination'],
) {
  const { database, host, port, unixSocket, publicNames, logLevel, timeZone, drainMsMax, readerUrl } = settings;
  try {
    if (settings.acceptClock === true) await ledger.acceptClock('said at the start');
    if (settings.fd === undefined) await refuseOpenHost(ledger, host);
    await openDefaultPool(ledger, timeZone);
    await ledger.tellLosses();
    await ledger.adoptMethod().catch(leaveToJob);
    const server = await startServer(ledger, {
      host,
      port,
      fd: settings.fd,
      ...(unixSocket === true ? { socketPaths: (bound: number) => socketPaths(database, bound) } : {}),
      publicNames,
      tls: tlsOf(settings.tls),
      trustedProxies: settings.trustedProxies,
      intake,
      ...parts,
      log: { level: logLevel, destination },
      drainMsMax,
      readerUrl,
    });
    if (settings.fd !== undefined) await checkHanded(ledger, server, port);
    return server;
  } catch (error) {
    await ledger.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Problem(
      'address_in_use',
      `port ${port} of ${host} is taken by another program; choose one with --port, or 0 for any.`,
    );
  }
}

function tlsOf(files: DaemonSettings['tls']): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  if (files === undefined) return undefined;
  try {
    const texts = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
    createSecureContext(texts);
    return texts;
  } catch (error) {
    throw new Problem(
      'setting_invalid',
      `server.tls_cert, server.tls_key: ${systemErrorText(error as NodeJS.ErrnoException)}.`,
    );
  }
}

/** Where a socket that was handed over is, is known once it is listened at. */
async function checkHanded(ledger: Ledger, server: RunningServer, port: number): Promise<void> {
  const bound = server.app.server.address() as AddressInfo;
  if (port !== 0 && bound.port !== port)
    server.app.log.warn(
      `systemd listens at port ${bound.port}, and ${port} is set: \`resource-share service enable\` brings them together`,
    );
  try {
    await refuseOpenHost(ledger, bound.address);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Whoever can reach a server that asks for no key may write. */
async function refuseOpenHost(ledger: Ledger, host: string): Promise<void> {
  if (isLoopback(host)) return;
  const keys = new Keys(ledger.keyStore, () => ledger.now());
  await keys.load();
  if (keys.anyWorks) return;
  throw new Problem(
    'host_not_loopback',
    `${host} is not loopback, and there is no API key that works, so that anybody who can reach it could write: make one first with \`resource-share keys create --scope admin --to-file FILE\`, or bind to 127.0.0.1, ::1 or localhost.`,
  );
}

/** A storage that takes no writes now is no reason not to start: the job of that name tries again. */
function leaveToJob(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}

async function openDefaultPool(ledger: Ledger, timeZone: string | undefined): Promise<void> {
  if (!ledger.hasPool(defaultPool)) await ledger.addPool(defaultPool);
  else if (timeZone !== undefined && ledger.state(defaultPool).timeZone !== timeZone)
    await ledger.configurePool(defaultPool, timeZone);
}
