// Goal: whoever runs a ledger has others told of events, tries it, sees what became of the messages, and sends them again, by the command line.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { isSigned, Receiver } from '../support/receiver.js';
import { run } from './run.js';

const env = { RESOURCE_SHARE_WEBHOOKS_ALLOW_HOSTS: '127.0.0.1' };

test('an endpoint, from the first try to its end', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const ask = (...args: readonly string[]) => run(['webhooks', ...args, '--data', data], { env });
  const receiver = await Receiver.start(t);
  const file = join(folder, 'alerts.secret');
  const url = `${receiver.url}/token-in-path`;
  t.match(await run(['webhooks', 'add', url, '--data', data]), { code: 64, stderr: /not https.*allow_hosts/ });
  t.match(await ask('add', url, '--types', 'nothing.*'), { code: 64, stderr: /names no type of events/ });
  t.match(await ask('list'), { code: 0, stdout: /Nobody is told/ });
  const made = await ask('add', url, '--types', 'alert.*, policy.set', '--name', 'pager', '--to-file', file);
  t.match(made, { code: 0, stdout: /^The secret of ep_[0-9a-f]{10} is in / });
  const id = /ep_[0-9a-f]{10}/.exec(made.stdout)?.[0] as string;
  const secret = readFileSync(file, 'utf8').trim();
  t.match(secret, /^whsec_/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const list = await ask('list');
  t.match(list, { code: 0, stdout: /alert\.\*, policy\.set\s+default|alert\.\*, policy\.set\s+all/ });
  t.notMatch(list.stdout, /token-in-path|whsec_/);
  t.match(await ask('test', id), { code: 0, stdout: /It arrived: ep_\w+ answered 204/ });
  t.ok(isSigned(receiver.got[0] as never, secret));
  receiver.answer = () => ({ status: 418, body: 'tea\u001b[31m' });
  t.match(await ask('test', id), { code: 1, stderr: /did not arrive: it answered 418.*tea\\u001b/ });
  receiver.answer = () => ({});
  const before = receiver.got.length;

  const daemon = await spawnDaemonIn(env, data);
  t.teardown(() => daemon.stop());
  const body = JSON.stringify({
    type: 'alert.raised',
    payload: { rule: 'tried', subject: 'x', text: 'look', dedupe_key: 'x' },
  });
  await fetch(`${daemon.url}/v1/events`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await receiver.received(before + 1);
  const message = receiver.ids.at(-1) as string;
  const waited = async () => {
    for (;;) {
      const answer = await ask('deliveries', '--endpoint', id, '--json');
      const [found] = JSON.parse(answer.stdout);
      if (found?.state === 'delivered') return found;
    }
  };
  t.match(await waited(), { id: message, endpoint: id, type: 'alert.raised', attempts: 1, status: 204 });
  t.match(await ask('deliveries', '--state', 'dead'), { code: 0, stdout: /There is no message/ });
  t.match(await ask('replay', message), { code: 0, stdout: /on its way again/ });
  await receiver.received(before + 2);
  t.equal(receiver.ids.at(-1), message);
  t.match(await ask('replay'), { code: 64, stderr: /id of a message/ });
  t.match(await ask('replay', '--since', '1h'), { code: 64, stderr: /--endpoint/ });
  t.match(await ask('replay', '--since', '1h', '--endpoint', id), { code: 0, stdout: /on its way/ });
  t.match(await ask('replay', 'nothing'), { code: 1, stderr: /no delivery nothing/ });
  t.match(await ask('enable', id), { code: 0, stdout: /is told of events/ });
  t.match(await ask('remove', id), { code: 0, stdout: /is removed/ });
  t.match(await ask('remove', id), { code: 1, stderr: /no endpoint/ });
});
