/** The watchdog of a ledger, with what there is to tell of its daemon. */
import { BackupFolder } from '../backup/backup-folder.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import type { Settings } from '../settings/schema.js';
import type { Checkpoints } from '../trust/checkpoints.js';
import { watchCheckpoints } from '../watch/checkpoint-watch.js';
import { watchDisk } from '../watch/disk.js';
import type { OperationSources } from '../watch/operation.js';
import { watchSettings } from '../watch/settings.js';
import { Watchdog, watchDefaults } from '../watch/watchdog.js';

export interface Watched {
  readonly alerts?: Settings['alerts'] | undefined;
  readonly checkpoints?: Checkpoints | undefined;
  readonly checkpointSeconds?: number | undefined;
  /** Where the daemon puts backups, and how often. */
  readonly backup?: { readonly folder: string; readonly everyMs: number } | undefined;
}

export function watchdogOf(ledger: Ledger, watched: Watched): Watchdog {
  const { alerts, checkpoints, checkpointSeconds = limits.checkpointSeconds, backup } = watched;
  return new Watchdog(ledger, alerts === undefined ? watchDefaults : watchSettings(alerts), {
    jobs: watchJobs(ledger),
    backup: backup && watchBackups(backup, ledger.now()),
    disk: watchDisk(ledger.settings.database),
    checkpoints:
      checkpoints === undefined ? undefined : watchCheckpoints(checkpoints, ledger, checkpointSeconds * 1_000),
  });
}

/** Nobody asks the table while there is no alert about it. */
function watchJobs(ledger: Ledger): OperationSources['jobs'] {
  const sql = `SELECT kind FROM jobs WHERE state IN ('dead', 'succeeded') GROUP BY kind
    HAVING max(CASE state WHEN 'dead' THEN finished_at ELSE 0 END) > max(CASE state WHEN 'dead' THEN 0 ELSE finished_at END)`;
  const isOpen = () =>
    ledger.poolNames.some((pool) =>
      [...ledger.stateAfter(pool).alerts.values()].some(({ rule }) => rule === 'job-dead'),
    );
  return async () => {
    const rows = isOpen() ? await ledger.query<{ readonly kind: string }>(sql) : [];
    return { dead: rows.map(({ kind }) => kind) };
  };
}

/** `since`, in milliseconds UTC, is when the daemon began to make them. */
function watchBackups({ folder, everyMs }: NonNullable<Watched['backup']>, since: number): OperationSources['backup'] {
  const backups = new BackupFolder(folder);
  return async () => {
    const newest = (await backups.list()).find(({ manifest }) => manifest !== null)?.manifest;
    return { lastAt: newest == null ? null : Date.parse(newest.created_at), since, everyMs };
  };
}
