/** `service enable`, `disable` and `uninstall`: what is written, started, stopped and removed again. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { environmentText } from '../../service/environment-file.js';
import { partsOf, renderParts } from '../../service/files.js';
import type { Manager, PartName, RenderedFile, Scope, ServicePlan } from '../../service/plan.js';
import { isServer } from '../../settings/database.js';
import type { Environment } from '../../settings/environment.js';
import { negativeResult, usageError } from '../exit.js';
import { remark } from '../output.js';
import { ledgerOfService, makePlan, refuseUnreachable, settingsOfService, valuesIn } from './make-plan.js';
import type { ServiceManager } from './manager.js';
import { openManager } from './open-manager.js';
import { placesOf, type ServicePlaces } from './places.js';
import {
  noRecord,
  readRecord,
  removeFiles,
  type ServiceChoices,
  type ServiceRecord,
  saveRecord,
  writeFiles,
} from './record.js';
import { callTool, useTool } from './tool.js';

export interface Service {
  readonly scope: Scope;
  readonly places: ServicePlaces;
  readonly environment: Environment;
  readonly manager: ServiceManager;
  /** Null where it was never enabled. */
  readonly record: ServiceRecord | null;
}

export interface EnableOptions {
  readonly parts: readonly PartName[];
  readonly set: ReadonlyMap<string, string>;
  readonly socket?: boolean | undefined;
  readonly runAs?: string | undefined;
  readonly linger?: boolean | undefined;
  readonly data?: string | undefined;
  readonly config?: string | undefined;
}

export interface Prepared {
  readonly plan: ServicePlan;
  readonly choices: ServiceChoices;
  readonly files: readonly RenderedFile[];
}

export async function openService(scope: Scope, manager: Manager, environment: Environment): Promise<Service> {
  const places = placesOf(scope, manager, environment);
  return {
    scope,
    places,
    environment,
    manager: await openManager(manager, scope, places.units),
    record: readRecord(places.record),
  };
}

/** What would be written. Throws where it could not work. */
export function prepare(service: Service, options: EnableOptions): Prepared {
  const { scope, places, environment, manager } = service;
  const before = service.record ?? noRecord;
  const choices = choicesOf(before.choices, options);
  const impossible = choices.parts.find((part) => !partsOf(scope).includes(part));
  if (impossible !== undefined)
    throw usageError(
      `${impossible} reads what an account keeps in its home, which a system service does not see: enable it with --user.`,
    );
  const values = new Map([...valuesIn(places), ...options.set]);
  const plan = makePlan(scope, places, environment, choices, values);
  refuseUnreachable(plan);
  if (choices.parts.includes('backup') && !isSet(service, choices, values, 'backup.folder'))
    throw usageError('No folder is set for backups: --set backup.folder=/mnt/elsewhere/ledger, on another disk.');
  if (choices.parts.includes('worker') && !isServer(ledgerOf(service, choices, values)))
    throw usageError('A worker helps where a PostgreSQL server has the ledger; a data directory has its daemon alone.');
  if (scope === 'system') checkStateFolder(plan, choices);
  const environmentFile = { path: places.environmentFile, text: environmentText(values), mode: 0o600 };
  return { plan, choices, files: [...renderParts(manager.name, places.units, plan, choices.parts), environmentFile] };
}

const isSet = (service: Service, choices: ServiceChoices, values: ReadonlyMap<string, string>, key: string): boolean =>
  settingsOfService(service.scope, service.environment, choices, values).given.get(key)?.layer !== 'default';

const ledgerOf = ({ scope, environment }: Service, choices: ServiceChoices, values: ReadonlyMap<string, string>) =>
  ledgerOfService(scope, settingsOfService(scope, environment, choices, values));

/** What was chosen before stays, and what is named now is added. */
function choicesOf(before: ServiceChoices, { parts, socket, runAs, data, config }: EnableOptions): ServiceChoices {
  const wanted = parts.length === 0 && before.parts.length === 0 ? (['serve'] as const) : parts;
  return {
    parts: [...new Set([...before.parts, ...wanted])],
    socket: socket ?? before.socket,
    runAs: runAs ?? before.runAs,
    data: data ?? before.data,
    config: config ?? before.config,
  };
}

