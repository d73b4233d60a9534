/** What the files of a service are rendered from: everything that differs between two installations. */

export type Scope = 'user' | 'system';
export type Manager = 'systemd' | 'launchd';

/** The parts of a service that can be enabled; each calls a verb of its own. */
export const partNames = ['serve', 'collect', 'worker', 'daily-aggregate', 'backup'] as const;
export type PartName = (typeof partNames)[number];

/** Those that end by themselves and are started by the clock. */
export const timedParts = ['daily-aggregate', 'backup'] as const satisfies readonly PartName[];
export type TimedPart = (typeof timedParts)[number];

export interface ServicePlan {
  readonly scope: Scope;
  /** Absolute paths. */
  readonly node: string;
  readonly program: string;
  readonly environmentFile: string;
  /** Home of the account in which it runs; of a system service it sees none. */
  readonly home: string;
  /** The data directory; null where a server has the ledger, or the environment file says it. */
  readonly data: string | null;
  /** Variables of the unit beside those of the environment file, which beats them. */
  readonly variables: ReadonlyMap<string, string>;
  /** Of a system service: an account that is there, instead of one that lives as long as the service. */
  readonly runAs: { readonly user: string; readonly group: string | null } | null;
  /** As systemd takes it: `2G`. */
  readonly memoryMax: string;
  /** As systemd takes it: `150%`; null for no limit. */
  readonly cpuQuota: string | null;
  /** Addresses that it may reach beside this machine; null for all. */
  readonly addresses: readonly string[] | null;
  /** Whether the ledger is on another machine, so that the network has to be up first. */
  readonly isRemote: boolean;
  /** Where systemd listens for it, as `host:port`; null where it listens itself. */
  readonly socket: string | null;
  /** Of its timers. */
  readonly timeZone: string;
  /** Folders beside its own that a system service writes into: of backups, of its log. */
  readonly writable: readonly string[];
  /** Files that systemd hands over as credentials of their names. */
  readonly credentials: readonly string[];
  /** Of launchd, and of the tools that rotate logs. */
  readonly logFile: string;
}

/** A file of a service, as it is to be. */
export interface RenderedFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** The words after the name of the program. */
export function wordsOf(part: PartName): readonly string[] {
  switch (part) {
    case 'serve':
    case 'collect':
    case 'worker':
      return [part];
    case 'daily-aggregate':
      return ['jobs', 'run', part, '--date', 'yesterday'];
    case 'backup':
      return ['backup', 'create'];
  }
}

export const descriptions: Readonly<Record<PartName, string>> = {
  serve: 'Resource-Share: ledger and fair-share controller',
  collect: 'Resource-Share: what programs of this account keep of their use is recorded',
  worker: 'Resource-Share: jobs beside the daemons',
  'daily-aggregate': 'Resource-Share: closes the day before',
  backup: 'Resource-Share: backs the ledger up',
};

export const isTimed = (part: PartName): part is TimedPart => (timedParts as readonly PartName[]).includes(part);
