// Goal: a ledger whose files were removed, replaced, linked or opened to others says so, and acknowledges nothing that could not be found again.

import { spawnSync } from 'node:child_process';
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
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openEngine } from '../../src/engines/open.js';
import { run } from '../cli/run.js';
import { type Daemon, spawnDaemon } from '../support/daemon.js';
import { type Scope, temporaryFolder } from '../support/folder.js';

const increment = async ({ url }: Daemon) =>
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
