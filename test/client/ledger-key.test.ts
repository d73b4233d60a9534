// Goal: the key of a ledger is exchanged without anybody who trusts the old one losing sight of the ledger, and not for a stranger.
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { openCheckpoint } from '../../src/trust/checkpoint.js';
import { parseKey } from '../../src/trust/note.js';
import { jsonOn, onData } from '../cli/run.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { minutes, noon } from '../support/fold.js';
import { temporaryFolder } from '../support/folder.js';
import { signedLedger } from '../support/signed-ledger.js';

const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } as const;

t.test('clients follow while both sign, and know the new key alone after that', async (t) => {
  const ledger = await signedLedger(t);
  await ledger.use(1);
  await ledger.checkpoints.sign();
  const url = await ledger.listen();
  const port = Number(new URL(url).port);
  const old = await ledger.vkey();
  const stolen = temporaryFolder(t);
  copyFileSync(join(ledger.keys, 'key.pem'), join(stolen, 'key.pem'));
  const clientWith = (more: object) => {
    const spool = join(temporaryFolder(t), 'spool');
    const settings = { url, spool, knownLedgers: join(spool, 'known'), timeoutMs: 20_000, checkMsEvery: 0, ...more };
    return () => new UsageReporter(settings).report(use, new Date(noon));
  };
  const [first, told, away] = [clientWith({}), clientWith({ ledgerKey: old }), clientWith({})];
  for (const client of [first, told, away]) t.match(await client(), { status: 'recorded' });

  const rotate = (body: object) =>
    fetch(`${url}/v1/ledger-key/rotate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(body),
    });
  t.equal((await rotate({ overlap_s: 1 })).status, 422);
  const answer = await rotate({ overlap_s: 3_600 });
  t.equal(answer.status, 200);
  const { key, replaces, overlap_until } = (await answer.json()) as Record<string, string>;
  t.equal(replaces, old);
  t.equal(await ledger.vkey(), key);
  t.equal(Date.parse(overlap_until as string), ledger.test.clock.now() + 3_600_000);
  t.match(await (await rotate({})).json(), { status: 409, code: 'ledger_key_kept' });
  const events = (await ledger.test.stored()).filter(({ type }) => type === 'ledger_key.rotated');
  t.strictSame(
    events.map(({ payload }) => JSON.parse(payload)),
    [{ key, replaces, overlap_until: Date.parse(overlap_until as string) }],
  );
  const note = await ledger.note();
  for (const each of [key, old]) t.ok(openCheckpoint(note, [parseKey(each as string)]), 'signed by each, at once');
  for (const client of [first, told]) t.match(await client(), { status: 'recorded' }, 'it follows');

  ledger.test.clock.advance(minutes(61));
  await ledger.use(1);
  await ledger.checkpoints.sign();
  t.strictSame(ledger.checkpoints.rewritten, []);
  const alone = await ledger.note();
  t.ok(openCheckpoint(alone, [parseKey(key as string)]));
  t.throws(() => openCheckpoint(alone, [parseKey(old)]), /no signature under the key/, 'the old one signs no longer');
  for (const client of [first, told]) t.match(await client(), { status: 'recorded' }, 'the new key is known');
  const { place } = ledger.test;
  await ledger.close();
  const thief = await signedLedger(t, { place, keys: stolen });
  await thief.checkpoints.sign();
  await thief.listen(port);
  for (const client of [first, told])
    t.match(await client(), { status: 'spooled', cause: { isOtherLedger: true, message: /\(signature\)/ } });
  await thief.close();
  const again = await signedLedger(t, { place, keys: ledger.keys });
  await again.listen(port);
  t.match(await away(), { status: 'spooled', cause: { isOtherLedger: true } }, 'who slept through it has to be told');
});

t.test('the verb', async (t) => {
  const folder = temporaryFolder(t);
  const [data, keys] = [join(folder, 'data'), join(folder, 'keys')];
  const env = { RESOURCE_SHARE_CHECKPOINTS_KEYS: keys };
  const daemon = await spawnDaemonIn(env, data);
  t.teardown(() => daemon.stop());
  const before = await onData(data)('ledger-key', 'show');
  t.match(before, { code: 0, stdout: /^resource-share\/[0-9A-Z]{26}\/default\+[0-9a-f]{8}\+\S+\n$/ });
  const made = await jsonOn(data)('ledger-key', 'rotate', '--overlap', '30d');
  t.equal(made.replaces, before.stdout.trim());
  t.match(await onData(data)('ledger-key', 'show'), { stdout: `${made.key}\n`, stderr: /signs, too, until 20/ });
  t.match(await onData(data)('ledger-key', 'rotate'), { code: 1, stderr: /being exchanged/ });
  await daemon.stop();
  t.match(await onData(data)('ledger-key', 'show'), { code: 1, stderr: /that of a running daemon/ });
  const credentials = temporaryFolder(t);
  copyFileSync(join(keys, 'key.pem'), join(credentials, 'resource-share-key'));
  for (const name of ['key.old.pem', 'key.old.until']) rmSync(join(keys, name));
  const given = await spawnDaemonIn({ ...env, CREDENTIALS_DIRECTORY: credentials }, data);
  t.teardown(() => given.stop());
  t.match(await onData(data)('ledger-key', 'rotate'), { code: 1, stderr: /given as a credential/ });
  await given.stop();
});
