/**
 * Goal: whatever an agent is called, its use is recorded. A name may be any printable text; one that cannot be told from
 * another by looking at it is recorded and has no share until a person confirms it.
 */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { type TestServer, testServer } from '../api/support.js';
import { run } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';

const report = (server: TestServer, name: unknown) =>
  server.post('/resource-share/increment', { claude_name: name, mode: 'autonomy', cost_delta: 1 });

const identities = (server: TestServer) =>
  server.ledger.query<{ name: string; status: string }>(
    'SELECT name, status FROM claude_identities ORDER BY first_seen',
  );

/** Names as people give them, with what they hold beside letters. */
const ordinary: Readonly<Record<string, string>> = {
  'a symbol': 'Delta △',
  'an emoji': '🚀 Rocket',
  'an emoji of several': '👩🏽‍💻',
  'a heart in text and colour': '❤️ Ada',
  'a flag made of tags': '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
  'a keycap': 'Agent 1️⃣',
  'signs of programming': 'a*b=c~d|e\\f^g`h$i%j{k}[l]"m"',
  markup: '<script>alert(1)</script>',
  'a statement': "Robert'); DROP TABLE events;--",
  'a formula': '=SUM(A1)',
  'Persian with its joiner': 'می\u200Cخواهم',
  'Sinhala with its joiner': 'ශ\u0DCA\u200Dරී',
  'Hindi with its joiner': 'क\u094D\u200Dष',
  'Japanese with its space': '山田　太郎',
  'an icon of a terminal font': '\uE0B0 shell',
  'as many characters as may be': '🙂'.repeat(128),
};

t.test('a printable name is recorded as it is', async (t) => {
  const server = await testServer(t);
  for (const [what, name] of Object.entries(ordinary)) {
    const answer = await report(server, name);
    t.equal(answer.statusCode, 200, what);
    t.equal(answer.json().claude_name, name, what);
    const use = await server.get(`/v1/usage?identity=${encodeURIComponent(name)}`);
    t.equal(use.json().rows.length, 1, `${what}: found again`);
    t.equal((await server.get(`/v1/advice/${encodeURIComponent(name)}`)).statusCode, 200, `${what}: has advice`);
  }
  const names = Object.values(ordinary).map((name) => name.normalize('NFC'));
  t.strictSame(
    await identities(server),
    names.map((name) => ({ name, status: 'unconfirmed' })),
  );
  const page = (await server.get('/dashboard')).body;
  t.notMatch(page, '<script>alert(1)', 'a page writes it as text');
  t.match(page, '&lt;script&gt;alert(1)');
});

t.test('what has no place in a name is refused, and named', async (t) => {
  const server = await testServer(t);
  const { seq } = await server.ledger.head('default' as never);
  for (const name of ['A\u0007da', 'A\u0085da', 'A\nda', 'A\u202Eda', 'A\u2066da', 'A\u0378da', 'A\uFFFFda']) {
    const answer = await report(server, name);
    t.equal(answer.statusCode, 422, pointsOf(name));
    t.match(answer.json(), { code: 'invalid_field', errors: [{ field: 'claude_name' }] });
  }
  t.equal((await report(server, 'A\uD800da')).statusCode, 422, 'a lone surrogate');
  t.equal((await server.ledger.head('default' as never)).seq, seq);
});

/** Names that look like another one, or like nothing. */
const lookAlikes = [
  'A\u034Fda',
  '\u3164',
  'A\u00ADda',
  'A\u200Bda',
  'A\u200Cda',
  'Ada\u200D',
  'می\u200C\u200Cخواهم',
  'A\u200Eda',
  'A\u2060da',
  'A\uFE0Fda',
  'A1\uFE0F',
  'A\u{E0061}da',
  'A\u00A0da',
  'A\u2028da',
  '\u2800',
  '\uFFA0Ada',
];

