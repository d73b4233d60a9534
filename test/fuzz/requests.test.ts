/**
 * Goal: no request, however broken, is answered with a server error, ends the daemon, or harms the log. Requests are made
 * from the description of the API itself, so a new route is fuzzed as soon as it is described.
 */
import t, { type Test } from 'tap';
import { buildServer } from '../../src/api/server.js';
import { chainFault, genesisHash } from '../../src/events/chain.js';
import type { Command } from '../../src/events/command.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { Work } from '../../src/jobs/work.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { bearer, makeKey } from '../support/keys.js';
import { temporaryLedger } from '../support/ledger.js';
import { randomSource } from '../support/random.js';

const requests = Number(process.env.FUZZ_REQUESTS ?? 20_000);
const seed = Number(process.env.SEED ?? 4_711);
const pool = 'default' as PoolId;

type Random = () => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

/** Values that have broken servers before. */
const nasty: readonly unknown[] = [
  null,
  true,
  '',
  'Ada',
  "Robert'); DROP TABLE events;--",
  '<script>alert(1)</script>',
  '\u0000\u0007',
  '\ud800',
  'é'.repeat(5_000),
  '../../etc/passwd',
  '%00',
  -1,
  0,
  1.5,
  1e308,
  -1e308,
  Number.MAX_SAFE_INTEGER + 2,
  [],
  [[[[]]]],
  {},
  { __proto__: { polluted: true } },
  { constructor: { prototype: { polluted: true } } },
  '2026-13-45T99:99:99Z',
  '9999-12-31T23:59:59Z',
  4_102_444_800_000,
];

const bodies: Readonly<Record<string, Record<string, unknown>>> = {
  '/resource-share/increment': { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.01, current_interval: 900 },
  '/pause': { claude_name: 'Ada', duration_minutes: 5 },
  '/unpause': { claude_name: 'Ada' },
  '/autonomous-time/choice': { claude_name: 'Ada', choice: 'wait', duration_minutes: 5 },
  '/v1/pools': { pool: 'default', time_zone: 'UTC' },
  '/v1/events': { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5, session: 's' } },
};

const contentTypes = [
  'application/json',
  'application/x-ndjson',
  'text/plain',
  'application/json; charset=utf-8',
  'x',
  '',
];

interface Fuzzed {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload?: string | Buffer;
}

t.test('fuzzed requests over every route', { timeout: 400_000 }, async (t) => {
  const { ledger } = await temporaryLedger(t);
  const server = buildServer(ledger, { log: { level: 'silent' } });
  t.teardown(() => server.close());
  const described = (await server.inject({ method: 'GET', url: '/openapi.json' })).json();
  // A replay starts a thread, and a live feed never ends: both have tests of their own.
  const paths = Object.keys(described.paths).filter((path) => path !== '/v1/replay' && path !== '/v1/stream');
  t.ok(paths.length > 20, `${paths.length} routes`);
  await ledger.submitOne(pool, {
    type: 'identity.registered',
    payload: { name: 'Ada' as never },
    actor: 'local',
    source: 'test/1',
  });
  const before = await ledger.readStored(pool, { limit: 100 });

  const random = randomSource(seed);
  const statuses = new Map<number, number>();
  for (let i = 0; i < requests; i += 1) {
    const request = fuzz(random, paths);
    const response = await server.inject(request as never);
    statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
    if (response.statusCode >= 500 && response.statusCode !== 503) {
      t.fail(`request ${i} of seed ${seed} got ${response.statusCode}`, { request, body: response.body.slice(0, 500) });
      break;
    }
  }
  t.comment(
    `statuses: ${[...statuses]
      .sort()
      .map(([status, count]) => `${status}: ${count}`)
      .join(', ')}`,
  );
  t.ok((statuses.get(200) ?? 0) + (statuses.get(201) ?? 0) > requests / 50, 'some requests got through');
  t.ok((statuses.get(422) ?? 0) > requests / 100, 'many were refused');
  t.equal(({} as { polluted?: boolean }).polluted, undefined, 'no prototype was polluted');

  await checkLog(t, ledger, before);
});

