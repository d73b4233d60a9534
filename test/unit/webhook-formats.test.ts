// Goal: a chat tool shows the words of a message, and does nothing that somebody wrote into them.
import { test } from 'tap';
import { lineOf, render } from '../../src/outbox/formats.js';
import { type Message, messageOf, typesNamed } from '../../src/outbox/message.js';

const hostile = '<!channel> <@U1> @everyone [click](https://evil.example) **x** `y` & \u001b[31m\u202e\n# z';
const message: Message = {
  type: 'alert.raised',
  timestamp: '2026-01-05T12:00:00.000Z',
  data: { rule: 'tried', subject: 'x', text: hostile, dedupe_key: 'x' },
  pool: 'default',
  seq: 7,
  id: '01KE70EHG07W9D98ZRNGXBPFF0',
};

test('as it is', async (t) => {
  t.same(JSON.parse(render('json', message).body), message);
});

test('Slack: no call, no link, no formatting', async (t) => {
  const { text, ...more } = JSON.parse(render('slack', message).body);
  t.notMatch(text, /[<>]|&(?!amp;|lt;|gt;)/);
  t.match(text, '&lt;!channel&gt;');
  t.same(more, { mrkdwn: false, unfurl_links: false, unfurl_media: false });
});

test('Discord: nobody is called, no page is shown, no formatting', async (t) => {
  const { content, allowed_mentions: mentions, flags } = JSON.parse(render('discord', message).body);
  t.same({ mentions, flags }, { mentions: { parse: [] }, flags: 4 });
  t.notMatch(content, /(?<!\\)[*_~`|<>[\]()@#]/);
  t.ok(JSON.parse(render('discord', { ...message, data: { text: '*'.repeat(9_000) } }).body).content.length <= 2_000);
});

test('ntfy: a line of text, and nothing of it in a header', async (t) => {
  const { body, headers } = render('ntfy', message);
  t.equal(body, lineOf(message));
  t.same(headers, { 'content-type': 'text/plain; charset=utf-8', title: 'Resource-Share' });
  t.ok(Buffer.byteLength(render('ntfy', { ...message, data: { text: '漢'.repeat(9_000) } }).body) <= 4_096);
});

test('what cannot be seen, or moves the cursor, is written as its code', async (t) => {
  for (const format of ['slack', 'discord', 'ntfy'] as const)
    t.notMatch(render(format, message).body, /[\p{Cc}\p{Cf}]/u, format);
  t.match(lineOf(message), '\\u001b[31m\\u202e\\u000a# z');
});

test('each kind of message is a sentence', async (t) => {
  const said = (type: string, data: object) => lineOf({ ...message, type, data: { ...data } });
  t.match(said('digest', { count: 940, types: { 'alert.raised': 939, 'policy.set': 1 } }), /^940 more events.*939 of/);
  t.match(said('test', {}), /^A test/);
  t.match(said('checkpoint.signed', {}), /7 events of the pool default/);
  t.match(said('alert.cleared', { dedupe_key: 'x' }), /^Cleared: x/);
  t.match(said('agent.paused', { name: 'Ada' }), /^agent\.paused of Ada/);
});

test('an event that is too large says where it is read', async (t) => {
  const payload = JSON.stringify({ rule: 'r', subject: 's', text: 'x'.repeat(30_000), dedupe_key: 'k' });
  const stored = { ...message, version: 1, occurred_at: 0, recorded_at: 0, payload } as never;
  t.match(messageOf(stored).data, { omitted: /bytes are too many: read the event at \/v1\/events\/01KE/ });
});

test('types are named by themselves or by their beginning', async (t) => {
  t.same(typesNamed(['alert.*']), ['alert.raised', 'alert.acknowledged', 'alert.cleared']);
  t.same(typesNamed(['alert.raised', 'policy.set']), ['policy.set', 'alert.raised']);
  t.same(typesNamed(['alert', 'aler*', '']), []);
  t.ok(typesNamed(['*']).length > 30);
});