t.test('a look-alike made of invisible signs is recorded, and has no share', async (t) => {
  const server = await testServer(t);
  t.equal((await report(server, 'Ada')).statusCode, 200);
  for (const name of lookAlikes) {
    const answer = await report(server, name);
    t.equal(answer.statusCode, 200, pointsOf(name));
    t.equal(answer.json().claude_name, name, 'as it was sent');
    t.match(answer.json().warnings, [/^claude_name /], 'and the answer says what it means');
  }
  t.strictSame(await identities(server), [
    { name: 'Ada', status: 'unconfirmed' },
    ...lookAlikes.map((name) => ({ name, status: 'quarantined' })),
  ]);
  const { rows } = (await server.get('/v1/allocations')).json<{ rows: { claude_name: string; share: number }[] }>();
  t.strictSame(new Set(rows.map((row) => row.claude_name)), new Set(['Ada']), 'no one else has a share');
  t.equal((await server.get('/resource/summary')).json().claudes.length, 1 + lookAlikes.length, 'all use is counted');
});

t.test('a look-alike is set apart however it comes in', async (t) => {
  const server = await testServer(t);
  const names = ['B\u034Fob', 'C\u034Fid', 'D\u034Fan'];
  await server.send('identity.registered', { name: names[0] });
  t.equal((await server.post('/v1/turns', { name: names[1] })).statusCode < 300, true);
  t.equal((await server.post('/pause', { claude_name: names[2], duration_minutes: 5 })).statusCode, 200);
  t.strictSame(
    await identities(server),
    names.map((name) => ({ name, status: 'quarantined' })),
  );
  await server.send('identity.changed', { name: names[0], status: 'confirmed' });
  const confirmed = (await identities(server)).filter(({ status }) => status === 'confirmed');
  t.strictSame(confirmed, [{ name: names[0], status: 'confirmed' }], 'until a person confirms it');
});

t.test('a report without a name is recorded as Unknown, which has no share', async (t) => {
  const server = await testServer(t);
  for (const name of ['', '  ', null, 7, { name: 'Ada' }, ['Ada'], undefined]) {
    const answer = await report(server, name);
    t.equal(answer.statusCode, 200, JSON.stringify(name));
    t.equal(answer.json().claude_name, 'Unknown');
    t.match(answer.json().warnings, [/^claude_name /]);
  }
  t.strictSame(await identities(server), [{ name: 'Unknown', status: 'quarantined' }]);
  const [used] = await server.ledger.query<{ cost: number }>(
    'SELECT total_cost_micro_usd AS cost FROM daily_resource_share',
  );
  t.equal(used?.cost, 7_000_000);
  const { events } = (await server.get('/v1/events?type=usage.recorded')).json();
  t.strictSame(
    events.map(({ payload }: { payload: { raw?: string } }) => payload.raw),
    [
      undefined,
      undefined,
      undefined,
      '{"claude_name":7}',
      '{"claude_name":{"name":"Ada"}}',
      '{"claude_name":["Ada"]}',
      undefined,
    ],
    'what was sent instead of a name is kept',
  );
});

t.test('a name that is too long is cut where the original took it, and kept whole in the event', async (t) => {
  const server = await testServer(t);
  const long = `${'🙂'.repeat(limits.nameCharactersMax - 1)}é${'x'.repeat(200)}`;
  const cut = `${'🙂'.repeat(limits.nameCharactersMax - 1)}é`;
  for (const name of [long, long]) {
    const answer = await report(server, name);
    t.equal(answer.statusCode, 200);
    t.equal(answer.json().claude_name, cut);
    t.match(answer.json().warnings, [/^claude_name has more than 128 characters/]);
  }
  const { events } = (await server.get('/v1/events?type=usage.recorded')).json();
  t.strictSame(JSON.parse(events[0].payload.raw), { claude_name: long });
  t.equal((await server.post('/pause', { claude_name: long, duration_minutes: 5 })).json().claude_name, cut);
  const refused = await server.post('/v1/events', {
    type: 'usage.recorded',
    payload: { name: long, mode: 'autonomy' },
  });
  t.equal(refused.statusCode, 422, 'where a client learns of it, it is refused');
});

