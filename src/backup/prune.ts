/** Which backups are kept: of each kind the last ones, one of each of the last days and weeks, and the newest that was verified. */
import { type Backup, BackupFolder } from './backup-folder.js';
import type { BackupKind } from './manifest.js';

export interface Keep {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
}

export interface Pruned {
  /** Newest first. */
  readonly kept: readonly string[];
  readonly removed: readonly string[];
}

const dayMs = 86_400_000;
/** 1970 began on a Thursday. */
const mondayOffsetDays = 3;

export async function pruneBackups(path: string, keep: Keep, dryRun = false): Promise<Pruned> {
  const folder = new BackupFolder(path);
  const chosen = async () => choose(await folder.list(), keep);
  if (dryRun) return chosen();
  return folder.exclusively(async () => {
    const pruned = await chosen();
    await folder.remove(pruned.removed);
    return pruned;
  });
}

/** One that is damaged is kept: somebody may want to look at it. Days and weeks are those of UTC. */
export function choose(backups: readonly Backup[], keep: Keep): Pruned {
  const kept = new Set(backups.filter(({ manifest }) => manifest === null).map(({ id }) => id));
  for (const kind of ['log', 'snapshot'] satisfies BackupKind[]) {
    const ofKind = backups.filter(({ manifest }) => manifest?.kind === kind);
    for (const { id } of ofKind.slice(0, keep.last)) kept.add(id);
    const day = ({ manifest }: Backup) => Math.floor(Date.parse(manifest?.created_at ?? '') / dayMs);
    for (const id of newestOfEach(ofKind, day, keep.daily)) kept.add(id);
    for (const id of newestOfEach(ofKind, (backup) => Math.floor((day(backup) + mondayOffsetDays) / 7), keep.weekly))
      kept.add(id);
    const verified = ofKind.find((backup) => backup.verified !== null);
    if (verified !== undefined) kept.add(verified.id);
  }
  const ids = backups.map(({ id }) => id);
  return { kept: ids.filter((id) => kept.has(id)), removed: ids.filter((id) => !kept.has(id)) };
}

function newestOfEach(newestFirst: readonly Backup[], periodOf: (backup: Backup) => number, periods: number): string[] {
  const newest = new Map<number, string>();
  for (const backup of newestFirst) {
    const period = periodOf(backup);
    if (!newest.has(period)) newest.set(period, backup.id);
  }
  return [...newest.values()].slice(0, periods);
}
