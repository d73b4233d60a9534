// Goal: what a configuration file sets is what a run does, and `config` says what is set, by whom, and what is wrong.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Test, test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/free-port.js';
import { program } from '../support/program.js';
import { run, spawnNode } from './run.js';

function configFile(t: Test, content: unknown): string {
  const path = join(temporaryFolder(t), 'config.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test('a daemon takes its port, data, time zone and limits from the file', async (t) => {
  const port = await freePort();
  const config = configFile(t, {
    port,
    data: 'ledger',
    time_zone: 'Asia/Tokyo',
    log_level: 'silent',
    server: { drain_ms: 1, live_feeds: 0 },
  });
  const child = spawnNode([program, 'serve'], { RESOURCE_SHARE_CONFIG: config });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  child.stderr.resume();
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = `http://127.0.0.1:${port}`;
  t.equal(line, `Serving ${join(config, '../ledger')} at ${url}`);
  t.equal((await fetch(`${url}/v1/stream`)).status, 503, 'no live feed is allowed');

  const zones = await run(['audit', 'events', '--type', 'pool.configured', '--json', '--config', config]);
  t.match(JSON.parse(zones.stdout), [{ payload: { time_zone: 'Asia/Tokyo' } }]);

  const upload = request(`${url}/v1/events`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  upload.on('error', () => undefined);
  const line1 = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 } };
  upload.write(`${JSON.stringify(line1)}\n`);
  await once(upload, 'response');
  child.kill('SIGTERM');
  t.equal(await ended, 0, 'a request that does not end holds nothing up for longer than it may');
});

test('flags beat the environment, which beats the file, and `config show` says so', async (t) => {
  const config = configFile(t, { port: 1, host: 'localhost', database: 'postgres://u:hunter2@db/ledger' });
  const env = { RESOURCE_SHARE_HOST: '::1', RESOURCE_SHARE_POOL: 'red' };
  const show = (...args: string[]) => run(['config', 'show', '--config', config, ...args], { env });

  const { code, stdout, stderr } = await show('--origins', '--pool', 'blue');
  t.equal(code, 0);
  t.match(stdout, new RegExp(`^port +1 +file ${config}$`, 'm'));
  t.match(stdout, /^host +::1 +environment RESOURCE_SHARE_HOST$/m);
  t.match(stdout, /^pool +blue +flag --pool$/m);
  t.match(stdout, /^unknown_agents +auto +default$/m);
  t.match(stdout, /^The ledger is what database names: postgres:\/\/u@db\/ledger\.$/m);
  t.equal(stderr, `The configuration file is ${config}.\n`);
  t.notMatch(stdout, 'hunter2');

  const origins = await show('--origins', '--json');
  t.match(JSON.parse(origins.stdout), {
    port: { value: 1, origin: `file ${config}` },
    host: { value: '::1', origin: 'environment RESOURCE_SHARE_HOST' },
    database: { value: 'postgres://u@db/ledger' },
    time_zone: { value: null, origin: 'default' },
  });
  const plain = await show('--json', '--data', '/srv/ledger');
  t.match(JSON.parse(plain.stdout), {
    port: 1,
    host: '::1',
    pool: 'red',
    data: '/srv/ledger',
    'server.drain_ms': 10_000,
  });
  t.match(await show('--data', '/srv/ledger'), { stdout: /The ledger is what data names: \/srv\/ledger\./ });
  t.match(await run(['config', 'show']), { code: 0, stdout: /^database +\(the ledger is in the data directory\)$/m });
});

test('`config check` says every fault, and what a higher layer hides', async (t) => {
  const good = configFile(t, { port: 0, server: { drain_ms: 5_000 } });
  t.match(await run(['config', 'check', good]), { code: 0, stdout: `${good} and the environment are valid.\n` });
  const bad = configFile(t, { prot: 1, port: 'x', sqlite: { wal_bytes: 1 } });
  const env = { RESOURCE_SHARE_PORT: '0', RESOURCE_SHARE_LOG_LEVEL: 'loud', RESOURCE_SHARE_HOTS: '::1' };
  const { code, stdout, stderr } = await run(['config', 'check', bad], { env });
  t.match({ code, stdout }, { code: 64, stdout: '' });
  for (const line of [
    'Warning: no setting is read from RESOURCE_SHARE_HOTS; did you mean RESOURCE_SHARE_HOST?',
    'resource-share: 4 settings cannot be used:',
    `  no setting is called prot (file ${bad}); did you mean port?`,
    `  port is "x" (file ${bad}), but takes a whole number from 0 to 65535`,
    `  sqlite.wal_bytes is 1 (file ${bad}), but takes a whole number from 1048576 to 1099511627776`,
    '  log_level is "loud" (environment RESOURCE_SHARE_LOG_LEVEL), but takes one of trace, debug,',
  ]) {
    t.match(stderr, line);
  }
  t.match(await run(['config', 'check', `${bad}.gone`]), { code: 64, stderr: /there is no file .*\.gone, which/ });
  const ignored = { RESOURCE_SHARE_TEST_POSTGRES: 'x' };
  t.match(
    await run(['config', 'check'], { env: ignored }),
    { code: 0, stderr: '' },
    'what tests are told is no setting',
  );
});

test('a file that is not understood is refused by every verb', async (t) => {
  const config = configFile(t, { databse: 'postgres://db/ledger' });
  const sentence = /^resource-share: no setting is called databse .*; did you mean database\?\n$/;
  for (const args of [['pools', 'list'], ['serve', '--port', '0'], ['report', 'Ada'], ['verify']]) {
    t.match(await run([...args, '--config', config]), { code: 64, stdout: '', stderr: sentence }, args.join(' '));
  }
  t.match(await run(['--version', '--config', config]), { code: 0 });
});

test('a setting that a verb does not use does not stop it', async (t) => {
  const env = { RESOURCE_SHARE_PORT: 'x' };
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['pools', 'add', 'red', '--data', data], { env }), { code: 0 });
  t.match(await run(['serve', '--data', data], { env }), { code: 64, stderr: /port is "x" \(environment/ });
});

test('a pool that is set is the pool of a verb, but limits nothing that is about all pools', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const env = { RESOURCE_SHARE_DATA: data, RESOURCE_SHARE_POOL: 'red' };
  await run(['pools', 'add', 'red'], { env });
  await run(['pools', 'add', 'blue'], { env });
  t.equal((await run(['usage', 'record', 'Ada', '--cost', '1'], { env })).code, 0);
  const uses = async (...args: string[]) =>
    JSON.parse((await run(['usage', 'list', '--json', ...args], { env })).stdout);
  t.match(await uses(), [{ claude_name: 'Ada' }]);
  t.strictSame(await uses('--pool', 'blue'), []);
  const verified = JSON.parse((await run(['verify', '--chain-only', '--json'], { env })).stdout) as { pool: string }[];
  t.strictSame(verified.map(({ pool }) => pool).sort(), ['blue', 'red']);
  t.match(await run(['replay', '--check'], { env }), { code: 0 });
});