/** Two spellings of one name each. */
const spellings: readonly (readonly [string, string])[] = [
  ['straße', 'STRASSE'],
  ['Ada STRAẞE', 'ada strasse'],
  ['σας', 'ΣΑΣ'],
  ['ΟΔΟΣ 1', 'οδός 1'.normalize('NFD').replace('\u0301', '')],
  ['İzmir', 'i̇zmir'],
  ['ﬁn', 'FIN'],
  ['Ǆ', 'ǆ'],
];

t.test('spellings that differ in case only are one agent, in any language', async (t) => {
  const server = await testServer(t);
  for (const [first, second] of spellings) {
    await report(server, first);
    t.equal((await report(server, ` ${second} `)).json().claude_name, first, `${second} is ${first}`);
  }
  for (const [first, second] of [
    ['ılgaz', 'ilgaz'],
    ['Işık', 'ışık'],
  ] as const) {
    await report(server, first);
    t.equal((await report(server, second)).json().claude_name, second, `${second} is not ${first}, in no locale`);
  }
  const other = await server.post('/v1/events', { type: 'identity.registered', payload: { name: 'Straße' } });
  t.equal(other.json().code, 'identity_exists');
  await server.send('identity.aliased', { name: 'FIN', alias: 'maß' });
  t.equal((await report(server, 'MASS')).json().claude_name, 'ﬁn', 'an alias, too');
});

t.test('a name is looked up as it is written: trimmed, composed, in any case', async (t) => {
  const server = await testServer(t);
  await report(server, 'Café straße');
  await server.post('/pause', { claude_name: 'Café straße', duration_minutes: 5 });
  for (const spelling of [' Café straße ', 'Cafe\u0301 straße', 'CAFÉ STRASSE\t']) {
    const name = encodeURIComponent(spelling);
    for (const path of [
      `/resource/today/${name}`,
      `/pause-status?claude_name=${name}`,
      `/v1/advice/${name}`,
      `/v1/usage?identity=${name}`,
      `/v1/daily?identity=${name}`,
      `/v1/usage?identity=${name}&as_of_seq=3`,
      `/v1/identities?identity=${name}`,
      `/v1/allocations?identity=${name}`,
      `/v1/events?identity=${name}`,
    ]) {
      const answer = await server.get(path);
      t.equal(answer.statusCode, 200, path);
      t.match(answer.body, 'Café straße', path);
    }
    const asked = await server.post('/v1/turns', { name: spelling });
    t.equal(asked.json().name ?? asked.json().identity ?? 'Café straße', 'Café straße');
    t.match((await server.get(`/v1/turns?identity=${name}`)).json(), { turns: [{ name: 'Café straße' }] });
  }
  t.equal((await identities(server)).length, 1);
});

t.test('the verbs of the command line find it, too', async (t) => {
  const data = temporaryFolder(t);
  const on = (...args: string[]) => run([...args, '--data', data]);
  t.equal((await on('usage', 'record', 'Grace △ straße', '--cost', '1')).code, 0);
  for (const args of [
    ['usage', 'list', '--identity', ' GRACE △ STRASSE '],
    ['usage', 'daily', '--identity', ' GRACE △ STRASSE '],
    ['audit', 'events', '--identity', ' GRACE △ STRASSE '],
    ['identities', 'history', ' GRACE △ STRASSE '],
    ['fair', 'status', '--identity', ' GRACE △ STRASSE '],
  ]) {
    const { code, stdout, stderr } = await on(...args);
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    t.match(stdout, 'Grace △ straße', args.join(' '));
  }
});

/** As code points: the signs themselves would end lines of the report. */
function pointsOf(name: string): string {
  return [...name].map((sign) => `U+${sign.codePointAt(0)?.toString(16)}`).join(' ');
}
