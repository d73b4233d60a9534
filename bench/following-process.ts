/** Files that nothing happens to are followed, in a process of its own: what a look at all of them takes. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CursorFile } from '../src/intake/cursor-file.js';
import { follow } from '../src/intake/follow.js';
import { type Clock, systemClock } from '../src/runtime/clock.js';
import { claudeTranscript } from '../src/sources/claude-transcript.js';
import { serveParent, startChild } from './child.js';

interface Task {
  readonly folder: string;
  readonly files: number;
}

export interface IdleCost {
  /** Processor time of one look, in milliseconds. */
  readonly sweepMs: number;
  readonly sweeps: number;
}

const filesInFolder = 10;
const sweeps = 40;
/** The first ones import, and see that nothing changes. */
const sweepsBefore = 5;

export const idleCost = (folder: string, files: number): Promise<IdleCost> =>
  startChild<IdleCost>(import.meta.url, { folder, files }).result;

serveParent<Task>(import.meta.url, async ({ folder, files }): Promise<IdleCost> => {
  writeFiles(join(folder, 'projects'), files);
  const stop = new AbortController();
  let passes = 0;
  let began = process.cpuUsage();
  /** Two waits end a look: for others, and for the doorbell or the next one. */
  const clock: Clock = {
    ...systemClock,
    sleep: async () => {
      passes += 0.5;
      if (passes === sweepsBefore) began = process.cpuUsage();
      if (passes === sweepsBefore + sweeps) stop.abort();
      await systemClock.sleep(1);
    },
  };
  const roots = [join(folder, 'projects')];
  const home = {
    folder: join(folder, 'cursors'),
    ledger: 'l',
    pool: 'p',
    has: async () => true,
    remark: () => undefined,
  };
  await follow({
    sources: [
      {
        source: claudeTranscript,
        roots,
        cursorFile: new CursorFile(home, claudeTranscript, roots),
        settings: async () => ({
          sink: async (reports) => reports.map(() => ({ status: 'recorded' })),
          origin: { actor: 'local', source: 'bench/1' },
          whoseOf: () => ({ identity: 'Ada', mode: 'autonomy', modeSource: 'rule', project: undefined }),
        }),
      },
    ],
    clock,
    sweepMs: 30_000,
    stop: stop.signal,
    onCollected: () => undefined,
    onAway: () => undefined,
  });
  const { user, system } = process.cpuUsage(began);
  return { sweepMs: (user + system) / 1_000 / sweeps, sweeps };
});

function writeFiles(folder: string, files: number): void {
  for (let i = 0; i < files; i += 1) {
    const name = join(folder, `project-${Math.floor(i / filesInFolder)}`);
    if (i % filesInFolder === 0) mkdirSync(name, { recursive: true });
    const file = join(name, `session-${i}.jsonl`);
    writeFileSync(file, `${JSON.stringify({ type: 'user', sessionId: `s${i}`, uuid: `u${i}` })}\n`);
    utimesSync(file, 1_700_000_000, 1_700_000_000);
  }
}
