/**
 * Goal: under a service manager a daemon says when it is ready and how it is, takes a socket and secrets that are handed to it, writes its
 * log as a journal reads it, and says by its exit code whether a later start can help. Elsewhere nothing of that happens.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, fstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { Supervision, statusText, type Vitals } from '../../src/daemon/supervision.js';
import { systemClock } from '../../src/runtime/clock.js';
import { StorageError } from '../../src/storage-error.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';
import { run, spawnNode } from './run.js';

const soon = () => systemClock.sleep(20);

/** Waits for what a test is about, and lets the run's own limit say that it did not come. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await soon();
}

/** Stands where systemd-notify does, and notes what is said, and whether the daemon could be reached then. */
function notifyTool(t: Test, data: string) {
  const folder = temporaryFolder(t);
  const log = join(folder, 'said');
  writeFileSync(log, '');
  const script = `#!/bin/sh\ngrep -q '"url"' '${data}/writer.json' 2>/dev/null && at=up || at=down\nfor each; do echo "$at $each" >> '${log}'; done\n`;
  writeFileSync(join(folder, 'systemd-notify'), script);
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  return { path: `${folder}:${process.env.PATH}`, said: () => readFileSync(log, 'utf8').trim().split('\n') };
}

/** As a service manager starts it: by a variable it learns its own number. */
function spawnManaged(t: Test, data: string, env: Record<string, string>, names: string): ChildProcess {
  const args = [program, 'serve', '--port', '0', '--data', data];
  const child = spawn('sh', ['-c', `${names} exec "$@"`, 'sh', process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      XDG_CONFIG_HOME: noSettings,
      XDG_DATA_HOME: noData,
      XDG_RUNTIME_DIR: '',
      RESOURCE_SHARE_CHECKPOINTS_KEYS: join(data, '../keys'),
      ...env,
    },
  });
  child.stdout?.resume();
  child.stderr?.resume();
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

t.test('says when it is ready, that it lives, and that it ends', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const { path, said } = notifyTool(t, data);
  const env = { PATH: path, NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '200000' };
  const child = spawnManaged(t, data, env, 'WATCHDOG_PID=$$');
  await until(() => said().filter((line) => line.includes('WATCHDOG=1')).length > 2);
  t.match(
    said().filter((line) => line.includes('READY')),
    ['up READY=1'],
    'once it can be reached',
  );
  t.match(said().join('\n'), /up STATUS=\d+ events? in 1 pool, 0 waiting, no fault/);
  child.kill('SIGTERM');
  await once(child, 'exit');
  t.match(said().at(-2), /STOPPING=1/);
});

t.test('starts nothing where no manager listens, and is no other process', async (t) => {
  const folder = temporaryFolder(t);
  const { path, said } = notifyTool(t, join(folder, 'a'));
  const alone = await spawnDaemonIn({ PATH: path, NOTIFY_SOCKET: '', WATCHDOG_USEC: '1000' }, join(folder, 'a'));
  await alone.stop();
  t.strictSame(said(), ['']);
  const child = spawnManaged(
    t,
    join(folder, 'b'),
    { PATH: path, NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '1000' },
    'WATCHDOG_PID=1',
  );
  await until(() => said().some((line) => line.includes('READY')));
  child.kill('SIGTERM');
  await once(child, 'exit');
  t.notMatch(said().join('\n'), /WATCHDOG/);
});

