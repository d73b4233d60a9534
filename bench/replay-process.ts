/** Work on a log in a process of its own, whose peak of memory is then that of the work: a replay, or its floor. */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ProgressLine } from '../src/cli/progress.js';
import { runReplay } from '../src/replay/replay-thread.js';
import { systemClock } from '../src/runtime/clock.js';
import { tuneRuntime } from '../src/runtime/v8.js';
import { serveParent, startChild } from './child.js';
import { perSecond } from './measure.js';
import { residentMb } from './memory.js';

export interface Replayed {
  readonly events: number;
  /** Events per second until they are folded, and until they are compared with the live tables. */
  readonly foldRate: number;
  readonly wholeRate: number;
  readonly peakMb: number;
}

interface Task {
  readonly kind: 'replay' | 'parse';
  readonly database: string;
}

export const replayInProcess = (database: string): Promise<Replayed> =>
  startChild<Replayed>(import.meta.url, { kind: 'replay', database }).result;

/** Events per second of reading the log and parsing its payloads, and nothing else. */
export const parseRate = (database: string): Promise<number> =>
  startChild<number>(import.meta.url, { kind: 'parse', database }).result;

/** A check of all projections; says how far it is. */
export async function replayRates(database: string): Promise<Omit<Replayed, 'peakMb'>> {
  tuneRuntime();
  const started = performance.now();
  const steps = runReplay({ kind: 'replay', database, options: { check: true } }, systemClock);
  const line = new ProgressLine('events');
  let foldedMs = 0;
  for (;;) {
    const step = await steps.next();
    if (step.done === true) {
      line.end();
      if (step.value?.identical !== true) throw new Error('the replay differs from the live tables');
      const { events } = step.value;
      return { events, foldRate: (events / foldedMs) * 1_000, wholeRate: perSecond(events, started) };
    }
    line.show(step.value.phase, step.value.events, step.value.total);
    if (step.value.phase === 'compare' && foldedMs === 0) foldedMs = performance.now() - started;
  }
}

function parse(database: string): number {
  const db = new Database(join(database, databaseFile), { readonly: true });
  const rows = db.prepare(
    'SELECT place, seq, id, type, version, occurred_at, recorded_at, source, payload FROM events WHERE place > ? ORDER BY place LIMIT 2000',
  );
  const started = performance.now();
  let events = 0;
  for (let place = -1; ; ) {
    const page = rows.raw().all(place) as [number, ...unknown[]][];
    const last = page.at(-1);
    if (last === undefined) break;
    for (const row of page) row[8] = JSON.parse(row[8] as string);
    events += page.length;
    place = last[0];
  }
  db.close();
  return perSecond(events, started);
}

export const databaseFile = 'resource_tracking.db';

serveParent<Task>(import.meta.url, async ({ kind, database }) => {
  if (kind === 'parse') return parse(database);
  return { ...(await replayRates(database)), peakMb: residentMb('self').peak };
});
