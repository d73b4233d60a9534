/** `service status`: how the parts of a service are, and what its daemon says of itself. */
import { existsSync } from 'node:fs';
import { exchange } from '../../client/http.js';
import { writerOf } from '../../engines/open.js';
import { packageVersion } from '../../package-root.js';
import { isTimed, type PartName } from '../../service/plan.js';
import { isServer } from '../../settings/database.js';
import { type Resolved, requireSettings } from '../../settings/resolve.js';
import { addressOfWriter } from '../daemon-address.js';
import type { Service } from './enabling.js';
import { prepare } from './enabling.js';
import { ledgerOfService, settingsOfService, valuesIn } from './make-plan.js';
import type { PartState } from './manager.js';
import { noRecord, textOf } from './record.js';

export interface DaemonStatus {
  readonly url: string;
  readonly port: number | null;
  readonly ready: boolean;
  /** Why it is not. */
  readonly fault: string | null;
  readonly version: string | null;
  /** `done`, `paused`, or `left to workers`; null where it does not say. */
  readonly jobs: string | null;
  readonly lastReadingAt: string | null;
  readonly lastBackupAt: string | null;
}

export interface ServiceStatus {
  readonly state: 'healthy' | 'degraded' | 'down';
  readonly version: string;
  readonly parts: readonly PartState[];
  /** Files that are not as they would be rendered now. */
  readonly drifted: readonly string[];
  readonly daemon: DaemonStatus | null;
}

export const statusExits = { healthy: 0, degraded: 1, down: 2 } as const;

export async function serviceStatus(service: Service, parts: readonly PartName[]): Promise<ServiceStatus> {
  const choices = service.record?.choices ?? noRecord.choices;
  const wanted = parts.length > 0 ? parts : choices.parts.length > 0 ? choices.parts : (['serve'] as const);
  const states: PartState[] = [];
  for (const part of wanted) states.push(await service.manager.state(part));
  const daemon = wanted.includes('serve') ? await daemonStatus(service) : null;
  const drifted = service.record === null ? [] : driftedFiles(service);
  return { state: overall(states, daemon, drifted), version: packageVersion, parts: states, drifted, daemon };
}

function overall(
  states: readonly PartState[],
  daemon: DaemonStatus | null,
  drifted: readonly string[],
): ServiceStatus['state'] {
  if (states.some(({ active, part }) => active !== 'active' && !(isTimed(part) && active === 'activating')))
    return 'down';
  const isWhole = states.every(({ enabled, installed }) => enabled && installed);
  const isCurrent = daemon === null || (daemon.ready && daemon.version === packageVersion);
  return isWhole && isCurrent && drifted.length === 0 ? 'healthy' : 'degraded';
}

/** Those that `service enable` would write now, and are something else, or not there. */
export function driftedFiles(service: Service): readonly string[] {
  const { files } = prepare(service, { parts: [], set: new Map() });
  return files.filter(({ path, text }) => textOf(path) !== text).map(({ path }) => path);
}

const answerMsMax = 5_000;

async function daemonStatus(service: Service): Promise<DaemonStatus | null> {
  const { scope, environment, record, places } = service;
  const resolved = settingsOfService(scope, environment, record?.choices ?? noRecord.choices, valuesIn(places));
  const address = addressOfDaemon(ledgerOfService(scope, resolved), resolved);
  if (address === null) return null;
  const ask = async (path: string) => {
    const { status, text } = await exchange({ method: 'GET', to: address.to, path, timeoutMs: answerMsMax });
    return { status, body: JSON.parse(text) as Readonly<Record<string, unknown>> };
  };
  const { port } = new URL(address.url);
  const unknown = { version: null, jobs: null, lastReadingAt: null, lastBackupAt: null };
  const found = { url: address.url, port: port === '' ? null : Number(port) };
  try {
    const [ready, health] = [await ask('health/ready'), await ask('health')];
    const fault = ready.status === 200 ? null : String(ready.body.detail ?? ready.body.title ?? ready.status);
    const jobs = jobsText(resolved, (await ask('v1/schedules')).body);
    const figures = { ...figuresOf(health.body), jobs, lastBackupAt: await lastBackup(resolved) };
    return { ...found, ready: ready.status === 200, fault, ...figures };
  } catch (error) {
    return { ...found, ready: false, fault: (error as Error).message, ...unknown };
  }
}

function figuresOf(health: Readonly<Record<string, unknown>>) {
  const readings = health.quota_readings as { readonly last_at?: string | null } | undefined;
  return {
    version: typeof health.version === 'string' ? health.version : null,
    lastReadingAt: readings?.last_at ?? null,
  };
}

function jobsText(resolved: Resolved, { schedules }: Readonly<Record<string, unknown>>): string | null {
  if (!requireSettings(resolved, 'jobs').jobs.enabled) return 'left to workers';
  if (!Array.isArray(schedules)) return null;
  return schedules.length > 0 && schedules.every(({ paused }) => paused === true) ? 'paused' : 'done';
}

async function lastBackup(resolved: Resolved): Promise<string | null> {
  const { backup } = requireSettings(resolved, 'backup');
  if (backup.folder === undefined || !existsSync(backup.folder)) return null;
  const { BackupFolder } = await import('../../backup/backup-folder.js');
  const newest = (await new BackupFolder(backup.folder).list()).find(({ manifest }) => manifest !== null);
  return newest?.manifest?.created_at ?? null;
}

/** Of a data directory, its writer says it; on a server there may be many, and the one here is at the port that is set. */
function addressOfDaemon(database: string, resolved: Resolved) {
  if (isServer(database)) {
    const { host, port } = requireSettings(resolved, 'host', 'port');
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    return { url, to: addressOfWriter(url, undefined, {}) };
  }
  if (!existsSync(database)) return null;
  const writer = writerOf(database);
  return writer?.url === undefined ? null : { url: writer.url, to: addressOfWriter(writer.url, writer.socket, {}) };
}
