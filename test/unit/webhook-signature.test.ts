// Goal: signatures are those that the libraries of Standard Webhooks make and check, and nothing else passes as one.
import { Webhook } from 'standardwebhooks';
import t from 'tap';
import {
  isWebhookId,
  isWebhookSignature,
  makeWebhookSecret,
  type WebhookMessage,
  webhookSecretOf,
  webhookSecretText,
  webhookSignature,
  webhookTimestamp,
} from '../../src/trust/webhook-signature.js';

/** Of the tests of the reference libraries. */
const published = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  message: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
} as const;
const known = webhookSecretOf(published.secret) as Buffer;

t.test('the published example', async (t) => {
  t.equal(webhookSignature(published.message, [known]), published.signature);
  t.ok(isWebhookSignature(published.signature, published.message, known));
  t.equal(webhookSecretText(known), published.secret);
});

t.test('what one side signs, the other takes', async (t) => {
  for (const body of ['', '{}', '{"name":"Zoë €"}', '\u0000\n']) {
    const secret = makeWebhookSecret();
    const text = webhookSecretText(secret);
    t.equal(webhookSecretOf(text)?.compare(secret), 0);
    const at = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    const message: WebhookMessage = { id: 'msg_1', timestamp: at.getTime() / 1_000, body };
    const theirs = new Webhook(text);
    t.ok(isWebhookSignature(theirs.sign('msg_1', at, body), message, secret));
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(message.timestamp),
      'webhook-signature': webhookSignature(message, [makeWebhookSecret(), secret]),
    };
    t.doesNotThrow(() => theirs.verify(body, headers, { jsonParse: false }));
  }
});

t.test('of several signatures one is enough, among others of any kind', async (t) => {
  const { message, signature } = published;
  const other = webhookSignature(message, [makeWebhookSecret()]);
  for (const header of [`${other} ${signature}`, `v1a,AAAA ${signature}`, ` ${signature} `, `v1, ${signature}`])
    t.ok(isWebhookSignature(header, message, known), header);
  t.notOk(isWebhookSignature(`${`${other} `.repeat(10)}${signature}`, message, known), 'of ten');
});

t.test('a change of anything is noticed', async (t) => {
  const { message, signature } = published;
  const changed: readonly WebhookMessage[] = [
    { ...message, id: 'msg_p5jXN8AQM9LWM0D4loKWxJeK' },
    { ...message, timestamp: message.timestamp + 1 },
    { ...message, body: '{"test": 2432232315}' },
    { ...message, body: `${message.body}\n` },
  ];
  for (const each of changed) t.notOk(isWebhookSignature(signature, each, known));
  t.notOk(isWebhookSignature(signature, message, makeWebhookSecret()));
  for (let at = 0; at < signature.length - 2; at++) {
    const other = signature[at] === 'A' ? 'B' : 'A';
    const forged = signature.slice(0, at) + other + signature.slice(at + 1);
    t.notOk(isWebhookSignature(forged, message, known), forged);
  }
  for (const none of ['', 'v1', 'v1,', signature.slice(3), `V1,${signature.slice(3)}`, `v2,${signature.slice(3)}`])
    t.notOk(isWebhookSignature(none, message, known), none);
});

t.test('a secret is whsec_ and base64 of 24 to 64 bytes', async (t) => {
  const of = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
  for (const bytes of [24, 25, 26, 32, 64]) t.equal(webhookSecretOf(of(bytes))?.length, bytes);
  for (const text of [
    of(23),
    of(65),
    of(32).slice(6),
    `${of(32)}\n`,
    ` ${of(32)}`,
    of(32).replace('=', ''),
    'whsec_',
    '',
  ])
    t.equal(webhookSecretOf(text), null, text);
});

t.test('an id and a time can be read in one way only', async (t) => {
  for (const id of ['msg_1', 'a.b', 'order.created-7', '9', '1.a', 'x'.repeat(255)]) t.ok(isWebhookId(id), id);
  for (const id of ['', 'a.1', 'a.1614265330', 'a.1.b', 'a b', 'a\n', 'ä', 'x'.repeat(256)])
    t.notOk(isWebhookId(id), id);
  t.equal(webhookTimestamp('1614265330'), 1_614_265_330);
  for (const text of ['', '0', '01614265330', '1614265330.0', '-1', '1e9', ' 1614265330', '9'.repeat(13), 'now'])
    t.equal(webhookTimestamp(text), null, text);
});
