/** Backups: whether they are made, and whether one was ever proved. */
import { existsSync } from 'node:fs';
import { type Backup, BackupFolder } from '../../../backup/backup-folder.js';
import { durationText } from '../../../text/duration.js';
import { relativeText } from '../../../text/time.js';
import { type Check, fault, ok, type Surroundings, skipped, warning } from '../check.js';

const unset = skipped('The daemon makes no backups: backup.folder is not set (docs/operating/back-up.md).');

/** One may be late by as long as one takes. */
const lateTimes = 1.5;

export const backupIsMade: Check = {
  id: 'backup',
  async run(around) {
    const { settings, engine, ask, now } = around;
    const { folder, every_s: everySeconds } = settings.backup;
    if (folder === undefined) return unset;
    const backups = await backupsIn(folder);
    if (backups === null)
      return fault(
        `${folder} is not there, so that no backup can be made.`,
        'Make the folder, or mount what it is on.',
      );
    const damaged = backups.find(({ manifest }) => manifest === null);
    if (damaged !== undefined)
      return warning(
        `The backup ${damaged.id} is damaged: its manifest cannot be read.`,
        `Look whether the disk is sound; \`resource-share backup verify\` proves the newest one. Remove ${damaged.id} by hand.`,
      );
    const newest = backups[0]?.manifest;
    const seqs = (await engine?.pools())?.map(({ pool, head }) => [pool, head.seq] as const) ?? [];
    const isWhole = seqs.every(([pool, seq]) => seq <= (newest?.pools.find((each) => each.pool === pool)?.seq ?? 0));
    if (newest === undefined || newest === null) {
      if (isWhole || !(await isOldDaemon(around, everySeconds))) return ok(`There is no backup in ${folder} yet.`);
      return warning(`There is no backup in ${folder}.`, remedy(ask !== null));
    }
    const at = Date.parse(newest.created_at);
    const text = `The last backup was made ${relativeText(at, now)}`;
    if (isWhole || now - at <= lateTimes * everySeconds * 1_000) return ok(`${text}.`);
    return warning(
      `${text}, what was recorded since is in none, and one is due every ${durationText(everySeconds)}.`,
      remedy(ask !== null),
    );
  },
};

const remedy = (runs: boolean): string =>
  runs
    ? '`resource-share jobs list --kind backup` says what became of the last ones; `resource-share backup create` makes one now.'
    : 'Start the daemon, which makes them, or make one now: `resource-share backup create`.';

/** The first one is made when the first of the times between two is over. */
async function isOldDaemon({ writer, now }: Surroundings, everySeconds: number): Promise<boolean> {
  const since = Date.parse(writer?.since ?? '');
  return Number.isNaN(since) || now - since > lateTimes * everySeconds * 1_000;
}

const provedMsMax = 35 * 86_400_000;
const untriedMsMax = 7 * 86_400_000;

export const backupIsProved: Check = {
  id: 'backup-verified',
  async run({ settings, now }) {
    const { folder } = settings.backup;
    if (folder === undefined) return unset;
    const backups = ((await backupsIn(folder)) ?? []).filter(({ manifest }) => manifest !== null);
    const oldest = Date.parse(backups.at(-1)?.manifest?.created_at ?? '');
    const proved = backups.flatMap(({ verified }) => (verified === null ? [] : [Date.parse(verified.verified_at)]));
    const last = Math.max(Number.NEGATIVE_INFINITY, ...proved);
    if (now - last <= provedMsMax) return ok(`A backup was restored and compared ${relativeText(last, now)}.`);
    if (proved.length === 0 && !(now - oldest > untriedMsMax))
      return ok('No backup is old enough to have been proved.');
    return warning(
      proved.length === 0
        ? 'No backup was ever restored to see whether it can be.'
        : `A backup was last restored to see whether it can be ${relativeText(last, now)}.`,
      'Prove the newest one: `resource-share backup verify`.',
    );
  },
};

/** Newest first; null where the folder is not there. */
async function backupsIn(folder: string): Promise<readonly Backup[] | null> {
  return existsSync(folder) ? new BackupFolder(folder).list() : null;
}
