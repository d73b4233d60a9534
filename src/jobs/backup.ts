/** Backs up the log, where a folder for it is set, and removes backups that are no longer kept. */
import * as z from 'zod';
import { type BackupJob, runBackup } from '../backup/backup-thread.js';
import type { BackupRequest } from '../backup/create.js';
import { eventsIn } from '../backup/manifest.js';
import { type Keep, pruneBackups } from '../backup/prune.js';
import { StorageError } from '../storage-error.js';
import type { Job, JobContext } from './job.js';

export interface BackupSettings {
  readonly everyMs: number;
  readonly engineLimits: BackupJob['engineLimits'];
  readonly request: Omit<BackupRequest, 'kind' | 'compact' | 'packing'>;
  readonly keep: Keep;
}

/** What is kept with the job; nothing where another process was making one. */
interface BackupResult {
  readonly id: string;
  readonly events: number;
  readonly bytes_added: number;
  /** How many older ones went. */
  readonly removed: number;
}

export function backup(database: string, settings: BackupSettings): Job<object> {
  return {
    kind: 'backup',
    payload: z.strictObject({}),
    schedule: { everyMs: settings.everyMs },
    catchUp: 'last',
    leaseMs: 3_600_000,
    dedupe: () => 'backup',
    run: (context, _payload, signal) => run(database, settings, context, signal),
  };
}

async function run(
  database: string,
  { request, keep, engineLimits }: BackupSettings,
  { log }: JobContext,
  signal: AbortSignal,
): Promise<BackupResult | null> {
  const steps = runBackup(
    { database, engineLimits, request: { ...request, kind: 'log', compact: false, packing: 'segment' } },
    signal,
  );
  try {
    let step = await steps.next();
    while (step.done !== true) step = await steps.next();
    const { manifest, bytesAdded, warnings } = step.value;
    for (const warning of warnings) log.warn(warning);
    log.info({ id: manifest.id, events: eventsIn(manifest), bytesAdded }, 'the log is backed up');
    const { removed } = await pruneBackups(request.folder, keep);
    if (removed.length > 0) log.info({ removed }, 'backups were removed');
    return { id: manifest.id, events: eventsIn(manifest), bytes_added: bytesAdded, removed: removed.length };
  } catch (error) {
    if (!(error instanceof StorageError && error.reason === 'locked')) throw error;
    log.info(error.message);
    return null;
  }
}
