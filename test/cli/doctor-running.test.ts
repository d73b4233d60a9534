/**
 * Goal: `doctor` finds what is wrong around a daemon that runs: its log, its jobs, whom it tells, its backups, and the clock of the
 * machine; and says nothing where all is well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { clockOf } from '../../src/runtime/clock.js';
import { Backups } from '../support/backups.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';
import { Receiver } from '../support/receiver.js';
import { copyOfLedger, type DoctoredLedger, type Finding, jobRow, makeLedger, sql, wrong } from './doctored-ledger.js';
import { onData, run } from './run.js';

const original = join(temporaryFolder(t), 'data');
t.before(() => makeLedger(original));

const days = (count: number) => count * 86_400_000;
const finding = (found: readonly Finding[], id: string) => found.find((each) => each.id === id);

/** Looks until it is found: a daemon does some things a little later. */
async function until(made: DoctoredLedger, finds: string, env = {}): Promise<Finding> {
  for (;;) {
    const { found } = await made.doctor([], env);
    const [id] = finds.split(': ');
    if (wrong(found).includes(finds)) return finding(found, id as string) as Finding;
  }
}

t.test('jobs that nobody does', async (t) => {
  const made = await copyOfLedger(t, original);
  sql(made.file, jobRow('x.work', 'pending', Date.now() - 7_200_000));
  t.same(wrong((await made.doctor()).found), [], 'without a daemon they wait for one');
  const env = { RESOURCE_SHARE_JOBS_KINDS: '{"x.work":{}}' };
  const daemon = await spawnDaemonIn(env, made.data);
  t.teardown(() => daemon.stop());
  t.match(await until(made, 'jobs: warning', env), { text: /x\.work are due since 2 h/, remedy: /worker/ });
  await onData(made.data)('jobs', 'pause', 'x.work');
  t.match(await until(made, 'jobs: warning', env), { text: /paused/, remedy: /jobs resume x\.work/ });
});

t.test('an endpoint that takes nothing more', async (t) => {
  const made = await copyOfLedger(t, original);
  const receiver = await Receiver.start(t);
  receiver.answer = () => ({ status: 410 });
  const env = { RESOURCE_SHARE_WEBHOOKS_ALLOW_HOSTS: '127.0.0.1' };
  const daemon = await spawnDaemonIn(env, made.data);
  t.teardown(() => daemon.stop());
  const post = (path: string, body: object) =>
    fetch(`${daemon.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('webhook-endpoints', { url: receiver.url });
  t.match(finding((await made.doctor([], env)).found, 'webhooks'), { state: 'ok', text: /1 endpoints/ });
  const payload = { rule: 'tried', subject: 'x', text: 'x', dedupe_key: 'x' };
  await post('events', { type: 'alert.raised', payload });
  t.match(await until(made, 'webhooks: warning', env), { text: /410/, remedy: /webhooks enable ep_/ });
});

t.test('backups that are old, and were never proved', async (t) => {
  const made = await copyOfLedger(t, original);
  const backups = new Backups(t);
  const env = { RESOURCE_SHARE_BACKUP_FOLDER: backups.folder };
  mkdirSync(backups.folder);
  await backups.create(
    made.data,
    {},
    clockOf(() => Date.now() - days(10)),
  );
  t.same(wrong((await made.doctor([], env)).found), ['backup-verified: warning'], 'all that there is is in it');
  await onData(made.data)('usage', 'record', 'Ada', '--cost', '3');
  const { code, found } = await made.doctor([], env);
  t.equal(code, 1);
  t.same(wrong(found), ['backup: warning', 'backup-verified: warning']);
  t.match(finding(found, 'backup'), { text: /10 d.* ago/, remedy: /backup create/ });
  await backups.create(made.data);
  t.ok((await backups.verify()).ok);
  t.same(wrong((await made.doctor([], env)).found), []);
  writeFileSync(join(backups.folder, (await backups.verify()).id, 'manifest.json'), '{}');
  t.match(finding((await made.doctor([], env)).found, 'backup'), { state: 'warning', text: /damaged/ });
});

t.test('a clock that no time server sets', async (t) => {
  const made = await copyOfLedger(t, original);
  const bin = temporaryFolder(t);
  const says = (answer: string) => {
    writeFileSync(join(bin, 'timedatectl'), `#!/bin/sh\necho ${answer}\n`);
    chmodSync(join(bin, 'timedatectl'), 0o755);
  };
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const state = async () => finding((await made.doctor([], env)).found, 'time-server');
  says('no');
  t.match(await state(), { state: 'warning', remedy: /set-ntp/ });
  says('yes');
  t.match(await state(), { state: 'ok' });
  says('Failed to connect to bus');
  t.match(await state(), { state: 'skipped' }, 'in a container nobody knows');
});