t.test('does not say that it lives while a commit stands still, or the storage does not answer', async (t) => {
  const { path, said } = notifyTool(t, 'none');
  const before = process.env.PATH;
  process.env.PATH = path;
  t.teardown(() => {
    process.env.PATH = before;
  });
  const vitals = {
    events: 1,
    pools: 1,
    queued: 0,
    storageFault: null as string | null,
    commits: { begun: 1, ended: 1 },
    isShared: false,
    answers: async () => undefined as undefined,
  };
  let looks = 0;
  const watched: Vitals = {
    ...vitals,
    get commits() {
      looks += 1;
      return vitals.commits;
    },
    get storageFault() {
      return vitals.storageFault;
    },
    answers: () => vitals.answers(),
  };
  const supervision = new Supervision({ socket: '/nowhere', watchdogMs: 20 }, () => undefined);
  await supervision.ready(watched);
  const lives = () => said().filter((line) => line.includes('WATCHDOG')).length;
  const afterLooks = async (count: number) => {
    const from = looks;
    await until(() => looks > from + count);
    return lives();
  };
  t.ok((await afterLooks(3)) > 0);
  vitals.commits = { begun: 2, ended: 1 };
  const hung = await afterLooks(3);
  t.equal(await afterLooks(4), hung, 'a commit hangs');
  vitals.commits = { begun: 2, ended: 2 };
  await until(() => lives() > hung);
  vitals.answers = () => Promise.reject(new StorageError('unavailable', 'the storage did not answer within 2 s'));
  const silent = await afterLooks(3);
  t.equal(await afterLooks(4), silent, 'the storage does not answer');
  vitals.answers = () => Promise.reject(new StorageError('unwritable', 'the disk is full'));
  await until(() => lives() > silent);
  vitals.storageFault = 'of Ada: disk full';
  await until(() => said().some((line) => line.includes('the last commit failed')));
  t.notMatch(said().join('\n'), /Ada/, 'no names are in it');
  await supervision.stopping();
  t.equal(statusText(watched), '1 event in 1 pool, 0 waiting, the last commit failed');
});

t.test('writes its log as a journal reads it', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'journal');
  const journal = openSync(path, 'w');
  const { dev, ino } = fstatSync(journal);
  const args = [program, 'serve', '--port', '0', '--data', join(folder, 'data')];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', journal],
    env: {
      ...process.env,
      XDG_CONFIG_HOME: noSettings,
      XDG_RUNTIME_DIR: '',
      RESOURCE_SHARE_CHECKPOINTS_KEYS: join(folder, 'keys'),
      JOURNAL_STREAM: `${dev}:${ino}`,
    },
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  child.kill('SIGTERM');
  await once(child, 'exit');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  t.ok(lines.length > 1);
  for (const line of lines) t.match(line, /^<[2-7]>[^{]/, line);
});

t.test('a secret comes from a file, or from a credential of systemd, and is not shown', async (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(folder, name), text, { mode });
    return join(folder, name);
  };
  const url = 'postgres://ledger:hunter2@db.example/ledger';
  const file = write('url', `${url}\n`);
  const show = async (env: Record<string, string>) => {
    const { code, stdout, stderr } = await run(['config', 'show', '--origins'], { env });
    t.notMatch(stdout + stderr, /hunter2|Ab3-_9kZ/);
    return { code, said: stdout + stderr };
  };
  t.match(await show({ RESOURCE_SHARE_DATABASE_FILE: file }), {
    code: 0,
    said: new RegExp(`^database +postgres://ledger@db\\.example/ledger +RESOURCE_SHARE_DATABASE_FILE ${file}$`, 'm'),
  });
  t.match(await show({ RESOURCE_SHARE_DATABASE_FILE: file, RESOURCE_SHARE_DATABASE: url }), {
    code: 64,
    said: /RESOURCE_SHARE_DATABASE and RESOURCE_SHARE_DATABASE_FILE both say it/,
  });
  t.match(await show({ RESOURCE_SHARE_DATABASE_FILE: join(folder, 'gone') }), {
    code: 64,
    said: /RESOURCE_SHARE_DATABASE_FILE: /,
  });
  t.match(await show({ RESOURCE_SHARE_DATABASE_FILE: write('open', url, 0o644) }), {
    code: 64,
    said: /other accounts can read/,
  });
  t.match(await show({ RESOURCE_SHARE_DATABASE_FILE: write('wrong', 'mysql://u:hunter2@db/x') }), {
    code: 64,
    said: /database \(RESOURCE_SHARE_DATABASE_FILE .*\) takes the URL/,
  });
  t.match(
    (await run(['config', 'check'], { env: { RESOURCE_SHARE_DATABASE_FILE: file } })).stderr,
    /^$/,
    'the variable is known',
  );

  const credentials = join(folder, 'credentials');
  mkdirSync(credentials);
  writeFileSync(join(credentials, 'database'), url, { mode: 0o400 });
  writeFileSync(join(credentials, 'key'), `rs_01234567_${'Ab3-_9kZ'.repeat(6).slice(0, 43)}0Zz9aA`, { mode: 0o400 });
  const { said } = await show({ CREDENTIALS_DIRECTORY: credentials });
  t.match(said, /^database +postgres:\/\/ledger@db\.example\/ledger +credential database$/m);
  t.match(said, /^key +set \(rs_01234567_…\) +credential key$/m);
  t.match(
    (await show({ CREDENTIALS_DIRECTORY: credentials, RESOURCE_SHARE_DATABASE: 'postgres://other/x' })).said,
    /^database +postgres:\/\/other\/x +environment RESOURCE_SHARE_DATABASE$/m,
    'what is said by hand goes before',
  );
});

