/** Files that a process left behind which has ended: its number is in their names. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './is-alive.js';

/** Shadows of questions about the past, and of comparisons: those of replays are gone on with. */
const scratchName = /^(?:as-of|verify)-.*-(\d+)\.db/;

/** Of a scratch folder: files of processes that have ended, and that nobody wrote to since a time in milliseconds UTC. */
export function orphansIn(scratch: string, untouchedSince = Number.POSITIVE_INFINITY): string[] {
  if (!existsSync(scratch)) return [];
  return readdirSync(scratch)
    .filter((file) => {
      const pid = scratchName.exec(file)?.[1];
      return pid !== undefined && !isAlive(Number(pid));
    })
    .map((file) => join(scratch, file))
    .filter((path) => touchedAt(path) <= untouchedSince);
}

export function removeFiles(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
}

/** 0 where it is gone meanwhile. */
const touchedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
