/** Running a long log: start, verify, export, import, memory, and room on the disk. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark, Result, Scale } from './benchmark.js';
import { portOf, runLoad } from './load.js';
import { median, runsOf, runsThrough, withFolder } from './measure.js';
import { forgetPeak, residentMb } from './memory.js';
import { ask, questionsOf } from './read-questions.js';
import { databaseFile } from './replay-process.js';
import { streamRate } from './stream-load.js';
import { type Figure, shown } from './target.js';
import { runVerb, type VerbRun } from './verb.js';

const memoryMbMax = 300;

export const operations: Benchmark = {
  title: 'Running a long log',
  question:
    'From the start of the process to the first accepted report; verify, export and import by the command line; resident memory at rest and at its peak under each load; room on the disk.',
  async run(scale): Promise<Result> {
    const { largest } = scale.logs;
    const log = await scale.logs.of(largest);
    const started = await measureStarts(scale, log);
    const files = await measureFiles(scale, log);
    const underLoad = await measureLoads(scale, log);
    const ingesting = await scale.logs.withCopy(largest, (copy) => measureIngest(scale, copy));
    return {
      figures: [...started, ...files, ...underLoad, ingesting, bytesPerEvent(log, largest)],
      notes: [`The log has ${shown(largest)} events; what was imported, a tenth of them.`],
    };
  },
};

async function measureStarts(scale: Scale, log: string): Promise<Figure[]> {
  const accepted: number[] = [];
  const resting: number[] = [];
  for (const _ of runsOf(scale, 'starting')) {
    const started = performance.now();
    const daemon = await spawnDaemon(log);
    try {
      await report(daemon);
      accepted.push(performance.now() - started);
      resting.push(residentMb(daemon.pid).now);
    } finally {
      await daemon.stop();
    }
  }
  return [
    { name: 'start to the first accepted report', value: median(accepted), unit: 'ms', target: { atMost: 1_000 } },
    memory('after the start', median(resting)),
  ];
}

async function report({ url }: Daemon): Promise<void> {
  const response = await fetch(`${url}/resource-share/increment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ claude_name: 'Agent-1', mode: 'autonomy', cost_delta: 0.0125 }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}

async function measureFiles(scale: Scale, log: string): Promise<Figure[]> {
  const { logs } = scale;
  const tenth = await logs.of(logs.sizes[1]);
  const verified: VerbRun[] = [];
  const exported: VerbRun[] = [];
  const imported: VerbRun[] = [];
  for (const _ of runsThrough(logs.largest, scale, 'verifying, exporting, importing')) {
    verified.push(await runVerb('verify', '--data', log));
    await withFolder(async (folder) => {
      exported.push(await runVerb('export', join(folder, 'all.ndjson'), '--data', log));
    });
    await withFolder(async (folder) => {
      const file = join(folder, 'tenth.ndjson');
      await runVerb('export', file, '--data', tenth);
      imported.push(await runVerb('import', file, '--data', join(folder, 'restored')));
    });
  }
  const rate = (name: string, events: number, done: readonly VerbRun[]): Figure => {
    const value = events / median(done.map(({ seconds }) => seconds));
    return { name, value, unit: 'events/s' };
  };
  const peak = (done: readonly VerbRun[]) => median(done.map(({ peakMb }) => peakMb));
  return [
    { ...rate('verify', logs.largest, verified), target: { atLeast: 200_000 } },
    rate('export', logs.largest, exported),
    rate('import', logs.sizes[1], imported),
    memory('of verify', peak(verified)),
    memory('of export', peak(exported)),
    memory('of import', peak(imported)),
  ];
}

/** Peaks of a daemon on the log while it is read, and while it replays. */
async function measureLoads({ quick, logs }: Scale, log: string): Promise<Figure[]> {
  const daemon = await spawnDaemon(log);
  try {
    const requests = await questionsOf(daemon.url, logs.largest);
    forgetPeak(daemon.pid);
    await runLoad({ port: portOf(daemon.url), requests, connections: 4, seconds: quick ? 1 : 20 });
    const reading = residentMb(daemon.pid).peak;
    forgetPeak(daemon.pid);
    await replayIn(daemon);
    const replaying = residentMb(daemon.pid).peak;
    return [memory('while it is read', reading), memory('while it replays', replaying)];
  } finally {
    await daemon.stop();
  }
}

async function replayIn({ url }: Daemon): Promise<void> {
  const response = await fetch(`${url}/v1/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ check: true }),
  });
  const last = (await response.text()).trimEnd().split('\n').at(-1) ?? '';
  if (!last.includes('"identical":true')) throw new Error(`the replay ended with ${last}`);
}

async function measureIngest({ quick }: Scale, copy: string): Promise<Figure> {
  const daemon = await spawnDaemon(copy);
  try {
    await ask(daemon.url, '/health');
    await streamRate({ url: daemon.url, events: quick ? 10_000 : 300_000 });
    return memory('while it takes in a stream', residentMb(daemon.pid).peak);
  } finally {
    await daemon.stop();
  }
}

const memory = (when: string, value: number): Figure => ({
  name: `memory ${when}`,
  value,
  unit: 'MB',
  target: { atMost: memoryMbMax },
});

function bytesPerEvent(log: string, events: number): Figure {
  return { name: 'database', value: statSync(join(log, databaseFile)).size / events, unit: 'bytes per event' };
}
