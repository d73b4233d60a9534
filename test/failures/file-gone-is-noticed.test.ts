// Goal: a ledger whose files were removed, replaced, linked or opened to others says so, and acknowledges nothing that could not be found again.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { openEngine } from '../../src/engines/open.js';
import { run, spawnNode } from '../cli/run.js';
import { type Daemon, spawnDaemon } from '../support/daemon.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { program } from '../support/program.js';

const increment = async ({ url }: Pick<Daemon, 'url'>) =>
  fetch(`${url}/resource-share/increment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 }),
  });

async function serving(t: Scope): Promise<{ readonly data: string; readonly daemon: Daemon }> {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemon(data, '--log-level', 'silent');
  t.teardown(() => daemon.stop());
  if ((await increment(daemon)).status !== 200) throw new Error('it does not work');
  return { data, daemon };
}

const path = (data: string) => join(data, 'resource_tracking.db');

for (const [what, act] of [
  [
    'removed',
    (data: string) => {
      for (const name of readdirSync(data)) if (name.includes('.db')) rmSync(join(data, name));
    },
  ],
  [
    'replaced',
    (data: string) => {
      copyFileSync(path(data), `${path(data)}.copy`);
      renameSync(`${path(data)}.copy`, path(data));
    },
  ],
] as const) {
  t.test(`the file is ${what} under a running daemon`, async (t) => {
    const { data, daemon } = await serving(t);
    act(data);
    const refused = await increment(daemon);
    t.equal(refused.status, 503);
    t.match(await refused.json(), { code: 'ledger_lost', detail: new RegExp(`was ${what}`) });
    const ready = await fetch(`${daemon.url}/ready`);
    t.equal(ready.status, 503);
    t.match(await ready.json(), { detail: new RegExp(`was ${what}`) });
    t.equal((await increment(daemon)).status, 503, 'and it stays so');
  });
}

/** Lines that a daemon logs at level error, with nobody asking it for anything. */
async function firstError(
  t: Scope,
  data: string,
  happen: (url: string) => void,
): Promise<{ line: string; url: string }> {
  const child = spawnNode([program, 'serve', '--port', '0', '--data', data, '--log-level', 'error']);
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill();
    await ended;
  });
  const [serving] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = /http:\S+/.exec(serving)?.[0] ?? '';
  const logged = once(createInterface({ input: child.stderr }), 'line', {
    signal: AbortSignal.timeout(15_000),
  }) as Promise<[string]>;
  happen(url);
  return { line: (await logged)[0], url };
}

for (const [what, name, act] of [
  ['the database is removed', 'db', (file: string) => rmSync(file)],
  [
    'the database is replaced by its own copy',
    'db',
    (file: string) => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
  ],
  ['the write-ahead log is removed', 'db-wal', (file: string) => rmSync(file)],
  ['the shared memory is removed', 'db-shm', (file: string) => rmSync(file)],
  ['the folder is renamed', '', (_file: string, data: string) => renameSync(data, `${data}-elsewhere`)],
] as const) {
  t.test(`${what} while a daemon is idle: it says so by itself`, async (t) => {
    const data = join(temporaryFolder(t), 'data');
    const { line, url } = await firstError(t, data, () => act(join(data, `resource_tracking.${name}`), data));
    t.match(JSON.parse(line), { level: 50, msg: /was (removed|replaced).*nothing is recorded any more/ });
    const ready = await fetch(`${url}/ready`);
    t.equal(ready.status, 503);
    t.match(await ready.json(), { code: 'ledger_lost' });
    const refused = await increment({ url });
    t.equal(refused.status, 503);
    t.match(await refused.json(), { code: 'ledger_lost' });
  });
}

t.test('what was recorded before its write-ahead log was removed is in the database after a stop', async (t) => {
  const { data, daemon } = await serving(t);
  rmSync(`${path(data)}-wal`);
  t.equal((await increment(daemon)).status, 503);
  t.equal(await daemon.stop(), 0);
  t.match(await run(['verify', '--data', data]), { code: 0, stdout: /the chain is whole/ });
  t.match(await run(['usage', 'list', '--data', data]), { code: 0, stdout: /Ada/ });
});

const noMounts =
  spawnSync('unshare', ['-m', 'true']).status === 0 ? false : 'mounts need a user who may make them, and Linux';

t.test(
  'a mount of the file alone is refused: its log and locks are in another folder',
  { skip: noMounts },
  async (t) => {
    const data = join(temporaryFolder(t), 'data');
    t.equal((await run(['usage', 'record', 'Ada', '--cost', '1', '--data', data])).code, 0);
    const other = join(temporaryFolder(t), 'other folder');
    mkdirSync(other, { mode: 0o700 });
    writeFileSync(path(other), '');
    const record = (folder: string) =>
      spawnSync(
        'unshare',
        ['-m', 'sh', '-c', 'mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh', path(data), path(other)].concat([
          process.execPath,
          program,
          'usage',
          'record',
          'Ada',
          '--cost',
          '1',
          '--data',
          folder,
        ]),
        { encoding: 'utf8' },
      );
    for (const folder of [data, other]) {
      t.match(record(folder), { status: 2, stderr: /is mounted by itself at .*other folder.*mount the folder/ });
    }
    t.equal((await run(['usage', 'record', 'Ada', '--cost', '1', '--data', data])).code, 0, 'without it, it works');
  },
);

t.test(
  'a folder or file that others could change is refused, one that they could read is closed to them',
  async (t) => {
    const data = join(temporaryFolder(t), 'data');
    const record = () => run(['usage', 'record', 'Ada', '--cost', '1', '--data', data]);
    t.equal((await record()).code, 0);

    chmodSync(data, 0o770);
    t.match(await record(), { code: 2, stderr: /other accounts can write to .*chmod 700/ });
    chmodSync(data, 0o755);
    chmodSync(path(data), 0o644);
    t.match(await record(), { code: 0, stderr: /other accounts could read/ });
    t.strictSame([statSync(data).mode & 0o777, statSync(path(data)).mode & 0o777], [0o700, 0o600]);

    linkSync(path(data), join(data, 'second'));
    t.match(await record(), { code: 2, stderr: /2 names \(hard links\)/ });
    rmSync(join(data, 'second'));
    renameSync(path(data), join(data, 'moved'));
    symlinkSync(join(data, 'moved'), path(data));
    t.match(await record(), { code: 2, stderr: /is a link/ });
    rmSync(path(data));
    renameSync(join(data, 'moved'), path(data));

    const link = join(temporaryFolder(t), 'link');
    symlinkSync(data, link);
    t.equal(
      (await run(['usage', 'record', 'Ada', '--cost', '1', '--data', link])).code,
      0,
      'a link to the folder is none of this',
    );
  },
);

const notRoot = process.getuid?.() === 0 ? false : 'only root can become another account';

t.test('another account can neither read nor lock, and its folder is refused', { skip: notRoot }, async (t) => {
  const { data } = await serving(t);
  // It may go as far as the folder, and no further.
  chmodSync(join(data, '..'), 0o755);
  const nobody = (script: string) =>
    spawnSync('sh', ['-c', script], { uid: 65_534, gid: 65_534, cwd: '/', encoding: 'utf8' });
  for (const name of ['resource_tracking.db', 'resource_tracking.db-shm', 'resource_tracking.db-wal', 'writer.lock']) {
    const file = join(data, name);
    t.not(nobody(`head -c 1 '${file}'`).status, 0, `${name} cannot be read`);
    t.not(nobody(`exec 9<'${file}'`).status, 0, `nor opened, which a lock needs`);
  }
  const theirs = join(temporaryFolder(t), 'theirs');
  mkdirSync(theirs, { mode: 0o700 });
  chownSync(theirs, 65_534, 65_534);
  t.match(await run(['usage', 'record', 'Ada', '--data', theirs]), { code: 2, stderr: /belongs to another account/ });
});

t.test('verify of nothing is no success', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['verify', '--data', data]), { code: 2, stderr: /there is no ledger/ });
  t.equal((await run(['verify', '--allow-empty', '--data', data])).code, 0);
  await (await openEngine(data, 'writer', { inline: true })).close();
  t.match(await run(['verify', '--data', data]), { code: 2, stderr: /not one event/ });
  t.equal((await run(['verify', '--allow-empty', '--data', data])).code, 0);
});
