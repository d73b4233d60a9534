// Goal: people back up and restore by the command line: beside a daemon, with a disk that is full, with the tools of their system,
// and over releases.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { ageKey } from '../support/backup-keys.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

const until = '2026-03-30T12:00:00Z';

/** A made week, of about a thousand events. */
async function madeWeek(t: Test): Promise<string> {
  const data = join(temporaryFolder(t), 'demo');
  const made = await run(['demo', '--no-serve', '--data', data, '--until', until]);
  if (made.code !== 0) throw new Error(made.stderr);
  return data;
}

const digest = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const exportOf = async (data: string): Promise<string> => digest((await onData(data)('export')).stdout);
const without = (...tools: string[]) => {
  const missing = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  return missing.length > 0 && `${missing.join(' and ')} not installed`;
};

t.test('backups by the command line', async (t) => {
  const data = await madeWeek(t);
  const folder = join(temporaryFolder(t), 'backups');
  const [cli, json] = [onData(data), jsonOn(data)];
  const made = await cli('backup', 'create', '--folder', folder);
  t.match(made, { code: 0, stdout: /1,\d{3} events; [\d,]+ bytes were added/, stderr: /left out; --recipient/ });
  t.match(await json('backup', 'list', '--folder', folder), [{ kind: 'log', encrypted: false, verified_at: null }]);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.match(await cli('backup', 'verify', '--folder', folder), { code: 0, stdout: /all tables are as the log says/ });
  t.match(await json('backup', 'list', '--folder', folder), [{ verified_at: /^2\d{3}-/ }]);
  t.match(await cli('backup', 'create'), { code: 64, stderr: /--folder DIR/ });
  t.match(await cli('backup', 'verify', 'nothing', '--folder', folder), { code: 1, stderr: /no backup nothing/ });
  t.match(await onData(join(data, 'x'))('backup', 'create', '--folder', folder), { code: 2, stderr: /no ledger/ });
  const key = await cli('backup', 'create', '--folder', folder, '--recipient', 'age1nonsense');
  t.match(key, { code: 2, stderr: /no public key of age/ });

  const to = join(temporaryFolder(t), 'new');
  const restored = await onData(to)('backup', 'restore', '--folder', folder);
  t.match(restored, { code: 0, stdout: /is restored to/ });
  t.equal(await exportOf(to), await exportOf(data));
  t.match(await onData(to)('verify'), { code: 0 });
  t.match(await onData(to)('backup', 'restore', '--folder', folder), { code: 2, stderr: /not empty/ });

  const [id] = readdirSync(folder).filter((name) => /^\d/.test(name));
  const manifest = join(folder, id as string, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"kind"', '"kinD"'));
  t.match(await cli('backup', 'list', '--folder', folder), { code: 0, stdout: /damaged/ });
  t.match(await cli('backup', 'verify', '--folder', folder), { code: 1, stderr: /not as it was written/ });
});

t.test('a snapshot, and what came after it', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const folder = join(temporaryFolder(t), 'backups');
  const cli = onData(data);
  for (let i = 0; i < 3; i += 1) await cli('usage', 'record', 'Ada', '--cost', '1');
  for (const more of [['--snapshot'], ['--compact', '--gzip']]) {
    t.match(await cli('backup', 'create', '--folder', folder, ...more), { code: 0, stdout: /as a snapshot/ });
    t.match(await cli('backup', 'verify', '--folder', folder), { code: 0 });
  }
  await cli('usage', 'record', 'Bo', '--cost', '2');
  t.match(await cli('backup', 'create', '--folder', folder), { code: 0 });
  const to = join(temporaryFolder(t), 'new');
  const restored = await jsonOn(to)('backup', 'restore', '--folder', folder);
  t.match(restored, { snapshot: /^\d{8}T/ });
  t.not(restored.snapshot, restored.id);
  t.equal(await exportOf(to), await exportOf(data));
  t.match(await onData(to)('verify'), { code: 0 });
});

