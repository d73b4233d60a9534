/** The units of systemd. */
import { descriptions, isTimed, type PartName, type ServicePlan, type TimedPart, wordsOf } from './plan.js';
import { sandboxOf } from './sandbox.js';

/** Says of a file that it is rendered, and by what. */
export const renderedMark =
  '# Rendered by `resource-share service enable`, which writes it again. Your own lines go into a';

export const unitName = (part: PartName): string => (part === 'serve' ? 'resource-share' : `resource-share-${part}`);

/** Texts by the name of their file. */
export function systemdUnits(plan: ServicePlan, parts: readonly PartName[]): ReadonlyMap<string, string> {
  const units = new Map<string, string>();
  for (const part of parts) {
    units.set(`${unitName(part)}.service`, service(plan, part));
    if (isTimed(part)) units.set(`${unitName(part)}.timer`, timer(plan, part));
    if (part === 'serve' && plan.socket !== null) units.set('resource-share.socket', socket(plan.socket));
  }
  return units;
}

/** What is enabled of a part: what starts it at boot. */
export const startedUnits = (part: PartName, plan: Pick<ServicePlan, 'socket'>): readonly string[] => {
  if (isTimed(part)) return [`${unitName(part)}.timer`];
  return [...(part === 'serve' && plan.socket !== null ? ['resource-share.socket'] : []), `${unitName(part)}.service`];
};

function unit(name: string, sections: Readonly<Record<string, readonly string[]>>): string {
  const head = [renderedMark, `# drop-in: systemctl edit ${name}`];
  const body = Object.entries(sections).flatMap(([section, lines]) => ['', `[${section}]`, ...lines]);
  return `${[...head, ...body].join('\n')}\n`;
}

function service(plan: ServicePlan, part: PartName): string {
  const name = `${unitName(part)}.service`;
  const wantedBy = plan.scope === 'system' ? 'multi-user.target' : 'default.target';
  const isEnabled = !isTimed(part);
  return unit(name, {
    Unit: [
      `Description=${descriptions[part]}`,
      ...after(plan, part),
      // What passes (a port that is taken, a server that is away, a full disk) is waited out, however long it takes.
      ...(isEnabled ? ['StartLimitIntervalSec=0'] : []),
    ],
    Service: [
      ...(part === 'serve' ? daemonLines : isEnabled ? ['Type=exec'] : ['Type=oneshot', 'TimeoutStartSec=1h']),
      `ExecStart=${commandLine(plan, ...wordsOf(part))}`,
      ...(part === 'serve' ? [`ExecReload=${commandLine(plan, 'config', 'reload')}`] : []),
      ...(isEnabled ? ['Restart=on-failure', 'RestartSec=10', 'RestartPreventExitStatus=64 78'] : []),
      ...accountLines(plan),
      `EnvironmentFile=-${escaped(plan.environmentFile)}`,
      ...plan.credentials.map((path) => `LoadCredential=${baseName(path)}:${escaped(path)}`),
      `MemoryMax=${plan.memoryMax}`,
      ...(plan.cpuQuota === null ? [] : [`CPUQuota=${plan.cpuQuota}`]),
      ...sandboxOf(plan.scope),
      ...(plan.scope === 'system' ? plan.writable.map((path) => `ReadWritePaths=-${escaped(path)}`) : []),
      ...(plan.scope === 'system' ? addressLines(plan) : []),
    ],
    ...(isEnabled
      ? { Install: [`WantedBy=${wantedBy}`, ...(part === 'serve' ? ['Alias=resource-share-server.service'] : [])] }
      : {}),
  });
}

function after({ isRemote }: ServicePlan, part: PartName): readonly string[] {
  const daemon = part === 'serve' ? [] : ['resource-share.service'];
  if (!isRemote) return [`After=${['network.target', ...daemon].join(' ')}`];
  return [`After=${['network-online.target', ...daemon].join(' ')}`, 'Wants=network-online.target'];
}

/** It says by itself when it is ready, what it does and that it lives; the processes that say it for it are its children. */
const daemonLines: readonly string[] = [
  'Type=notify',
  'NotifyAccess=all',
  'TimeoutStartSec=90',
  'TimeoutStopSec=30',
  'WatchdogSec=30',
  'WatchdogSignal=SIGKILL',
  'KillMode=mixed',
];

function accountLines({ scope, runAs, data, variables }: ServicePlan): readonly string[] {
  const environment = [...(data === null ? [] : [['RESOURCE_SHARE_DATA', data] as const]), ...variables]
    .map(([name, value]) => quoted(`${name}=${value}`))
    .join(' ');
  if (scope === 'user') return [...(environment === '' ? [] : [`Environment=${environment}`])];
  const account =
    runAs === null
      ? ['DynamicUser=yes', 'User=resource-share']
      : [`User=${runAs.user}`, ...(runAs.group === null ? [] : [`Group=${runAs.group}`])];
  return [
    ...account,
    // The second folder is for the key that signs checkpoints, which must not lie where the ledger does.
    'StateDirectory=resource-share resource-share-keys',
    'StateDirectoryMode=0700',
    'LogsDirectory=resource-share',
    'LogsDirectoryMode=0700',
    'RuntimeDirectory=resource-share',
    'RuntimeDirectoryMode=0700',
    'WorkingDirectory=%S/resource-share',
    `Environment=${environment}`,
  ];
}

/** systemd knows addresses only: where a host is named, it cannot be let through alone. */
function addressLines({ addresses }: ServicePlan): readonly string[] {
  if (addresses === null) return [];
  return ['IPAddressDeny=any', `IPAddressAllow=${['localhost', ...addresses].join(' ')}`];
}

function timer({ timeZone }: ServicePlan, part: TimedPart): string {
  return unit(`${unitName(part)}.timer`, {
    Unit: [`Description=${descriptions[part]}, by the clock`],
    Timer: [`OnCalendar=${calendar[part]} ${timeZone}`, 'Persistent=yes', 'AccuracySec=1s'],
    Install: ['WantedBy=timers.target'],
  });
}

/** As the daemon does it by itself: each midnight, and each hour. */
const calendar: Readonly<Record<TimedPart, string>> = {
  'daily-aggregate': '*-*-* 00:00:00',
  backup: '*-*-* *:00:00',
};

function socket(address: string): string {
  return unit('resource-share.socket', {
    Unit: ['Description=Resource-Share: connections wait here while the daemon starts again'],
    Socket: [`ListenStream=${address}`, 'Backlog=1024', 'NoDelay=yes'],
    Install: ['WantedBy=sockets.target'],
  });
}

const commandLine = ({ node, program }: ServicePlan, ...words: readonly string[]): string =>
  [node, program, ...words].map(quoted).join(' ');

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `%` begins a specifier; the specifiers of a plan are meant as such. */
const escaped = (text: string): string => text.replace(/%(?![ShELt]\b|[ShELt]\/)/g, '%%');

/** A word of a line of systemd, which reads quotes, backslashes, `$` and `%`. */
function quoted(word: string): string {
  const text = escaped(word);
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')}"`;
}
