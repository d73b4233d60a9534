/**
 * Goal: files that grow, are renamed, cut, replaced and removed are followed without loss and without counting anything twice, wherever
 * the collector and the daemon are killed. Where all that was ever written is in some file in the end, the ledger holds what another
 * one does that reads the files once, as they are then: by identity, day and bucket. Where content is made away, what a collector had
 * time to see (its files were left alone until the ledger had it) is recorded, once, and nothing else more than once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Daemon, spawnDoomedDaemon } from '../support/daemon.js';
import { EditedFiles, editedRules } from '../support/edited-files.js';
import { variant } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';
import { randomSource } from '../support/random.js';
import { StruckLink } from '../support/struck-link.js';

const seed = Number(process.env.SEED ?? 7_031);
const edits = 200;
/** After so many edits it is waited until all that is on disk is recorded. */
const slice = 20;

t.test('content that only moves is recorded as if it were read once in the end', { timeout: 400_000 }, async (t) => {
  const { files, daemon, place } = await edited(t, { keeps: true });
  const uses = await responsesOf(daemon);
  t.equal(new Set(uses).size, uses.length, 'nothing is recorded twice');
  t.strictSame([...uses].sort(), [...files.written].sort(), 'all that was written is recorded, and nothing else');
  const corrections = await payloadsOf(daemon, 'usage.corrected');
  t.ok(corrections.length > 0, `${corrections.length} later sights corrected it`);
  await killed(daemon.process);

  const fresh = await variant.place(t);
  const reading = await spawnDoomedDaemon(fresh);
  t.teardown(() => reading.process.kill('SIGKILL'));
  const reader = startCollecting(files.folder, temporaryFolder(t), ['--once', '--url', reading.url]);
  t.strictSame(await once(reader, 'exit'), [0, null]);
  await killed(reading.process);
  const days = await daysOf(t, place);
  t.equal(new Set(days.map(({ claude_name: name }) => name)).size, 3);
  t.equal(new Set(days.map(({ date }) => date)).size, 5);
  t.strictSame(days, await daysOf(t, fresh));
});

t.test('content that is made away is recorded where there was time to see it', { timeout: 400_000 }, async (t) => {
  const { files, seen, daemon } = await edited(t, { keeps: false });
  const uses = await responsesOf(daemon);
  t.equal(new Set(uses).size, uses.length, 'nothing is recorded twice');
  t.strictSame(
    [...seen].filter((id) => !uses.includes(id)),
    [],
    'nothing that was seen is lost',
  );
  t.ok(
    uses.every((id) => files.written.has(id)),
    'nothing is made up',
  );
  t.ok(files.written.size > seen.size, 'some were made away before anybody saw them');
});

/** Edits files while collector and daemon are killed; returns once the collector has ended, and all that is on disk is recorded. */
async function edited(t: Test, { keeps }: { readonly keeps: boolean }) {
  t.comment(`seed ${seed}`);
  const random = randomSource(seed);
  const place = await variant.place(t);
  const state = temporaryFolder(t);
  const files = new EditedFiles(join(temporaryFolder(t), 'projects'), random, { keeps });
  /** Of what was written, what a collector had time for. */
  const seen = new Set<string>();
  let daemon = await spawnDoomedDaemon(place);
  const link = await StruckLink.open(t, daemon.url);
  const start = () => startCollecting(files.folder, state, ['--sweep', '5', '--url', link.url]);
  let collector = start();
  t.teardown(() => {
    daemon.process.kill('SIGKILL');
    collector.kill('SIGKILL');
  });
  const isChance = (part: number) => random() < part;
  let kills = 0;
  for (let edit = 1; edit <= edits; edit += 1) {
    files.edit();
    if (isChance(0.05)) {
      // Else it is killed before it has seen what was edited, or while it looks.
      if (isChance(0.7)) {
        const moment = link.at(isChance(0.5) ? 'report' : 'answer');
        files.write();
        await moment;
      }
      kills += 1;
      const isCollector = isChance(0.6);
      if (isCollector) {
        await killed(collector);
        collector = start();
      }
      if (!isCollector || isChance(0.5)) {
        await killed(daemon.process);
        daemon = await spawnDoomedDaemon(place);
        link.to = daemon.url;
      }
    }
    if (edit % slice === 0) {
      files.complete();
      await recorded(daemon, files.onDisk);
      for (const id of files.onDisk) seen.add(id);
    }
  }
  t.ok(kills > 5, `killed ${kills} times`);
  t.equal(Object.keys(files.made).length, 6, `edits: ${JSON.stringify(files.made)}`);
  collector.kill('SIGTERM');
  t.strictSame(await once(collector, 'exit'), [0, null]);
  return { files, seen, daemon, place };
}

function startCollecting(folder: string, state: string, args: readonly string[]): ChildProcess {
  const all = [program, 'collect', 'claude-transcript', '--path', folder, ...args];
  const places = { XDG_CONFIG_HOME: noSettings, XDG_DATA_HOME: noData, XDG_STATE_HOME: state, XDG_RUNTIME_DIR: '' };
  const whose = { RESOURCE_SHARE_SOURCES_RULES: editedRules, TMUX_TMPDIR: join(state, 'none') };
  const env = { ...process.env, NODE_V8_COVERAGE: undefined, ...places, ...whose };
  return spawn(process.execPath, all, { stdio: ['ignore', 'ignore', 'ignore'], env });
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Waits until all of these are recorded. */
async function recorded(daemon: Daemon, ids: readonly string[]): Promise<void> {
  for (;;) {
    const known = new Set(await responsesOf(daemon));
    if (ids.every((id) => known.has(id))) return;
  }
}

/** Of each event of a use, in the order of the log. */
async function responsesOf(daemon: Daemon): Promise<readonly string[]> {
  const payloads = await payloadsOf(daemon, 'usage.recorded');
  return payloads.flatMap(({ meter }) => meter?.response ?? []);
}

interface Payload {
  readonly meter?: { readonly response?: string };
}

async function payloadsOf({ url }: Daemon, type: string): Promise<readonly Payload[]> {
  const answer = await fetch(`${url}/v1/events?type=${type}&format=ndjson`);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { payload: Payload }).payload);
}

const buckets = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output', 'reasoning'] as const;

/** What each used on each day, of each bucket. */
async function daysOf(t: Test, place: string): Promise<readonly Record<string, unknown>[]> {
  const engine = await variant.open(place, 'reader');
  t.teardown(() => engine.close());
  const sums = buckets.map((bucket) => `autonomous_${bucket}_tokens AS ${bucket}`).join(', ');
  return engine.query(
    `SELECT claude_name, date, reports, total_tokens, total_cost_micro_usd, ${sums} FROM daily_resource_share ORDER BY claude_name, date`,
  );
}