/** systemd would hand a folder to whoever the service runs as, and so take it from somebody. */
function checkStateFolder({ runAs, data }: ServicePlan, { data: named }: ServiceChoices): void {
  const path = named ?? '/var/lib/resource-share';
  if ((named === null && data !== '%S/resource-share') || !existsSync(path)) return;
  const { uid, mode } = statSync(path);
  // Of an account that lives as long as its service: nobody else has these numbers.
  const isDynamic = uid >= 61_184 && uid <= 65_519;
  if (runAs === null && !isDynamic && uid !== 0)
    throw negativeResult(
      `${path} belongs to the account ${uid}: say --run-as USER to serve it as that account, or move it away.`,
    );
  if ((mode & 0o022) !== 0)
    throw negativeResult(`other accounts can write to ${path}: close it with \`chmod 700 ${path}\`.`);
}

export interface Enabled {
  readonly changed: readonly string[];
  readonly parts: readonly PartName[];
}

export async function enable(service: Service, options: EnableOptions): Promise<Enabled> {
  const { scope, places, manager, record } = service;
  if (scope === 'system' && process.getuid?.() !== 0)
    throw negativeResult('a system service is enabled by root: use sudo, or --user for one of this account.');
  const { plan, choices, files } = prepare(service, options);
  await manager.check();
  if (plan.runAs !== null) await checkAccount(plan.runAs.user);
  const lingers = await lingering(service, options, plan);
  const more = { choices, linger: lingers || record?.linger === true };
  const folderMode = scope === 'system' ? 0o755 : 0o700;
  const { record: written, changed } = writeFiles(files, places.record, record ?? noRecord, more, folderMode);
  // A socket that is no longer wanted would be started at the next boot.
  if (record?.choices.socket === true && !choices.socket) removeSocket(places, written);
  await manager.reload();
  await manager.enable(choices.parts, plan, changed);
  return { changed, parts: choices.parts };
}

function removeSocket(places: ServicePlaces, record: ServiceRecord): void {
  const path = `${places.units}/resource-share.socket`;
  rmSync(path, { force: true });
  const { [path]: _gone, ...files } = record.files;
  saveRecord(places.record, { ...record, files });
}

async function checkAccount(user: string): Promise<void> {
  const { code } = await callTool('id', ['-u', user]);
  if (code !== 0) throw usageError(`--run-as: there is no account ${user} on this machine.`);
}

/** True where this call has set it. */
async function lingering({ scope, manager }: Service, { linger }: EnableOptions, _plan: ServicePlan): Promise<boolean> {
  if (scope === 'system' || manager.name !== 'systemd') return false;
  const { username } = userInfo();
  const { stdout } = await callTool('loginctl', ['show-user', username, '--property=Linger']).catch(() => ({
    stdout: '',
  }));
  if (/Linger=yes/.test(stdout) || existsSync(`/var/lib/systemd/linger/${username}`)) return false;
  if (linger !== true) {
    remark('It ends with the last session of this account, and starts with the first: --linger keeps it running.');
    return false;
  }
  await useTool('loginctl', ['enable-linger', username]);
  return true;
}

export async function disable(service: Service, parts: readonly PartName[]): Promise<void> {
  const { record, places, manager } = service;
  if (record === null) return;
  const wanted = parts.length === 0 ? record.choices.parts : parts;
  await manager.disable(wanted);
  // What is disabled stays so when something else is enabled.
  const left = record.choices.parts.filter((part) => !wanted.includes(part));
  saveRecord(places.record, { ...record, choices: { ...record.choices, parts: left } });
}

export interface Uninstalled {
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  /** Where the ledger is: null where a server has it, or it is gone. */
  readonly data: string | null;
}

export async function uninstall(service: Service, purge: boolean): Promise<Uninstalled> {
  const { scope, places, manager, record } = service;
  if (record === null) return { removed: [], kept: [], data: null };
  const ledger = ledgerOf(service, record.choices, valuesIn(places));
  await manager.disable(partsOf(scope));
  const { removed, kept } = removeFiles(places.record, record, (path) => path === places.environmentFile);
  await manager.reload();
  if (record.linger) await useTool('loginctl', ['disable-linger', userInfo().username]);
  const data = isServer(ledger) || !existsSync(ledger) ? null : ledger;
  if (!purge || data === null) return { removed, kept, data };
  for (const path of [data, ...(scope === 'system' ? systemFolders : [])])
    rmSync(path, { recursive: true, force: true });
  return { removed: [...removed, data], kept, data: null };
}

/** What systemd made for a system service: the ledger of an account that is no more is behind a link. */
const systemFolders = ['lib', 'log', 'cache'].flatMap((kind) =>
  ['resource-share', 'resource-share-keys'].flatMap((name) => [`/var/${kind}/private/${name}`, `/var/${kind}/${name}`]),
);
