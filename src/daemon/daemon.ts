/** The composition root: builds the ledger, the jobs and the server on an open engine, and stops them in reverse order. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { isLoopback } from '../api/authentication.js';
import { type RunningServer, startServer } from '../api/listen.js';
import type { LogSettings } from '../api/logging.js';
import type { Engine } from '../engines/engine.js';
import { defaultPool, type PoolId } from '../events/scalars.js';
import { Intake, type IntakeSettings } from '../intake/intake.js';
import type { BackupSettings } from '../jobs/backup.js';
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
import { checkpointSink } from '../outbox/checkpoint-sink.js';
import { Outbox } from '../outbox/outbox.js';
import { Problem } from '../problems.js';
import { socketPaths } from '../settings/socket-path.js';
import type { StorageError } from '../storage-error.js';
import { systemErrorText } from '../text/system-error.js';
import { CheckpointKeys } from '../trust/checkpoint-keys.js';
import { type CheckpointTarget, sinkOf } from '../trust/checkpoint-sinks.js';
import { Checkpoints } from '../trust/checkpoints.js';
import { Keys } from '../trust/keys.js';
import { parseKey } from '../trust/note.js';
import type { Watchdog } from '../watch/watchdog.js';
import { BackgroundWork, type WorkSettings } from './background-work.js';
import { logDestination } from './log-destination.js';
import { type LedgerOptions, ledgerOn } from './open-ledger.js';
import type { Vitals } from './supervision.js';
import { vitalsOf } from './vitals.js';
import { watchdogOf } from './watchdog.js';

/** The default pool changes to the time zone, when one is set and the pool has another one. */
export interface DaemonSettings extends LedgerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** A socket that listens already, as systemd hands one over: it takes the place of host and port. */
  readonly fd?: number | undefined;
  /** Whether it listens at a Unix socket, too. */
  readonly unixSocket?: boolean | undefined;
  /** Names under which it is reached from elsewhere, separated by commas. */
  readonly publicNames?: string | undefined;
  /** Files in PEM: the port speaks HTTPS then. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Addresses, separated by commas, whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: string | undefined;
  readonly logLevel: LogSettings['level'];
  readonly drainMsMax?: number | undefined;
  readonly liveFeedsMax?: number | undefined;
  /** Somebody says that the clock is right, wherever the log stands. */
  readonly acceptClock?: boolean | undefined;
  /** A ledger that has lost events is served all the same, and says so in its log. */
  readonly acceptLoss?: boolean | undefined;
  /** Whose use data of others is, and in which mode. */
  readonly sources?: (IntakeSettings & Partial<Collecting>) | undefined;
  /** Checkpoints are signed where it is given. */
  readonly checkpoints?: CheckpointSettings | undefined;
  /** It backs the log up by itself where it is given. */
  readonly backup?: Omit<BackupSettings, 'engineLimits'> | undefined;
  /** The daemon reads the quota by itself where it is given. */
  readonly quotaCheck?: QuotaCheckSettings | undefined;
  /** How long nobody may have written to what is swept; as usual where it is left out. */
  readonly cleanupOlderMs?: number | undefined;
  /** Beside those of every daemon. */
  readonly moreChores?: readonly Chore[] | undefined;
  /** How jobs are done; as usual where it is left out. */
  readonly jobs?: WorkSettings | undefined;
}

/** What it collects itself. */
interface Collecting {
  readonly collect: boolean;
  readonly sweep_s: number;
  readonly pool: string | undefined;
}

interface CheckpointSettings {
  /** Folder of the key. */
  readonly keys: string;
  /** Folder in which systemd gives one. */
  readonly credentials?: string | undefined;
  readonly every_s: number;
  readonly to: readonly (CheckpointTarget | { readonly webhook: string })[];
  readonly witnesses?: { readonly quorum: number; readonly keys: readonly string[] } | undefined;
}

export interface Daemon {
  readonly url: string;
  readonly vitals: Vitals;
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
  const parts = { checkpoints, watchdog, outbox, work: background.work };
  const server = await serve(ledger, intake, settings, parts);
  const { log } = server.app;
  if (typeof signing === 'string') log.error(`no checkpoints are signed: ${signing}`);
  const own = settings.sources?.collect === true ? [await collecting(intake, settings)] : [];
  if (checkpoints !== undefined && settings.checkpoints !== undefined)
    own.push(extendTrees(checkpoints, settings.checkpoints.every_s * 1_000));
  own.push(watch(watchdog), deliver(outbox));
  background.start(log, [...own, ...(settings.moreChores ?? [])]);
  return {
    url: server.url,
    vitals: vitalsOf(ledger, engine),
    outdated: ledger.outdated,
    async stop(reason) {
      if (typeof reason === 'string') log.info(`${reason}: finishing what is under way`);
      else log.fatal(reason.message);
      await server.stop(background.stop(), () => signLast(checkpoints, log));
    },
  };
}

/** The ledger is closed where it cannot be made. */
async function madeOn<T>(ledger: Ledger, make: () => T): Promise<T> {
  try {
    return make();
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

/** Where no key can be had, why: the ledger is served without. */
async function openCheckpoints(
  ledger: Ledger,
  outbox: Outbox,
  { checkpoints: settings, acceptLoss }: DaemonSettings,
): Promise<Checkpoints | string | null> {
  if (settings === undefined) return null;
  try {
    const keys = await CheckpointKeys.open(settings.keys, settings.credentials);
    const sinks = settings.to.map((target) =>
      'webhook' in target ? checkpointSink(outbox, target.webhook) : sinkOf(target, ledger.clock),
    );
    const { witnesses } = settings;
    const policy = witnesses && { quorum: witnesses.quorum, keys: witnesses.keys.map(parseKey) };
    const checkpoints = new Checkpoints(ledger.treeStore, ledger.clock, keys, sinks, policy);
    if (acceptLoss === true) await checkpoints.acceptLoss();
    return checkpoints;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What came after the last checkpoint is in one, too, when the daemon ends. */
async function signLast(checkpoints: Checkpoints | undefined, log: Pick<Logger, 'warn'>): Promise<void> {
  try {
    await checkpoints?.sign();
  } catch (error) {
    log.warn({ err: error }, 'the last checkpoint could not be signed');
  }
}

/** Most daemons collect nothing: their start does not wait for it. */
async function collecting(intake: Intake<Outcome>, { database, sources }: DaemonSettings): Promise<Chore> {
  const { collectSources } = await import('../jobs/collect-sources.js');
  const { sweep_s: sweepSeconds = limits.sweepSecondsMax, pool = defaultPool } = sources ?? {};
  return collectSources({ intake, database, pool: pool as PoolId, sweepMs: sweepSeconds * 1_000 });
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
    readonly work: Work;
  },
) {
  const { database, host, port, unixSocket, publicNames, logLevel, timeZone, drainMsMax, liveFeedsMax } = settings;
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
      log: { level: logLevel, destination: await logDestination() },
      drainMsMax,
      streamConnectionsMax: liveFeedsMax,
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
