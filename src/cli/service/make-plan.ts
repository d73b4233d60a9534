/** The plan of the service of this machine: from its settings, and from what was asked for. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { isLoopback } from '../../api/authentication.js';
import { systemTimeZone } from '../../runtime/time-zone.js';
import { environmentValues } from '../../service/environment-file.js';
import { systemVariables } from '../../service/files.js';
import type { Scope, ServicePlan } from '../../service/plan.js';
import { isHidden } from '../../service/sandbox.js';
import { isServer } from '../../settings/database.js';
import type { Environment } from '../../settings/environment.js';
import { findSettingsFile } from '../../settings/file.js';
import { databaseOf } from '../../settings/ledger.js';
import { type Resolved, refuse, requireSettings, resolveSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/schema.js';
import { negativeResult, usageError } from '../exit.js';
import type { ServicePlaces } from './places.js';
import { type ServiceChoices, textOf } from './record.js';

/** The settings as the service will have them, not as this shell has them. */
export function settingsOfService(
  scope: Scope,
  environment: Environment,
  choices: Pick<ServiceChoices, 'data' | 'config'>,
  values: ReadonlyMap<string, string>,
): Resolved {
  const own: Environment =
    scope === 'system'
      ? { XDG_CONFIG_HOME: '/nonexistent' }
      : { XDG_CONFIG_HOME: environment.XDG_CONFIG_HOME, XDG_DATA_HOME: environment.XDG_DATA_HOME };
  const around = { ...own, ...Object.fromEntries(values) };
  const named = choices.config ?? undefined;
  const flags = new Map(choices.data === null ? [] : [['data', choices.data]]);
  const resolved = resolveSettings({ file: findSettingsFile(named, around), environment: around, flags });
  refuse(resolved.faults);
  return resolved;
}

/** What is set in the environment file that is there. */
export const valuesIn = (places: ServicePlaces): ReadonlyMap<string, string> =>
  environmentValues(textOf(places.environmentFile) ?? '');

/** Where the service has its ledger: a data directory, or the URL of a server. */
export function ledgerOfService(scope: Scope, resolved: Resolved): string {
  if (scope === 'system' && isUsual(resolved)) return '/var/lib/resource-share';
  return databaseOf(resolved);
}

const isUsual = ({ given }: Resolved): boolean =>
  ['data', 'database'].every((key) => given.get(key)?.layer === 'default');

export function makePlan(
  scope: Scope,
  places: ServicePlaces,
  environment: Environment,
  choices: ServiceChoices,
  values: ReadonlyMap<string, string>,
): ServicePlan {
  const resolved = settingsOfService(scope, environment, choices, values);
  const used = requireSettings(
    resolved,
    'host',
    'port',
    'time_zone',
    'service',
    'webhooks',
    'checkpoints',
    'audit',
    'backup',
    'log',
  );
  const ledger = ledgerOfService(scope, resolved);
  if (choices.socket && (used.port === 0 || isServer(used.host)))
    throw usageError('--socket needs a port that is known before the daemon starts: set another one than 0.');
  const [user = null, group = null] = choices.runAs?.split(':') ?? [];
  return {
    scope,
    node: process.execPath,
    program: programHere(),
    environmentFile: places.environmentFile,
    home: places.home,
    data: dataOf(scope, resolved, ledger),
    variables: variablesOf(scope, environment, choices),
    runAs: user === null ? null : { user, group },
    memoryMax: used.service.memory_max,
    cpuQuota: used.service.cpu_quota ?? null,
    addresses: addressesOf(used, ledger),
    isRemote: isServer(ledger) && hostsOf(ledger).some((host) => !isLoopback(host)),
    socket: choices.socket ? `${used.host.includes(':') ? `[${used.host}]` : used.host}:${used.port}` : null,
    timeZone: used.time_zone ?? systemTimeZone(),
    credentials: credentialsIn(places.credentials),
    writable: [
      ...(used.backup.folder === undefined ? [] : [resolve(used.backup.folder)]),
      ...used.audit.sinks.flatMap((sink) => ('file' in sink ? [dirname(sink.file)] : [])),
      ...(used.log.file === undefined ? [] : [dirname(resolve(used.log.file))]),
    ],
    logFile: places.logFile,
  };
}

