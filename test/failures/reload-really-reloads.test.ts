/**
 * Goal: a reload of the settings reloads them. The predecessor printed that it had, and did nothing. What has changed is said; a file that
 * cannot be used is refused, and the daemon goes on with what it had.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, program } from '../support/program.js';

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  configure(settings: object | string): void;
  reload(...args: readonly string[]): ReturnType<typeof run>;
  /** Resolves when the log has a line that matches. */
  logged(pattern: RegExp): Promise<string>;
}

const base = { port: 0, log_level: 'error', server: { live_feeds: 0 } };

async function daemon(t: Test): Promise<Running> {
  const folder = temporaryFolder(t);
  const config = join(folder, 'config.json');
  const data = join(folder, 'data');
  const configure = (settings: object | string) =>
    writeFileSync(config, typeof settings === 'string' ? settings : JSON.stringify({ ...base, ...settings }));
  configure({});
  const child = spawn(process.execPath, [program, 'serve', '--config', config, '--data', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      XDG_DATA_HOME: noData,
      XDG_RUNTIME_DIR: '',
      RESOURCE_SHARE_CHECKPOINTS_KEYS: join(folder, 'keys'),
    },
  });
  t.teardown(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
    child.emit('logged');
  });
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  child.stdout.resume();
  return {
    url: /http:\/\/\S+/.exec(said)?.[0] as string,
    child,
    configure,
    reload: (...args) => run(['config', 'reload', '--config', config, '--data', data, ...args]),
    async logged(pattern) {
      for (;;) {
        const line = log.split('\n').find((each) => pattern.test(each));
        if (line !== undefined) return line;
        await once(child, 'logged');
      }
    },
  };
}

const feedStatus = async (url: string): Promise<number> => {
  const abort = new AbortController();
  const { status } = await fetch(`${url}/v1/stream`, { signal: abort.signal });
  abort.abort();
  return status;
};

t.test('what a reload says is in effect, is', { timeout: 400_000 }, async (t) => {
  const { url, configure, reload } = await daemon(t);
  t.equal(await feedStatus(url), 503, 'no live feed is allowed');
  t.match(await reload(), { code: 0, stdout: 'Nothing has changed.\n' });
  configure({ server: { live_feeds: 5 } });
  t.match(await reload(), { code: 0, stdout: 'In effect: server.live_feeds.\n' });
  t.equal(await feedStatus(url), 200);

  configure({ server: { live_feeds: 0 }, host: '::1' });
  t.match(JSON.parse((await reload('--json')).stdout), { applied: ['server.live_feeds'], restart: ['host'] });
  t.equal(await feedStatus(url), 503);
  t.match(
    await reload(),
    { stdout: 'In effect when the daemon starts again: host.\n' },
    'as long as it is not in effect',
  );
});

t.test('a file that cannot be used changes nothing', { timeout: 400_000 }, async (t) => {
  const { url, child, configure, reload, logged } = await daemon(t);
  configure({ server: { live_feeds: 5 } });
  await reload();
  for (const [bad, says] of [
    ['{"port": 0,', /is no JSON/],
    [{ server: { live_feeds: 'many' } }, /server\.live_feeds is "many"/],
    [{ server: { live_feeds: 0, tls_cert: '/x' } }, /server\.tls_cert and server\.tls_key belong together/],
    [{ server: { live_feeds: 0 }, prot: 1 }, /no setting is called prot/],
  ] as const) {
    configure(bad);
    t.match(await reload(), { code: 1, stdout: '', stderr: says });
    t.match(await reload(), { stderr: /the daemon goes on with the settings it had/ });
    t.equal(await feedStatus(url), 200);
  }
  child.kill('SIGHUP');
  t.match(await logged(/stay as they were/), /no setting is called prot/, 'a signal is answered in the log');
  t.equal(await feedStatus(url), 200);
  configure({ server: { live_feeds: 0 }, log_level: 'info' });
  child.kill('SIGHUP');
  t.match(JSON.parse(await logged(/were read again"/)), { applied: ['log_level', 'server.live_feeds'] });
  t.equal(await feedStatus(url), 503);
});

t.test('how much an area logs changes while it runs', { timeout: 400_000 }, async (t) => {
  const { url, configure, reload, logged } = await daemon(t);
  await fetch(`${url}/health?before`);
  configure({ log: { levels: { http: 'debug' } } });
  t.match((await reload()).stdout, 'In effect: log.levels.');
  await fetch(`${url}/v1/usage`);
  t.match(JSON.parse(await logged(/"route":"\/v1\/usage"/)), { route: '/v1/usage', level: 20 });
});

t.test('where no daemon runs, nothing is reloaded', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['config', 'reload', '--data', data]), { code: 2, stderr: /no daemon serves/ });
});
