/** All files of a service, rendered: those that `service enable` writes, and those that `ops/` shows. */
import { join } from 'node:path';
import { cronLines, logrotateRules, newsyslogRules } from './by-hand.js';
import { environmentText } from './environment-file.js';
import { launchdLists } from './launchd.js';
import { type Manager, type PartName, partNames, type RenderedFile, type ServicePlan } from './plan.js';
import { systemdUnits } from './systemd.js';

/** Units or property lists, in the folder where the manager looks for them. */
export function renderParts(
  manager: Manager,
  folder: string,
  plan: ServicePlan,
  parts: readonly PartName[],
): readonly RenderedFile[] {
  const texts = manager === 'systemd' ? systemdUnits(plan, parts) : launchdLists(plan, parts);
  return [...texts].map(([name, text]) => ({ path: join(folder, name), text, mode: 0o644 }));
}

/** Of the parts, those that can run in this scope: what an account keeps of its use is seen by the account alone. */
export const partsOf = (scope: ServicePlan['scope']): readonly PartName[] =>
  partNames.filter((part) => scope === 'user' || part !== 'collect');

const shipped: ServicePlan = {
  scope: 'system',
  node: '/usr/bin/node',
  program: '/usr/lib/resource-share/dist/app/main.js',
  environmentFile: '/etc/resource-share/service.env',
  home: '/',
  data: '%S/resource-share',
  variables: systemVariables(),
  runAs: null,
  memoryMax: '2G',
  cpuQuota: null,
  addresses: [],
  isRemote: false,
  socket: '127.0.0.1:8765',
  timeZone: 'UTC',
  writable: [],
  credentials: [],
  logFile: '/var/log/resource-share/resource-share.log',
};

const shippedForUser: ServicePlan = {
  ...shipped,
  scope: 'user',
  environmentFile: '%h/.config/resource-share/service.env',
  data: '%h/.local/share/resource-share',
  variables: new Map([['NODE_ENV', 'production']]),
};

const shippedForMac: ServicePlan = {
  ...shippedForUser,
  node: '/usr/local/bin/node',
  program: '/usr/local/lib/node_modules/resource-share/dist/app/main.js',
  environmentFile: '/Users/ada/.config/resource-share/service.env',
  home: '/Users/ada',
  data: '/Users/ada/Library/Application Support/Resource-Share',
  logFile: '/Users/ada/Library/Logs/resource-share.log',
};

/** Its home is nowhere: what usually lies there has folders of the service. */
export function systemVariables(): ReadonlyMap<string, string> {
  return new Map([
    ['RESOURCE_SHARE_CHECKPOINTS_KEYS', '%S/resource-share-keys'],
    ['NODE_ENV', 'production'],
  ]);
}

/** Texts by path from the root of the repository: the files of an installation in the usual folders. */
export function shippedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (folder: string, texts: ReadonlyMap<string, string>) => {
    for (const [name, text] of texts) files.set(`${folder}/${name}`, text);
  };
  add('ops/systemd/system', systemdUnits(shipped, partsOf('system')));
  add('ops/systemd/user', systemdUnits(shippedForUser, partsOf('user')));
  add('ops/launchd', launchdLists(shippedForMac, partsOf('user')));
  files.set(
    'ops/cron/resource-share',
    cronLines({ ...shipped, environmentFile: '$HOME/.config/resource-share/service.env' }),
  );
  files.set('ops/logrotate/resource-share', logrotateRules(shipped));
  files.set(
    'ops/newsyslog/resource-share.conf',
    newsyslogRules({ ...shippedForMac, logFile: '/var/log/resource-share.log' }),
  );
  files.set('ops/environment.example', environmentText(new Map()));
  return files;
}