/** The file in which this program is, wherever a link to it was called. */
const programHere = (): string => realpathSync(process.argv[1] ?? '');

function dataOf(scope: Scope, resolved: Resolved, ledger: string): string | null {
  if (isServer(ledger)) return null;
  if (scope === 'system' && isUsual(resolved)) return '%S/resource-share';
  const layer = resolved.given.get('data')?.layer;
  return layer === 'default' || layer === 'flag' ? resolve(ledger) : null;
}

function variablesOf(scope: Scope, environment: Environment, { config }: ServiceChoices): ReadonlyMap<string, string> {
  const variables = new Map(scope === 'system' ? systemVariables() : [['NODE_ENV', 'production']]);
  if (config !== null) variables.set('RESOURCE_SHARE_CONFIG', resolve(config));
  // The manager of an account knows nothing of what its shell has set.
  for (const name of ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_DATA_HOME']) {
    const value = environment[name];
    if (scope === 'user' && value) variables.set(name, value);
  }
  return variables;
}

/** Null where it may reach any: a name may become any address. */
function addressesOf(
  {
    host,
    service,
    webhooks,
    checkpoints,
    audit,
  }: Pick<Settings, 'host' | 'service' | 'webhooks' | 'checkpoints' | 'audit'>,
  ledger: string,
): readonly string[] | null {
  if (service.network === 'open' || !isLoopback(host)) return null;
  const hosts = [
    ...(isServer(ledger) ? hostsOf(ledger) : []),
    ...(webhooks.allow_hosts?.split(',').map((each) => each.trim().replace(/:\d+$/, '')) ?? []),
    ...audit.sinks.flatMap(hostOfSink),
    ...checkpoints.to.flatMap((target) => ('witness' in target ? [new URL(target.witness.url).hostname] : [])),
  ].map((each) => each.replace(/^\[|\]$/g, ''));
  const others = [...new Set(hosts)].filter((each) => each !== '' && !isLoopback(each));
  // Endpoints that are told of checkpoints, or have a name, are somewhere on the internet.
  const isAnywhere = checkpoints.to.some((target) => 'webhook' in target || 'git' in target);
  return isAnywhere || others.some((each) => isIP(each) === 0) ? null : others;
}

function hostOfSink(sink: Settings['audit']['sinks'][number]): readonly string[] {
  if ('file' in sink) return [];
  const url = 'otlp' in sink ? sink.otlp : sink.syslog;
  return url.startsWith('unix:') ? [] : [new URL(url).hostname];
}

/** `postgres://user@a:1,b/name`: a and b. A socket of this machine has no host. */
function hostsOf(database: string): readonly string[] {
  const rest = database.replace(/^[^:]+:\/\//, '');
  const [authority = ''] = /^[^/?#]*/.exec(rest.slice(rest.lastIndexOf('@') + 1)) ?? [];
  return authority
    .split(',')
    .map((each) => each.replace(/:\d+$/, ''))
    .filter((each) => each !== '');
}

function credentialsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[\w.-]+$/.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

/** What would never start is refused before anything is written. */
export function refuseUnreachable({ scope, node, program }: ServicePlan): void {
  if (scope === 'user') return;
  const hidden = [node, program].find(isHidden);
  if (hidden === undefined) return;
  throw negativeResult(
    `a system service cannot see ${hidden}: it is kept out of the homes of people (ProtectHome). Install Node.js and this program for the whole machine, such as with \`npm install --global --prefix /usr/lib/resource-share\`, and call \`service enable --system\` by that one; or use --user.`,
  );
}
