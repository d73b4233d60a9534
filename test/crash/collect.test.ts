/**
 * Goal: what is collected is recorded once in effect, wherever the collector and the daemon are killed. Both are killed with SIGKILL
 * again and again; in the end the ledger holds what one undisturbed run records.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { writeTranscripts } from '../../bench/transcripts.js';
import { collect } from '../../src/intake/collect.js';
import { emptyCursor } from '../../src/intake/cursor.js';
import { systemClock } from '../../src/runtime/clock.js';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import { type Daemon, databaseFlags, spawnDoomedDaemon } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 4_812);
const kills = 9;
/** Twelve requests. */
const bytes = 24_000_000;

t.test('a collector and daemons that are killed', { timeout: 400_000 }, async (t) => {
  t.comment(`seed ${seed}`);
  const random = randomSource(seed);
  const folder = temporaryFolder(t);
  const responses = writeTranscripts(folder, 'usage alone', bytes);
  const place = await variant.place(t);
  const state = temporaryFolder(t);
  let daemon = await spawnDoomedDaemon(place);
  t.teardown(() => daemon.process.kill('SIGKILL'));
  let broken = 0;
  for (let i = 0; i < kills; i += 1) {
    const collector = startCollecting(folder, place, state);
    const ended = once(collector, 'exit');
    await recorded(daemon, 1 + random() * 800, ended);
    // What is under way then is perhaps lost with the daemon.
    const isDaemonKilled = i % 2 === 1;
    if (isDaemonKilled) daemon.process.kill('SIGKILL');
    collector.kill('SIGKILL');
    if ((await ended)[1] === 'SIGKILL') broken += 1;
    if (isDaemonKilled) daemon = await another(daemon, place);
  }
  t.ok(broken > kills / 2, `${broken} runs were killed at work`);
  const last = startCollecting(folder, place, state);
  const ended = once(last, 'exit');
  await recorded(daemon, 1, ended);
  daemon = await another(daemon, place);
  t.equal((await ended)[0], 0, 'a run outlives the daemon that it began with');
  daemon.process.kill('SIGKILL');
  await daemon.ended;

  const engine = await variant.open(place, 'reader');
  t.teardown(() => engine.close());
  const [found] = await engine.query<Record<string, number>>(
    `SELECT count(*) AS uses, ${buckets.map((bucket) => `sum(${bucket}_tokens) AS ${bucket}`).join(', ')} FROM resource_share_increments`,
  );
  const numbers = Object.fromEntries(Object.entries(found ?? {}).map(([name, value]) => [name, Number(value)]));
  t.strictSame(numbers, await undisturbed(folder));
  t.equal(numbers.uses, responses);
});

const buckets = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output', 'reasoning'] as const;

function startCollecting(folder: string, place: string, state: string) {
  const args = ['collect', '--once', 'claude-transcript', '--path', folder, ...databaseFlags(place)];
  const env = { ...process.env, XDG_CONFIG_HOME: noSettings, XDG_DATA_HOME: noData, XDG_STATE_HOME: state };
  const all = { ...env, XDG_RUNTIME_DIR: '', NODE_V8_COVERAGE: undefined, TMUX_TMPDIR: join(state, 'none') };
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env: all });
}

/** Waits until the daemon has recorded so many more, or the collector has ended. */
async function recorded({ url }: Daemon, more: number, ended: Promise<unknown>): Promise<void> {
  const head = async () => {
    const answer = await fetch(`${url}/v1/pools`);
    const { pools } = (await answer.json()) as { pools: { seq: number }[] };
    return pools[0]?.seq ?? 0;
  };
  const from = await head();
  const end = { isReached: false };
  void ended.then(() => {
    end.isReached = true;
  });
  while (!end.isReached && (await head()) < from + more);
}

async function another(daemon: Daemon, place: string): Promise<Daemon> {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  return spawnDoomedDaemon(place);
}

/** What one run sends that nothing happens to. */
async function undisturbed(folder: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = { uses: 0, ...Object.fromEntries(buckets.map((bucket) => [bucket, 0])) };
  const seen = new Set<string>();
  await collect({
    source: claudeTranscript,
    roots: [folder],
    cursor: emptyCursor,
    save: () => undefined,
    whoseOf: () => ({ identity: 'Ada', mode: 'autonomy', modeSource: 'default', project: undefined }),
    sink: async (reports) => {
      for (const { payload } of reports) {
        const { tokens, meter } = payload as { tokens: Record<string, number>; meter: { response: string } };
        if (seen.has(meter.response)) continue;
        seen.add(meter.response);
        sums.uses = seen.size;
        for (const bucket of buckets) sums[bucket] = (sums[bucket] ?? 0) + (tokens[bucket] ?? 0);
      }
      return reports.map(() => ({ status: 'recorded' }));
    },
    origin: { actor: 'local', source: 'test/1' },
    clock: systemClock,
    tryMs: 0,
  });
  return sums;
}