/** What was in the log is there unchanged, and all that came after is of the same chain. */
async function checkLog(t: Test, ledger: Ledger, before: readonly StoredEvent[]): Promise<void> {
  const head = await ledger.head(pool);
  const events = await ledger.readStored(pool, { limit: head.seq });
  t.same(events.slice(0, before.length), before, 'what was in the log is unchanged');
  const fault = events.find((event, i) =>
    chainFault(events[i - 1] ?? { seq: 0, hash: genesisHash, recorded_at: 0 }, event),
  );
  t.equal(fault, undefined, 'the chain is valid');
}

t.test('forms of every page that takes one', { timeout: 400_000 }, async (t) => {
  const { ledger } = await temporaryLedger(t);
  const server = buildServer(ledger, {
    log: { level: 'silent' },
    work: new Work(ledger, { outside: { 'x.any': {} } }),
  });
  t.teardown(() => server.close());
  const forms = formsOf((await server.inject({ method: 'GET', url: '/openapi.json' })).json());
  t.ok(forms.length > 20, `${forms.length} forms`);
  const raised = { rule: 'disk-low', subject: 'disk', text: 'little room', dedupe_key: 'disk-low:disk' };
  for (const [type, payload] of [
    ['identity.registered', { name: 'Ada' }],
    ['identity.registered', { name: 'Bo' }],
    ['alert.raised', raised],
  ] as const)
    await ledger.submitOne(pool, { type, payload, actor: 'local', source: 'test/1' } as Command);
  // Forms make keys, too, and from the first one on nobody is let in without.
  const admin = await makeKey(server, { scope: 'admin' });
  const key = bearer(admin);
  const { id: spare } = await makeKey(server, { scope: 'read' }, admin);
  const { alerts } = (await server.inject({ method: 'GET', url: '/v1/alerts', headers: key })).json();
  const known = ['Ada', 'Bo', 'x.any', spare, alerts[0].id];
  const before = await ledger.readStored(pool, { limit: 100 });

  const random = randomSource(seed);
  const statuses = new Map<number, number>();
  const paths = new Set<string>();
  for (let i = 0; i < requests / 10; i += 1) {
    const form = pick(random, forms);
    const request = fuzzedForm(random, form, known, key);
    const { seq } = await ledger.head(pool);
    const response = await server.inject(request as never);
    const { statusCode: status } = response;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status < 400) paths.add(form.path);
    const isFault = status >= 500 && status !== 503;
    const isLeft = status >= 400 && (await ledger.head(pool)).seq !== seq;
    const isLetIn = status < 400 && !mayCome(form, request);
    if (!isFault && !isLeft && !isLetIn) continue;
    const what = [...(isLeft ? ['left something in the log'] : []), ...(isLetIn ? ['may not come in'] : [])];
    t.fail(`form ${i} of seed ${seed} got ${[status, ...what].join(', ')}`, {
      request,
      body: response.body.slice(0, 500),
    });
    break;
  }
  t.comment(`statuses: ${JSON.stringify(Object.fromEntries(statuses))}`);
  t.comment(`taken: ${[...paths].sort().join(' ')}`);
  t.ok((statuses.get(303) ?? 0) > 0 && (statuses.get(200) ?? 0) > 0, 'some got through');
  for (const status of [401, 403, 422]) t.ok((statuses.get(status) ?? 0) > 0, `some were refused with ${status}`);
  t.equal(({} as { polluted?: boolean }).polluted, undefined, 'no prototype was polluted');
  await checkLog(t, ledger, before);
});

interface Form {
  readonly path: string;
  /** What a key must be for; undefined where none is needed. */
  readonly scope: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

const formType = 'application/x-www-form-urlencoded';

/** As the description of the API has them, so that a new form is sent as soon as it is described. */
function formsOf({ paths }: { readonly paths: Readonly<Record<string, Described>> }): readonly Form[] {
  return Object.entries(paths).flatMap(([path, { post }]) => {
    const form = post?.requestBody?.content?.[formType];
    return form === undefined ? [] : [{ path, scope: post?.security?.[0]?.key?.[0], fields: form.example ?? {} }];
  });
}

interface Described {
  readonly post?: {
    readonly security?: readonly { readonly key?: readonly string[] }[];
    readonly requestBody?: {
      readonly content?: Readonly<Record<string, { readonly example?: Form['fields'] }>>;
    };
  };
}

/** Mostly as a browser sends it from a page of this server, with a key; the form itself is seldom whole. */
function fuzzedForm(
  random: Random,
  { path, fields }: Form,
  known: readonly string[],
  key: Record<string, string>,
): Fuzzed {
  const url = path.replace(/\{[^}]+\}/g, () => encodeAny(random, pick(random, random() < 0.7 ? known : nasty)));
  const headers: Record<string, string> = { 'content-type': random() < 0.95 ? formType : pick(random, contentTypes) };
  if (random() < 0.95) Object.assign(headers, key);
  if (random() < 0.95) headers['sec-fetch-site'] = random() < 0.95 ? 'same-origin' : 'cross-site';
  return {
    method: 'POST',
    url: url + (random() < 0.2 ? query(random) : ''),
    headers,
    payload: formBody(random, fields),
  };
}

