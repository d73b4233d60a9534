// Goal: a ledger in a folder that takes no writes (a backup that is mounted for reading) is read and verified, with all that is in it, and nothing is left of the copies that takes.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { onData } from '../cli/run.js';
import { spawnDoomedDaemon } from '../support/daemon.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';

const database = (data: string) => join(data, 'resource_tracking.db');
const isRoot = process.getuid?.() === 0;
const skip =
  isRoot && spawnSync('unshare', ['-m', 'true']).status !== 0
    ? 'root may write into every folder, and cannot mount one for reading here'
    : false;

/** Runs the program on a folder that takes no writes meanwhile. */
function readOnly(t: Scope, data: string) {
  const temporary = temporaryFolder(t);
  const env = { ...process.env, TMPDIR: temporary, XDG_DATA_HOME: noData, XDG_CONFIG_HOME: noSettings, TZ: 'UTC' };
  const mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';
  return {
    temporary,
    run(...args: readonly string[]) {
      const command = [process.execPath, program, ...args, '--data', data];
      const all = isRoot ? ['unshare', '-m', 'sh', '-c', mount, 'sh', data, ...command] : command;
      if (!isRoot) chmodSync(data, 0o500);
      try {
        return spawnSync(all[0] as string, all.slice(1), { encoding: 'utf8', env });
      } finally {
        if (!isRoot) chmodSync(data, 0o700);
      }
    },
  };
}

async function closed(t: Scope): Promise<string> {
  const data = join(temporaryFolder(t), 'data');
  const on = onData(data);
  for (let i = 0; i < 2; i++) await on('usage', 'record', 'Ada', '--cost', '1');
  return data;
}

/** All that was recorded is in the write-ahead log. */
async function killed(t: Scope): Promise<string> {
  const data = join(temporaryFolder(t), 'data');
  mkdirSync(data, { mode: 0o700 });
  const daemon = await spawnDoomedDaemon(data);
  for (let i = 0; i < 2; i++) {
    await fetch(`${daemon.url}/resource-share/increment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ claude_name: 'Ada', mode: 'autonomy', cost_delta: 1 }),
    });
  }
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  return data;
}

for (const [what, make] of [
  ['that was closed', closed],
  ['whose daemon was killed', killed],
  [
    'whose daemon was killed, without the index of its write-ahead log',
    async (t: Scope) => {
      const data = await killed(t);
      rmSync(`${database(data)}-shm`);
      return data;
    },
  ],
  [
    'too large for a copy in memory',
    async (t: Scope) => {
      const data = await closed(t);
      truncateSync(database(data), 300_000_000);
      return data;
    },
  ],
] as const) {
  t.test(`a ledger ${what}`, { skip }, async (t) => {
    const data = await make(t);
    const before = readdirSync(data);
    const { run, temporary } = readOnly(t, data);
    t.match(run('usage', 'record', 'Ada', '--cost', '1'), { status: 2 }, 'it takes no writes');
    t.match(run('verify'), { status: 0, stdout: /the chain is whole/ });
    const uses = run('audit', 'events', '--type', 'usage.recorded', '--json');
    t.equal(uses.status, 0, uses.stderr);
    t.equal(JSON.parse(uses.stdout).length, 2);
    for (const verb of [
      ['usage', 'list'],
      ['usage', 'daily'],
      ['fair', 'status'],
      ['identities', 'list'],
      ['export', '-'],
    ]) {
      const { status, stdout, stderr } = run(...verb);
      t.equal(status, 0, `${verb.join(' ')}: ${stderr}`);
      t.match(stdout, /Ada/, verb.join(' '));
    }
    t.strictSame(readdirSync(data), before);
    t.strictSame(readdirSync(temporary), [], 'no copy is left');
  });
}
