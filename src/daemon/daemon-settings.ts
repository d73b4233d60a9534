/** What a daemon is started with. */
import type { LogSettings } from '../api/logging.js';
import type { AuditTarget } from '../audit/sink.js';
import type { IntakeSettings } from '../intake/intake.js';
import type { BackupSettings } from '../jobs/backup.js';
import type { Chore } from '../jobs/chore.js';
import type { QuotaCheckSettings } from '../jobs/quota-check.js';
import type { Resolved } from '../settings/resolve.js';
import type { Settings } from '../settings/schema.js';
import type { CheckpointTarget } from '../trust/checkpoint-sinks.js';
import type { WorkSettings } from './background-work.js';
import type { LedgerOptions } from './open-ledger.js';

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
  /** Where it logs, and how much of which area; to stderr where it is left out. */
  readonly log?: Settings['log'] | undefined;
  /** Settings are read again by it; at the start alone where it is left out. */
  readonly configuration?: Configuration | undefined;
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
  /** Sinks of the audit trail; there is none where it is left out, or empty. */
  readonly audit?: readonly AuditTarget[] | undefined;
  /** It backs the log up by itself where it is given. */
  readonly backup?: Omit<BackupSettings, 'engineLimits'> | undefined;
  /** The daemon reads the quota by itself where it is given. */
  readonly quotaCheck?: QuotaCheckSettings | undefined;
  /** How long nobody may have written to what is swept; as usual where it is left out. */
  readonly cleanupOlderMs?: number | undefined;
  /** Beside those of every daemon. */
  readonly moreChores?: readonly Chore[] | undefined;
  /** Of a ledger on a server: its URL with a role that only reads, by which people ask the tables. */
  readonly readerUrl?: string | undefined;
  /** How jobs are done; as usual where it is left out. */
  readonly jobs?: WorkSettings | undefined;
}

/** What it collects itself. */
interface Collecting {
  readonly collect: boolean;
  readonly sweep_s: number;
  readonly pool: string | undefined;
}

export interface CheckpointSettings {
  /** Folder of the key. */
  readonly keys: string;
  /** Folder in which systemd gives one. */
  readonly credentials?: string | undefined;
  readonly every_s: number;
  readonly to: readonly (CheckpointTarget | { readonly webhook: string })[];
  readonly witnesses?: { readonly quorum: number; readonly keys: readonly string[] } | undefined;
}

/** How a daemon comes by its settings. */
export interface Configuration {
  /** Those it was started with. */
  readonly resolved: Resolved;
  /** Those that it would be started with now. Throws `setting_invalid`. */
  read(): { readonly resolved: Resolved; readonly settings: DaemonSettings };
  /** Done around each reload, for who has to know of it. */
  around<T>(work: () => Promise<T>): Promise<T>;
}
