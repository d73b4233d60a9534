// Goal: scripts ask for turns, hold and end them, and wait until an agent may run, with a daemon; turns also without one.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

async function throughTheirLife(t: Test, data: string): Promise<void> {
  const [on, json] = [onData(data), jsonOn(data)];
  const asked = await json('turns', 'ask', 'Ada', '--estimate', '0.5', '--turn-ttl', '10m');
  t.match(asked, { status: 'granted', name: 'Ada', ttl_s: 600 });
  const { turn, token } = asked as { turn: string; token: number };
  t.match(await json('turns', 'list'), { turns: [{ turn, name: 'Ada', estimate_micro_usd: 500_000 }] });
  t.match(await on('turns', 'renew', turn, '--token', String(token), '--turn-ttl', '1h'), {
    stdout: `${turn} is held for 60 min.\n`,
  });
  t.match(await on('turns', 'renew', turn, '--token', '999'), { code: 1, stderr: /999 is not the token/ });
  const settled = await on('turns', 'settle', turn, '--token', String(token), '--cost', '0.25');
  t.match(settled, { code: 0, stdout: `${turn} is settled.\nRun again in 15 min.\n` });
  t.match(await on('turns', 'list'), { stdout: 'No turn is open.\n' });
  const again = await on('turns', 'ask', 'Ada');
  t.match(again, {
    code: 0,
    stdout: /has turn (t\d+), token (\d+), for 15 min\.\nWhere turns are enforced it would be no: It is to/,
  });
  const [, second = '', other = ''] = /turn (t\d+), token (\d+)/.exec(again.stdout) ?? [];
  t.match(await on('turns', 'release', second, '--token', other, '--reason', 'idle'), {
    stdout: `${second} is given back.\n`,
  });
  await on('policy', 'set', 'mode=enforce');
  t.match(await on('turns', 'ask', 'Ada'), { code: 1, stderr: /It is to run again in/ });
}

t.test('turns by hand, in the ledger', (t) => throughTheirLife(t, join(temporaryFolder(t), 'data')));

t.test('turns by hand, through a daemon', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  await throughTheirLife(t, data);
});

t.test('wait prints the seconds, and ends when the agent may run', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const wait = (...args: readonly string[]) => run(['wait', ...args], { env: { RESOURCE_SHARE_DATA: data } });
  await onData(data)('policy', 'set', 'method=static', 'interval_s_base=600', 'interval_s_min=1');
  t.match(await wait('Ada'), { code: 69, stderr: /how long to wait, the daemon has to say: no daemon serves/ });
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  t.match(await wait('Nobody'), { code: 1, stderr: /no identity is called Nobody/ });
  await onData(data)('report', 'Ada', '--cost', '0.1');
  t.match(await wait('Ada', '--print'), { code: 0, stdout: /^(600|59\d)\n$/ });
  t.match(await wait('Ada', '--timeout', '1s'), { code: 1, stdout: /^(600|59\d)\n$/, stderr: /Ada may not run yet/ });
  await onData(data)('policy', 'set', 'interval_s_base=2');
  await onData(data)('report', 'Bob', '--cost', '0.1');
  const { code, stdout } = await wait('Bob');
  t.equal(code, 0);
  t.match(stdout, /^[012]\n$/);
  t.match(await wait('Bob'), { code: 0, stdout: '0\n' }, 'it is due');
  await onData(data)('identities', 'pause', 'Bob');
  t.match(await wait('Bob', '--print'), { code: 0, stdout: '\n' }, 'nobody knows');
});
