/** Rules about the daemon: backups, checkpoints, the disk. */
import { durationText } from '../../text/duration.js';
import { countText } from '../../text/number.js';
import { relativeText } from '../../text/time.js';
import type { Finding, Rule } from '../rule.js';

const ofDaemon = { isOfDaemon: true } as const;

/** A backup may be late by half of its time. */
const lateTimes = 1.5;

export const backupOld: Rule = {
  ...ofDaemon,
  name: 'backup-old',
  meaning: 'The last backup is older than one and a half times the time between two.',
  isUrgent: false,
  find({ operation: { backup }, at }) {
    if (backup === null) return null;
    const { lastAt, since, everyMs } = backup;
    if (at - (lastAt ?? since) <= lateTimes * everyMs) return [];
    const last = lastAt === null ? 'There is no backup' : `The last backup was made ${relativeText(lastAt, at)}`;
    return [{ subject: 'backup', text: `${last}; one is due every ${durationText(everyMs / 1_000)}.` }];
  },
};

const checkpoint = { times: 10, leastMs: 600_000, awayMs: 3_600_000 } as const;

export const checkpointOld: Rule = {
  ...ofDaemon,
  name: 'checkpoint-old',
  meaning: 'Events wait for a signed checkpoint, or one does not reach who is to hold it.',
  isUrgent: false,
  find({ operation: { checkpoints }, at }) {
    if (checkpoints === null) return null;
    const { everyMs, logs, away } = checkpoints;
    const longMs = Math.max(checkpoint.leastMs, checkpoint.times * everyMs);
    const waiting = logs.flatMap(({ pool, waitsSince, rewritten }): Finding[] =>
      waitsSince === null || at - waitsSince <= longMs || rewritten !== null
        ? []
        : [
            {
              subject: pool,
              text: `Events of ${pool} wait for a signed checkpoint since ${relativeText(waitsSince, at)}.`,
            },
          ],
    );
    const lost = away.flatMap(({ sink, since, reason }): Finding[] =>
      at - since <= checkpoint.awayMs
        ? []
        : [{ subject: sink, text: `Checkpoints have not reached ${sink} since ${relativeText(since, at)}: ${reason}` }],
    );
    return [...waiting, ...lost];
  },
};

/** The job that signs raises it at once; here it is found when the log is continued again. */
export const logRewritten: Rule = {
  name: 'log-rewritten',
  meaning: 'The log is not the one that a checkpoint was signed of.',
  isUrgent: true,
  find({ operation: { checkpoints }, pool }) {
    if (checkpoints === null) return null;
    const own = checkpoints.logs.find((log) => log.pool === pool);
    if (own === undefined) return null;
    return own.rewritten === null ? [] : [{ subject: 'log', text: own.rewritten, key: 'log-rewritten' }];
  },
};

const diskBack = 1.25;

export const diskLow: Rule = {
  ...ofDaemon,
  name: 'disk-low',
  meaning: 'Little room is left on the disk of the data directory.',
  isUrgent: true,
  find({ operation: { disk }, thresholds: { diskFreeBytes }, isOpen }) {
    if (disk === null) return null;
    const { folder, freeBytes } = disk;
    if (freeBytes >= (isOpen('disk') ? diskBack : 1) * diskFreeBytes) return [];
    return [
      {
        subject: 'disk',
        text: `${countText(Math.floor(freeBytes / 1_048_576))} MiB are free on the disk of ${folder}.`,
      },
    ];
  },
};