/** A page from elsewhere may send nothing, and this machine may only ask without a key. Signing out without a session does nothing. */
const mayCome = ({ path, scope }: Form, { headers }: Fuzzed): boolean =>
  path === '/logout' ||
  (headers['sec-fetch-site'] === 'same-origin' && (scope !== 'admin' || headers.authorization !== undefined));

function formBody(random: Random, fields: Form['fields']): string | Buffer {
  const sent = random() < 0.3 ? fields : mutate(random, fields);
  const pairs = Object.entries(sent).map(([name, value]) => `${encodeAny(random, name)}=${encodeAny(random, value)}`);
  const text = [...pairs, ...(random() < 0.1 ? ['__proto__=1', ...pairs, '=', '&&'] : [])].join('&');
  const roll = random();
  if (roll < 0.85 || text === '') return text;
  if (roll < 0.92) return text.slice(0, Math.floor(random() * text.length));
  const bytes = Buffer.from(text);
  bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
}

t.test('a report on the original wire is never lost, whatever else is in it', { timeout: 400_000 }, async (t) => {
  const { ledger } = await temporaryLedger(t);
  const server = buildServer(ledger, { log: { level: 'silent' } });
  t.teardown(() => server.close());
  const random = randomSource(seed);
  const statuses = new Map<number, number>();
  const reports = Math.ceil(requests / 10);
  for (let i = 0; i < reports; i += 1) {
    const sent = wireReport(random);
    const headers: Record<string, string> = random() < 0.8 ? { 'content-type': 'application/json' } : {};
    const text = (random() < 0.1 ? '\uFEFF' : '') + JSON.stringify(sent);
    const before = (await ledger.head(pool)).seq;
    const payload = Buffer.from(text);
    const response = await server.inject({ method: 'POST', url: '/resource-share/increment', headers, payload });
    statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
    const expected = isUsable(sent.claude_name) ? 200 : 422;
    const grown = (await ledger.head(pool)).seq > before;
    if (response.statusCode === expected && grown === (expected === 200)) continue;
    t.fail(`report ${i} of seed ${seed} got ${response.statusCode}`, {
      text,
      grown,
      body: response.body.slice(0, 500),
    });
    break;
  }
  const [counted] = await ledger.query<{ reports: number }>('SELECT SUM(reports) AS reports FROM daily_resource_share');
  t.equal(Number(counted?.reports), statuses.get(200), 'every one of them is counted');
  t.ok((statuses.get(200) ?? 0) > reports / 2);
  t.ok((statuses.get(422) ?? 0) > 0);
});

const wireFields = [
  'mode',
  'cost_delta',
  'cache_read_increment',
  'context_percentage',
  'current_interval',
  'hostname',
  'ip_address',
  'session',
  'total_cost_usd',
  'total_tokens',
  'model',
  'project',
  'warnings',
  '__proto__',
  'constructor',
];
const wireValues: readonly unknown[] = [...nasty, '0.5', ' 12 ', '1e999', 0.25, 1_500, 's1', 'autonomy', 1e12, -0.2];

function wireReport(random: Random): Record<string, unknown> {
  const fields = Array.from({ length: Math.floor(random() * 6) }, () => [
    pick(random, wireFields),
    pick(random, wireValues),
  ]);
  const name = random() < 0.5 ? pick(random, ['Ada', ' ada ', ...nasty]) : anyText(random);
  return Object.fromEntries([['claude_name', name], ...fields]);
}

/** A few characters of any kind: of all planes, and often of those that make trouble. */
function anyText(random: Random): string {
  const ranges = [
    [0x20, 0x2ff],
    [0x600, 0x6ff],
    [0x2000, 0x2070],
    [0xd700, 0xe100],
    [0xfe00, 0xffff],
    [0x1f000, 0x1fbff],
    [0, 0x10ffff],
  ] as const;
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const [from, to] = pick(random, ranges);
    return String.fromCodePoint(from + Math.floor(random() * (to - from + 1)));
  }).join('');
}

