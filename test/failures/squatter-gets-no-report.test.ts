// Goal: a program that took the daemon's port gets no report deleted; when the daemon is back, each arrives once.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { startServer } from '../../src/api/listen.js';
import { UsageReporter } from '../../src/client/index.js';
import { defaultPool } from '../../src/events/scalars.js';
import { ManualClock } from '../support/clock.js';
import { temporaryFolder } from '../support/folder.js';
import { temporaryLedger } from '../support/ledger.js';

const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 } as const;
const receipt = { status: 'recorded', seq: 3, id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', hash: 'a'.repeat(64) };
const each = (outcome: object) => (count: number) => JSON.stringify(Array(count).fill(outcome));

const answers: readonly (readonly [status: number, body: (count: number) => string])[] = [
  [200, () => '{}'],
  [200, () => '[]'],
  [200, () => 'null'],
  [200, () => '{"status":"success"}'],
  [200, () => '<!doctype html><title>Welcome</title>'],
  [200, each({})],
  [200, each({ status: 'success' })],
  [200, each({ status: 'recorded' })],
  [200, each({ status: 'repeated' })],
  [200, each({ ...receipt, seq: 0 })],
  [200, each({ ...receipt, seq: '3' })],
  [200, each({ ...receipt, id: 'x' })],
  [200, each({ ...receipt, hash: 'A'.repeat(64) })],
  [200, each({ ...receipt, hash: 'a'.repeat(63) })],
  [200, each({ status: 'rejected' })],
  [302, () => ''],
  [404, () => 'not found'],
];

t.test('a squatter', async (t) => {
  const spool = join(temporaryFolder(t), 'spool');
  let answer = answers[0] as (typeof answers)[number];
  const squatter = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const [status, text] = answer;
    response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end(text((JSON.parse(body) as object[]).length));
  }).listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const reporter = new UsageReporter({ url, spool, timeoutMs: 2_000, backoff: { baseMs: 1, maxMs: 5 } });
  const keys: string[] = [];
  for (const [i, each] of answers.entries()) {
    answer = each;
    const outcome = await reporter.report(use);
    const said = `${each[0]} ${each[1](1)}`;
    t.match(outcome, { status: 'spooled', waiting: i + 1 }, said);
    t.match((outcome as { cause?: Error }).cause?.message, /something other than the daemon/, said);
    keys.push(outcome.key);
  }
  squatter.closeAllConnections();
  squatter.close();
  await once(squatter, 'close');

  const { ledger } = await temporaryLedger(t, { clock: new ManualClock(Date.now()) });
  await ledger.addPool(defaultPool).catch(() => undefined);
  const server = await startServer(ledger, { host: '127.0.0.1', port, log: { level: 'silent' } });
  t.teardown(() => server.stop());
  t.match(await reporter.flush(), { accepted: keys.length, rejected: 0, waiting: 0 });
  const events = await ledger.readEvents(defaultPool, { types: ['usage.recorded'], limit: 100 });
  t.same(
    events.map(({ key }) => key),
    keys,
  );
  t.same(readdirSync(spool), []);
});