t.test('a log that goes into a file that was removed', async (t) => {
  const made = await copyOfLedger(t, original);
  const path = join(temporaryFolder(t), 'daemon.log');
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--data', made.data], {
    stdio: ['ignore', 'pipe', openSync(path, 'a')],
    env: { ...process.env, XDG_DATA_HOME: noData, XDG_CONFIG_HOME: noSettings, XDG_RUNTIME_DIR: '' },
  });
  t.teardown(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  t.match(finding((await made.doctor()).found, 'log-file'), { state: 'ok', text: /daemon\.log/ });
  rmSync(path);
  t.match(await until(made, 'log-file: fault'), { text: /was removed/, remedy: /Restart/ });
});

t.test('a password that is a placeholder', async (t) => {
  const found = await withDatabase('postgres://ledger:changeme@127.0.0.1:9/ledger');
  t.match(finding(found, 'secrets'), { state: 'fault', text: /placeholder/ });
  t.notMatch(JSON.stringify(found), /changeme/);
  const other = await withDatabase('postgres://ledger:kJ3vq8wZt1@127.0.0.1:9/ledger');
  t.match(finding(other, 'secrets'), { state: 'ok' });
});

async function withDatabase(url: string): Promise<Finding[]> {
  const env = { RESOURCE_SHARE_PORT: '0', RESOURCE_SHARE_DATABASE: url };
  const { stdout } = await run(['doctor', '--json'], { env });
  return JSON.parse(stdout);
}

t.test('a daemon that works is well, and says how much it takes', async (t) => {
  const made = await copyOfLedger(t, original);
  const daemon = await spawnDaemonIn({}, made.data);
  t.teardown(() => daemon.stop());
  const { found } = await made.doctor();
  t.same(wrong(found), []);
  t.match(finding(found, 'load')?.text, /% of a processor and \d\.\d GB; 0 commands wait|takes/);
  t.match(finding(found, 'running-version'), { state: 'ok' });
  t.match(finding(found, 'projections'), { state: 'ok' });
});

t.test('a daemon that has more to do than it can', async (t) => {
  const made = await copyOfLedger(t, original);
  const daemon = await spawnDaemonIn({}, made.data);
  const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 } };
  const body = JSON.stringify(Array.from({ length: 500 }, () => use));
  let isOver = false;
  const send = async () => {
    const headers = { 'content-type': 'application/json' };
    while (!isOver) await (await fetch(`${daemon.url}/v1/events`, { method: 'POST', headers, body })).arrayBuffer();
  };
  const sending = [1, 2, 3, 4].map(send);
  t.teardown(async () => {
    isOver = true;
    await Promise.all(sending);
    await daemon.stop();
  });
  for (;;) {
    const found = finding((await made.doctor()).found, 'load') as Finding;
    if (found.state !== 'warning') continue;
    t.match(found, { text: /% of a processor|commands wait/, remedy: /it-is-slow/ });
    break;
  }
});

t.test('a daemon of the release before, which nobody has started again', async (t) => {
  const made = await copyOfLedger(t, original);
  const before = temporaryFolder(t);
  cpSync(dirname(program), join(before, 'dist/app'), { recursive: true });
  cpSync(join(packageRoot, 'schema'), join(before, 'schema'), { recursive: true });
  symlinkSync(join(packageRoot, 'node_modules'), join(before, 'node_modules'));
  const described = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  writeFileSync(join(before, 'package.json'), JSON.stringify({ ...described, version: '0.0.1' }));
  const child = spawn(
    process.execPath,
    [join(before, 'dist/app/main.js'), 'serve', '--port', '0', '--data', made.data],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, XDG_DATA_HOME: noData, XDG_CONFIG_HOME: noSettings, XDG_RUNTIME_DIR: '' },
    },
  );
  t.teardown(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  t.match(finding((await made.doctor()).found, 'running-version'), {
    state: 'warning',
    text: /of the release 0\.0\.1, and \d/,
    remedy: /Restart/,
  });
});
