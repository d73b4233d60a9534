/**
 * Goal: whatever is sent with keys, whole, cut or beside the point, no server error comes of it, nobody gets further than the key
 * goes, and the secret of a key is in no answer, log line, event or file.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildServer } from '../../src/api/server.js';
import { openEngine } from '../../src/engines/open.js';
import type { PoolId } from '../../src/events/scalars.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { variant } from '../support/engines.js';
import { type ApiKey, makeKey, revokeKey } from '../support/keys.js';
import { queryOnce } from '../support/postgres-server.js';
import { randomSource } from '../support/random.js';

const requests = Number(process.env.FUZZ_REQUESTS ?? 20_000) / 2;
const seed = Number(process.env.SEED ?? 4_711);

type Random = () => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

const schemes = ['Bearer ', 'bearer ', 'BEARER\t', 'Bearer', 'Basic ', 'Digest ', '', 'Bearer Bearer ', 'Token '];
const parameters = ['key', 'api_key', 'token', 'access_token', 'pool', 'identity', 'x', 'limit'];
const bodies = [
  '{"type":"usage.recorded","payload":{"name":"Ada","mode":"autonomy","cost_micro_usd":5}}',
  '{"claude_name":"Ada","mode":"autonomy","cost_delta":0.1}',
  '{"scope":"admin"}',
  '{"scope":"ingest","identity":"Ada","expires_in_s":1}',
  '{"overlap_s":0}',
  '{"pool":"default"}',
  '{"scope":7,"pool":{}}',
  '{',
  '[]',
  '',
  'null',
];

/** A key as it is, or what is left of it after an accident: it still begins as keys do, as nothing else says what it is. */
function damaged(random: Random, { key }: ApiKey): string {
  const at = 3 + Math.floor(random() * (key.length - 3));
  switch (Math.floor(random() * 8)) {
    case 0:
      return key.slice(0, at);
    case 1:
      return key.slice(0, at) + pick(random, ['A', '_', '\u00e9', '%', ' ']) + key.slice(at + 1);
    case 2:
      return key + key;
    case 3:
      return `"${key}"`;
    default:
      return key;
  }
}

function fuzzed(random: Random, paths: readonly string[], keys: readonly ApiKey[]) {
  const path = (random() < 0.2 ? '/v1/events' : pick(random, paths)).replace(/\{\w+\}/g, () =>
    pick(random, ['Ada', '1', 'x', pick(random, keys).id]),
  );
  const query =
    random() < 0.2 ? `?${pick(random, parameters)}=${encodeURIComponent(damaged(random, pick(random, keys)))}` : '';
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (random() < 0.8) headers.authorization = pick(random, schemes) + damaged(random, pick(random, keys));
  if (random() < 0.2) headers['x-api-key'] = damaged(random, pick(random, keys));
  if (random() < 0.1) headers['x-forwarded-for'] = pick(random, ['203.0.113.9', damaged(random, pick(random, keys))]);
  const method = pick(random, ['GET', 'POST', 'POST', 'PUT', 'HEAD']);
  const payload = method === 'GET' || method === 'HEAD' ? undefined : pick(random, bodies);
  const remoteAddress = pick(random, ['127.0.0.1', '203.0.113.9', '::1', 'fe80::1']);
  return { method, url: path + query, headers, remoteAddress, ...(payload === undefined ? {} : { payload }) };
}

t.test('keys in fuzzed requests', { timeout: 400_000 + requests * 20 }, async (t) => {
  const place = await variant.place(t);
  const engine = await openEngine(place, 'writer', { inline: true });
  const ledger = await Ledger.open(engine, { database: place, timeZone: 'UTC', unknownAgents: 'auto' });
  t.teardown(() => ledger.close());
  await ledger.addPool('default' as PoolId);
  let said = '';
  const app = buildServer(ledger, {
    log: { level: 'trace', destination: { write: (line: string) => (said += line) } },
  });
  t.teardown(() => app.close());
  const admin = await makeKey(app, { scope: 'admin' });
  const keys = [
    admin,
    await makeKey(app, { scope: 'ingest', identity: 'Ada' }, admin),
    await makeKey(app, { scope: 'read' }, admin),
    await makeKey(app, { scope: 'read', expires_in_s: 1 }, admin),
    await makeKey(app, { scope: 'admin' }, admin),
  ];
  await revokeKey(app, keys[4] as ApiKey, admin);
  const marks = keys.map(({ key }) => key.slice(12, 55));
  const found = (text: string): boolean => marks.some((mark) => text.includes(mark));
  const described = (await app.inject({ url: '/openapi.json' })).json();
  const paths = Object.keys(described.paths).filter((path) => path !== '/v1/replay' && path !== '/v1/stream');

  const random = randomSource(seed);
  const statuses = new Map<number, number>();
  const faults: unknown[] = [];
  for (let i = 0; i < requests && faults.length === 0; i++) {
    const request = fuzzed(random, paths, keys);
    const answer = await app.inject(request as never);
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
    if (answer.statusCode >= 500 && answer.statusCode !== 503) faults.push({ i, request, body: answer.body });
    if (found(answer.body) || found(JSON.stringify(answer.headers))) faults.push({ i, request, shown: answer.body });
    if (found(said)) faults.push({ i, request, logged: said });
    said = '';
  }
  t.same(faults, [], `seed ${seed}`);
  t.comment(
    [...statuses]
      .sort()
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
  );
  for (const status of [200, 201, 400, 401, 403, 429]) t.ok((statuses.get(status) ?? 0) > 0, `some got ${status}`);

  const head = await ledger.head('default' as PoolId);
  t.notOk(found(JSON.stringify(await ledger.readStored('default' as PoolId, { limit: head.seq }))), 'in no event');
  if (variant.name === 'sqlite') {
    for (const name of readdirSync(place, { recursive: true }) as string[]) {
      const path = join(place, name);
      if (statSync(path).isFile()) t.notOk(found(readFileSync(path, 'latin1')), `not in ${name}`);
    }
  } else t.notOk(found(JSON.stringify(await queryOnce(place, 'SELECT * FROM resource_share_keys.keys'))));
});
