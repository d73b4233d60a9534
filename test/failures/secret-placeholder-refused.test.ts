/** Case: what was to be replaced by a key or a secret was not, and the daemon ran with one that everybody knows. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { webhookSecretFault } from '../../src/settings/secret.js';
import { makeKey } from '../../src/trust/api-key.js';
import { makeWebhookSecret, webhookSecretText } from '../../src/trust/webhook-signature.js';
import { testServer } from '../api/support.js';
import { run } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';

const placeholders = [
  'changeme',
  'changeme-changeme-changeme-changeme',
  '$(cat /run/secrets/resource-share-key)',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as somebody has left it in a file
  '${RESOURCE_SHARE_API_KEY_OF_THIS_HOST}',
  '<insert the key of this machine here>',
  'rs_7m2kq0xv_tooshort',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  `${makeKey().text}x`,
];

t.test('a placeholder is refused where a key should be, at the start and by `config check`', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'key');
  const config = join(folder, 'config.json');
  for (const text of placeholders) {
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    writeFileSync(config, JSON.stringify({ key: text }));
    const ways = {
      variable: { env: { RESOURCE_SHARE_KEY: text } },
      file: { env: { RESOURCE_SHARE_KEY_FILE: file } },
      settings: { env: { RESOURCE_SHARE_CONFIG: config } },
    };
    for (const [way, options] of Object.entries(ways)) {
      for (const verb of [
        ['config', 'check'],
        ['serve', '--port', '0', '--data', join(folder, 'data')],
      ]) {
        const { code, stdout, stderr } = await run(verb, options);
        t.equal(code, 64, `${verb[0]}: ${text} by ${way}`);
        t.match(stderr, /key/);
        t.notMatch(stdout + stderr, text.slice(0, 30), 'it is not repeated');
      }
    }
  }
  writeFileSync(file, makeKey().text);
  const options = { env: { RESOURCE_SHARE_KEY_FILE: file } };
  t.match(await run(['config', 'check'], options), { code: 0 });
  chmodSync(file, 0o644);
  t.match(await run(['config', 'check'], options), { code: 64, stderr: /other accounts can read/ });
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Where the secret of a sender should be: beside what is no secret of any kind, what has the form of one. */
const webhookPlaceholders = [
  ...placeholders,
  'whsec_',
  'whsec_<your signing secret goes here>',
  'whsec_YOUR_SIGNING_SECRET_GOES_HERE',
  'whsec_changemechangemechangemechangeme',
  'whsec_$(cat /run/secrets/webhook-secret-of-here)',
  `whsec_${base64('changeme-changeme-changeme')}`,
  `whsec_${base64('<insert the secret of the sender>')}`,
  `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  `whsec_${Buffer.from('0123456789abcdef0123456').toString('base64')}`,
];

t.test('a placeholder is refused where the secret of a sender of webhooks should be', async (t) => {
  const server = await testServer(t);
  for (const secret of webhookPlaceholders) {
    for (const url of ['/v1/webhook-secrets', '/v1/webhook-secrets/4c8nq0xv/rotate']) {
      const asked = url.endsWith('rotate') ? { secret } : { source: 'events', secret };
      const { statusCode, body } = await server.post(url, asked);
      t.match({ statusCode, body }, { statusCode: 422, body: /"field":"secret"/ }, secret);
      if (secret.length > 8) t.notMatch(body, secret.slice(0, 30), 'it is not repeated');
    }
  }
  const file = join(temporaryFolder(t), 'secret');
  writeFileSync(file, 'whsec_changemechangemechangemechangeme\n', { mode: 0o600 });
  const data = ['--data', join(temporaryFolder(t), 'data')];
  const create = ['webhooks', 'secrets', 'create', 'events', '--from-file', file, ...data];
  t.match(await run(create), { code: 64, stderr: /--from-file.*is a placeholder/ });
  t.same((await server.get('/v1/webhook-secrets')).json(), { secrets: [] });
});

t.test('no secret that was made is taken for a placeholder', async (t) => {
  const faults = Array.from({ length: 20_000 }, () => webhookSecretFault(webhookSecretText(makeWebhookSecret())));
  t.same(new Set(faults), new Set([null]));
});