t.test('a start that can never succeed ends in another way than one that may later', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const db = new Database(join(data, 'resource_tracking.db'));
  db.exec('CREATE TABLE recipes (name TEXT)');
  db.close();
  t.match(await run(['serve', '--data', data, '--port', '0']), { code: 78 }, 'the file is of another program');
  t.match(await run(['serve', '--data', join(folder, 'b'), '--port', 'x']), { code: 64 }, 'a setting is wrong');
  const daemon = await spawnDaemonIn({}, join(folder, 'c'));
  t.teardown(() => daemon.stop());
  t.match(
    await run(['serve', '--data', join(folder, 'd'), '--port', new URL(daemon.url).port]),
    { code: 2 },
    'the port is taken',
  );
  t.match(
    await run(['serve', '--data', join(folder, 'c'), '--port', '0']),
    { code: 2 },
    'another daemon has the ledger',
  );
  await daemon.stop();
});

const restarts = 5;
const reports = 250;

t.test(
  'at a socket that is held for it no connection is refused, however often it starts again',
  { timeout: 300_000 },
  async (t) => {
    const folder = temporaryFolder(t);
    const data = join(folder, 'data');
    const end = join(folder, 'end');
    const holder = join(import.meta.dirname, '../support/hold-socket.js');
    const child = spawnNode([holder, end, process.execPath, program, 'serve', '--data', data], {
      RESOURCE_SHARE_PORT: '0',
      RESOURCE_SHARE_LOG_LEVEL: 'error',
      RESOURCE_SHARE_CHECKPOINTS_KEYS: join(folder, 'keys'),
    });
    const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const daemonPid = () => {
      try {
        return (JSON.parse(readFileSync(join(data, 'writer.json'), 'utf8')) as { pid: number }).pid;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    };
    t.teardown(() => child.kill('SIGKILL'));

    let refused = 0;
    let sent = 0;
    const restarting = (async () => {
      for (let count = 1; count <= restarts; count++) {
        await until(() => sent >= (count * reports) / (restarts + 1));
        const pid = daemonPid();
        if (pid === null) throw new Error('no daemon is there');
        process.kill(pid, 'SIGTERM');
        await until(() => daemonPid() !== pid && daemonPid() !== null);
      }
    })();
    for (; sent < reports; sent++) {
      // As a client does it: with the same key until the report is recorded.
      for (let status = 0; status !== 201 && status !== 200; ) {
        status = await report(Number(port), sent).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ECONNREFUSED') refused += 1;
          return 0;
        });
        if (refused > 100) throw new Error('connections are refused');
      }
    }
    await restarting;
    t.equal(refused, 0);
    appendFileSync(end, '');
    process.kill(daemonPid() as number, 'SIGTERM');
    await once(child, 'exit');
    const { stdout } = await run(['usage', 'list', '--limit', '1000', '--json', '--data', data]);
    t.equal(JSON.parse(stdout).length, reports, 'each report is there once');
  },
);

/** Over a connection of its own. */
function report(port: number, key: number): Promise<number> {
  const body = JSON.stringify({
    type: 'usage.recorded',
    payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 },
  });
  return new Promise((resolve, reject) => {
    const sending = request(
      {
        port,
        host: '127.0.0.1',
        path: '/v1/events',
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'idempotency-key': `report-${key}` },
      },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode as number));
        response.on('error', reject);
      },
    );
    sending.on('error', reject).end(body);
  });
}