/** What is no text is no name, and counts for somebody unknown; of a text, the part that is kept must be printable. */
function isUsable(name: unknown): boolean {
  if (typeof name !== 'string') return true;
  const kept = [...name.normalize('NFC').trim()].slice(0, 128).join('');
  return !/[\p{Cc}\p{Cs}\p{Cn}\u202A-\u202E\u2066-\u2069]/u.test(kept);
}

function fuzz(random: Random, paths: readonly string[]): Fuzzed {
  const path = pick(random, paths);
  const filled = path.replace(/\{[^}]+\}/g, () => encodeAny(random, pick(random, ['Ada', '1', '999999', ...nasty])));
  const headers: Record<string, string> = {};
  const method =
    random() < 0.9
      ? bodies[path] === undefined || random() < 0.1
        ? 'GET'
        : 'POST'
      : pick(random, ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'POST']);
  if (random() < 0.1) headers['idempotency-key'] = pick(random, ['k1', '"k2"', 'x'.repeat(400), 'a\u00e9']);
  if (random() < 0.05) headers.origin = pick(random, ['http://evil.example', 'null', 'http://localhost', '%%']);
  if (random() < 0.1) headers.accept = pick(random, ['text/csv', 'application/x-ndjson', 'image/png', '*/*', ';;']);
  if (random() < 0.05) headers['x-request-id'] = pick(random, ['ok-1', 'x'.repeat(999), '<b>']);
  const url = filled + (random() < 0.5 ? query(random) : '');
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return { method, url, headers };
  headers['content-type'] = random() < 0.85 ? 'application/json' : pick(random, contentTypes);
  return { method, url, headers, payload: body(random, path) };
}

function query(random: Random): string {
  const names = [
    'limit',
    'cursor',
    'as_of_seq',
    'as_of',
    'identity',
    'since',
    'until',
    'type',
    'order',
    'format',
    'pool',
    'after_seq',
    'multiplier',
    'claude_name',
    'atomic',
    'window',
    'source',
    'correlates',
  ];
  const values = ['1', '10', 'Ada', 'desc', 'csv', 'ndjson', '2026-01-01T00:00:00Z', ...nasty];
  const parts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    // A page as of some event folds the log up to it: rarely, so that the run stays short.
    const name = pick(random, names);
    if (name.startsWith('as_of') && random() < 0.9) return 'limit=5';
    return `${name}=${encodeAny(random, pick(random, values))}`;
  });
  return `?${parts.join('&')}`;
}

/** Mostly encoded as it should be, sometimes raw. */
function encodeAny(random: Random, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (random() < 0.05) return '%E0%A4%A';
  return encodeURIComponent(text.toWellFormed().slice(0, 300));
}

function body(random: Random, path: string): string | Buffer {
  const valid = bodies[path] ?? bodies['/v1/events'] ?? {};
  const roll = random();
  if (roll < 0.15) return JSON.stringify(valid);
  if (roll < 0.7) return JSON.stringify(mutate(random, valid));
  if (roll < 0.8) return JSON.stringify(Array.from({ length: Math.floor(random() * 5) }, () => mutate(random, valid)));
  if (roll < 0.85) return JSON.stringify(pick(random, nasty));
  const text = JSON.stringify(valid);
  if (roll < 0.92) return text.slice(0, Math.floor(random() * text.length));
  if (roll < 0.96) return `${text}\n${JSON.stringify(mutate(random, valid))}\n{`;
  const bytes = Buffer.from(text);
  bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
}

function mutate(random: Random, value: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...value };
  const names = [
    ...Object.keys(copy),
    'extra',
    'key',
    'occurred_at',
    'total_cost_usd',
    'tokens',
    'hostname',
    'source',
    'version',
  ];
  for (let i = 0; i < 1 + random() * 2; i += 1) {
    const name = pick(random, names);
    const inner = copy[name];
    if (random() < 0.15) delete copy[name];
    else if (inner !== null && typeof inner === 'object' && random() < 0.7)
      copy[name] = mutate(random, inner as Record<string, unknown>);
    else copy[name] = pick(random, nasty);
  }
  return copy;
}
