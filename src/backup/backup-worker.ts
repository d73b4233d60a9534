/** Entry point of the thread that makes a backup, so that the requests of a daemon do not wait for it. */
import { constants, platform, setPriority } from 'node:os';
import { openEngine } from '../engines/open.js';
import { Problem } from '../problems.js';
import { systemClock } from '../runtime/clock.js';
import { serveThread, type Task } from '../runtime/thread.js';
import { systemErrorText } from '../text/system-error.js';
import type { BackupJob } from './backup-thread.js';
import { type BackupProgress, createBackup, type MadeBackup } from './create.js';

const progressEveryMs = 200;

async function run({ database, engineLimits, request }: BackupJob, task: Task<BackupProgress>): Promise<MadeBackup> {
  const engine = await openEngine(database, 'reader', { inline: true, limits: engineLimits });
  let last = Number.NEGATIVE_INFINITY;
  try {
    return await createBackup(engine, systemClock, request, {
      signal: task.signal,
      onProgress: (progress) => {
        if (systemClock.elapsed() - last < progressEveryMs) return;
        last = systemClock.elapsed();
        task.report(progress);
      },
    });
  } catch (error) {
    throw inWords(error);
  } finally {
    await engine.close();
  }
}

/** An error of the operating system loses on the way what it is of. */
function inWords(error: unknown): unknown {
  const { syscall } = error as NodeJS.ErrnoException;
  return typeof syscall === 'string'
    ? new Problem('backup_refused', systemErrorText(error as NodeJS.ErrnoException))
    : error;
}

// Requests go first. Only on Linux does a thread have a priority of its own, and gives it to the threads it starts.
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

serveThread(run);