t.test('beside a daemon, which backs up by itself, too', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const folder = join(temporaryFolder(t), 'backups');
  const daemon = await spawnDaemonIn({ RESOURCE_SHARE_BACKUP_FOLDER: folder }, data);
  t.teardown(() => daemon.stop());
  const headers = { 'content-type': 'application/json' };
  let written = 0;
  let over = false;
  const body = JSON.stringify(
    Array.from({ length: 500 }, () => ({ type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy' } })),
  );
  const writing = (async () => {
    for (; !over; written += 500)
      await (await fetch(`${daemon.url}/v1/events`, { method: 'POST', headers, body })).text();
  })();
  const list = async () => (await jsonOn(data)('backup', 'list', '--folder', folder)) as { id: string }[];
  // Its schedule adds such a job each hour.
  const job = JSON.stringify({ kind: 'backup' });
  t.equal((await fetch(`${daemon.url}/v1/jobs`, { method: 'POST', headers, body: job })).status, 201);
  while ((await list()).length === 0) t.comment('the daemon has made none yet');
  for (const more of [[], ['--snapshot']]) {
    const made = await onData(data)('backup', 'create', '--folder', folder, ...more);
    t.match(made, { code: 0 }, `${more} ends while ${written} events are written`);
  }
  over = true;
  await writing;
  t.match(await onData(data)('backup', 'verify', '--folder', folder), { code: 0 });
  t.equal(await daemon.stop(), 0);
  t.ok(written > 0);
});

t.test('what is lost is known from what was signed here', async (t) => {
  const keys = join(temporaryFolder(t), 'keys');
  const env = { RESOURCE_SHARE_CHECKPOINTS_KEYS: keys };
  const data = join(temporaryFolder(t), 'data');
  const folder = join(temporaryFolder(t), 'backups');
  const daemonThat = async (work: (url: string) => Promise<unknown>) => {
    const daemon = await spawnDaemonIn(env, data);
    await work(daemon.url);
    return daemon.stop();
  };
  const report = (url: string) =>
    fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy' } }]),
    });
  await daemonThat(report);
  await run(['backup', 'create', '--folder', folder, '--data', data], { env });
  await daemonThat(report);
  const to = join(temporaryFolder(t), 'new');
  const restored = await run(['backup', 'restore', '--folder', folder, '--data', to], { env });
  t.match(restored, { code: 0, stderr: /default ends at event \d+, but its log had reached event \d+/ });
  t.match((await onData(to)('audit', 'events')).stdout, /events-lost/);
  t.match(await run(['verify', '--data', to], { env }), { code: 0 });
});

t.test('the tools of the system read a backup', { skip: without('age', 'brotli', 'gunzip') }, async (t) => {
  const data = await madeWeek(t);
  const { identity, recipient } = await ageKey(t);
  const other = await ageKey(t);
  for (const [flag, tool] of [
    ['--lines', 'brotli -d'],
    ['--gzip', 'gunzip'],
  ]) {
    const folder = join(temporaryFolder(t), 'backups');
    const both = ['--recipient', recipient, '--recipient', other.recipient];
    t.match(await onData(data)('backup', 'create', '--folder', folder, flag as string, ...both), { code: 0 });
    const [id] = readdirSync(folder).filter((name) => /^\d/.test(name));
    const [file] = readdirSync(join(folder, id as string)).filter((name) => name.startsWith('default-'));
    for (const key of [identity, other.identity]) {
      const script = `age -d -i '${key}' '${join(folder, id as string, file as string)}' | ${tool}`;
      const lines = execFileSync('sh', ['-c', script], { maxBuffer: 64 << 20 });
      t.equal(digest(lines), await exportOf(data), `${tool} by ${key}`);
    }
    const stranger = await ageKey(t);
    const refused = await onData(data)('backup', 'verify', '--folder', folder, '--identity', stranger.identity);
    t.match(refused, { code: 2, stderr: /other keys/ });
  }
});

const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

t.test('a disk that is full', { skip: !mayMount && 'mounts are not permitted here' }, async (t) => {
  const data = await madeWeek(t);
  const folder = join(temporaryFolder(t), 'small');
  mkdirSync(folder);
  const program = join(packageRoot, 'dist/app/main.js');
  for (const kind of ['--lines', '--snapshot', '--compact']) {
    const script = `mount -t tmpfs -o size=64k tmpfs '${folder}' || exit 99
      '${process.execPath}' '${program}' backup create --folder '${folder}' ${kind} --data '${data}'
      echo "ended with $?"; ls '${folder}'`;
    const { stdout, stderr, status } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8' });
    t.equal(status, 0, stderr);
    t.match(stdout, /^ended with 2\n/, kind);
    t.match(stderr, /the disk is full/, kind);
    t.strictSame(stdout.trim().split('\n').slice(1), ['writer.lock'], 'nothing is left');
  }
});

t.test('backups of each release are restored', async (t) => {
  const kept = join(packageRoot, 'test/support/old-backups');
  for (const release of readdirSync(kept)) {
    const folder = join(temporaryFolder(t), 'backups');
    cpSync(join(kept, release, 'backups'), folder, { recursive: true });
    const identity = ['--identity', join(kept, release, 'age.txt')];
    const said = JSON.parse(readFileSync(join(kept, release, 'export.json'), 'utf8')) as Record<string, string>;
    for (const [id, wanted] of Object.entries(said)) {
      const to = join(temporaryFolder(t), 'new');
      const keys = join(temporaryFolder(t), 'keys');
      const restored = await run(['backup', 'restore', id, '--folder', folder, '--data', to, ...identity], {
        env: { RESOURCE_SHARE_CHECKPOINTS_KEYS: keys },
      });
      t.match(restored, { code: 0 }, `${release} ${id}`);
      t.equal(await exportOf(to), wanted, `${release} ${id}`);
      if (/The settings/.test(restored.stdout)) t.ok(existsSync(join(to, 'config.restored.json')));
    }
    const verified = await run(['backup', 'verify', '--folder', folder, ...identity]);
    t.match(verified, { code: 0 }, `${release}: the newest is verified`);
  }
});
