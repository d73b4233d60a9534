// Goal: secrets of webhooks are made, taken over, rotated and revoked by their verbs, and are shown once or kept in a closed file.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { makeWebhookSecret, webhookSecretOf, webhookSecretText } from '../../src/trust/webhook-signature.js';
import { temporaryFolder } from '../support/folder.js';
import { onData } from './run.js';

test('secrets of webhooks, from the first to the last', async (t) => {
  const folder = temporaryFolder(t);
  const ask = onData(join(folder, 'data'));
  const secrets = (...args: readonly string[]) => ask('webhooks', 'secrets', ...args);
  const file = join(folder, 'build.secret');
  t.match(await secrets('create', 'events', '--identity', 'Ada', '--name', 'build', '--to-file', file), {
    code: 0,
    stdout: /^The secret [0-9a-z]{8} is in /,
    stderr: /\/v1\/webhooks\/events to the pool default, and is use of Ada/,
  });
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.ok(webhookSecretOf(readFileSync(file, 'utf8').trim()));
  t.match(await secrets('create', 'nothing'), { code: 64, stderr: /is none of events, / });
  const rotated = await secrets('rotate', 'events', '--overlap', '1h');
  t.match(rotated, {
    code: 0,
    stdout: /^whsec_[\w+/]{43}=\n$/,
    stderr: /not shown again[\s\S]*then revoke [0-9a-z]{8} /,
  });
  const list = JSON.parse((await secrets('list', 'events', '--json')).stdout);
  t.match(list, [
    { identity: 'Ada', label: 'build', uses: 0, replaced_by: String, status: 'works' },
    { identity: 'Ada', label: 'build', uses: 0, replaced_by: null, status: 'works' },
  ]);
  t.match(await secrets('revoke', 'events'), { code: 64, stderr: new RegExp(`${list[0].id}, ${list[1].id}`) });
  t.match(await secrets('revoke', 'events', list[0].id), { code: 0, stdout: /works no longer/ });
  t.match(await secrets('revoke', 'otlp', list[0].id), { code: 1, stderr: /no secret/ });
  t.match(await secrets('revoke', 'events'), { code: 0, stdout: list[1].id });
  t.match(await secrets('rotate', 'events'), { code: 1, stderr: /No secret of events works/ });

  const theirs = webhookSecretText(makeWebhookSecret());
  const given = join(folder, 'theirs');
  writeFileSync(given, `${theirs}\n`, { mode: 0o644 });
  t.match(await secrets('create', 'otlp', '--from-file', given), { code: 64, stderr: /other accounts can read/ });
  const closed = join(folder, 'closed');
  writeFileSync(closed, `${theirs}\n`, { mode: 0o600 });
  const taken = await secrets('create', 'otlp', '--from-file', closed);
  t.match(taken, { code: 0, stdout: /is known as [0-9a-z]{8}/ });
  const shown = (await secrets('list')).stdout + (await ask('audit', 'events', '--json')).stdout + taken.stdout;
  t.match(shown, /otlp +default +as the data says/);
  for (const secret of [theirs, readFileSync(file, 'utf8').trim(), rotated.stdout.trim()])
    t.notMatch(shown, secret.slice(6, 30));
});
