/**
 * Goal: whatever of `backup` is killed, at whichever moment, the backups that were there are whole, what was begun is no backup, and
 * the next run works; a restore that was killed leaves nothing that is taken for a ledger. KILLS=50 kills each of them fifty times.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { BackupFolder } from '../../src/backup/backup-folder.js';
import { filesOf } from '../../src/backup/manifest.js';
import { run } from '../cli/run.js';
import { Backups, growMixed, idsOf } from '../support/backups.js';
import { databaseFlags } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { temporaryLedger } from '../support/ledger.js';
import { MixedHistory } from '../support/mixed.js';
import { noData, noSettings, program } from '../support/program.js';
import { randomSource } from '../support/random.js';

const kills = Number(process.env.KILLS ?? 10);
const seed = Number(process.env.SEED ?? 20_263);
const random = randomSource(seed);

async function world(t: Scope) {
  const test = await temporaryLedger(t, { place: await variant.place(t, { calm: true }) });
  await growMixed(test, new MixedHistory(seed, test.clock.now()), 2_000);
  await test.close();
  const backups = new Backups(t);
  return { place: test.place, backups, folder: new BackupFolder(backups.folder) };
}

/** Runs a verb, and kills it at a moment of its life, measured by how long it took before. Gives whether it was killed. */
async function killed(args: readonly string[], takesMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: 'ignore',
    env: { ...process.env, XDG_CONFIG_HOME: noSettings, XDG_DATA_HOME: noData, NODE_V8_COVERAGE: undefined },
  });
  const ended = once(child, 'exit');
  void wait(takesMs * (0.3 + 0.7 * random())).then(() => child.kill('SIGKILL'));
  return (await ended)[1] === 'SIGKILL';
}

async function timeOf(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const { code, stderr } = await run(args);
  if (code !== 0) throw new Error(stderr);
  return performance.now() - started;
}

/** What is wrong with the files of all backups that there are. */
async function faultsIn(folder: BackupFolder, backups: Backups): Promise<string[]> {
  const faults: string[] = [];
  for (const { id, manifest } of await folder.list()) {
    if (manifest === null) faults.push(`${id} is damaged`);
    else if (!(await backups.verify({ id, sample: true })).ok) faults.push(`${id} cannot be read`);
    for (const file of manifest === null ? [] : filesOf(manifest))
      if (!(await folder.has(file))) faults.push(`${file.name} is not whole`);
  }
  return faults;
}

t.comment(`seed ${seed}`);
const kinds = variant.name === 'sqlite' ? [[], ['--snapshot']] : [[]];

for (const more of kinds) {
  t.test(`create ${more.join(' ')} on ${variant.name}`, { timeout: 300_000 + kills * 10_000 }, async (t) => {
    const { place, backups, folder } = await world(t);
    const create = ['backup', 'create', '--folder', backups.folder, ...more, ...databaseFlags(place)];
    const takesMs = await timeOf(create);
    let died = 0;
    for (let i = 0; i < kills; i += 1) {
      const before = await idsOf(folder);
      if (await killed(create, takesMs)) died += 1;
      const after = await idsOf(folder);
      t.strictSame(after.slice(-before.length), before, 'those that were there are there');
      t.strictSame(await faultsIn(folder, backups), [], 'and whole');
    }
    t.ok(died > 0, `${died} of ${kills} were killed`);
    t.match(await run(create), { code: 0 });
    t.match(await backups.verify(), { ok: true });
  });
}

t.test(`prune on ${variant.name}`, { timeout: 300_000 + kills * 20_000 }, async (t) => {
  const { place, backups, folder } = await world(t);
  const prune = [
    'backup',
    'prune',
    '--folder',
    backups.folder,
    '--keep-last',
    '1',
    '--keep-daily',
    '0',
    '--keep-weekly',
    '0',
  ];
  const fill = async () => {
    for (const packing of ['segment', 'gzip', 'segment'] as const) await backups.create(place, { packing });
  };
  await fill();
  const takesMs = await timeOf(prune);
  for (let i = 0; i < kills; i += 1) {
    await fill();
    const newest = (await idsOf(folder))[0];
    await killed(prune, takesMs);
    t.equal((await idsOf(folder))[0], newest, 'the newest stays');
    t.strictSame(await faultsIn(folder, backups), [], 'and what is left is whole');
  }
  t.match(await run(prune), { code: 0 });
  t.equal((await idsOf(folder)).length, 1);
  t.match(await backups.verify(), { ok: true });
});

t.test(`restore on ${variant.name}`, { timeout: 300_000 + kills * 20_000 }, async (t) => {
  const { place, backups } = await world(t);
  const { manifest } = await backups.create(place);
  const restoring = (to: string) => ['backup', 'restore', '--folder', backups.folder, ...databaseFlags(to)];
  const takesMs = await timeOf(restoring(await variant.place(t, { calm: true })));
  const to = variant.name === 'sqlite' ? join(temporaryFolder(t), 'data') : await variant.place(t, { calm: true });
  let died = 0;
  for (let i = 0; i < kills; i += 1) {
    const wasKilled = await killed(restoring(to), takesMs);
    if (wasKilled) died += 1;
    const isThere = variant.name === 'sqlite' && existsSync(join(to, 'resource_tracking.db'));
    if (isThere) t.match(await run(['verify', '--data', to]), { code: 0 }, 'what is there is whole');
    if (isThere) rmSync(to, { recursive: true });
  }
  t.ok(died > 0, `${died} of ${kills} were killed`);
  t.match(await run(restoring(to)), { code: 0 }, 'the next one is not in the way of those that were killed');
  const listed = JSON.parse((await run(['pools', 'list', '--json', ...databaseFlags(to)])).stdout);
  t.match(listed, [{ seq: manifest.pools[0]?.seq, hash: manifest.pools[0]?.head }]);
  t.match(await run(['replay', '--check', ...databaseFlags(to)]), { code: 0 });
});
