// Goal: a report that was acknowledged is at hand until a signed checkpoint covers it; one that none covers is an alarm.
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { run } from '../cli/run.js';
import { minutes, noon } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { signedLedger } from '../support/signed-ledger.js';

const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } as const;
const usedAt = new Date(noon);

async function world(t: Scope) {
  const ledger = await signedLedger(t);
  await ledger.use(1);
  const url = await ledger.listen();
  const spool = join(temporaryFolder(t), 'spool');
  const knownLedgers = join(spool, 'known-ledgers.json');
  const settings = { url, spool, knownLedgers, timeoutMs: 20_000, checkMsEvery: 0 };
  const report = (more: object = {}) => new UsageReporter({ ...settings, ...more }).report(use, usedAt);
  const pending = () => (existsSync(join(spool, 'pending')) ? readdirSync(join(spool, 'pending')) : []);
  const known = () => JSON.parse(readFileSync(knownLedgers, 'utf8'));
  return { ledger, url, spool, knownLedgers, report, pending, known };
}

/** Stands before a ledger, and is asked to lie: it acknowledges reports, and records nothing. */
async function liarBefore(t: Scope, url: string) {
  const lying = { isLying: false };
  const server = createServer(async (request, response) => {
    const { method, headers } = request;
    const body = method === 'POST' ? { body: await text(request) } : {};
    if (method === 'POST' && lying.isLying) {
      const receipt = { status: 'recorded', seq: 90, id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', hash: 'a'.repeat(64) };
      return void response.end(JSON.stringify([receipt]));
    }
    const type = { 'content-type': headers['content-type'] ?? 'text/plain' };
    const answer = await fetch(`${url}${request.url}`, { method: method as string, headers: type, ...body });
    response.writeHead(answer.status).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  return Object.assign(lying, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

t.test('a report is at hand until a checkpoint covers it', async (t) => {
  const { ledger, report, pending, known, url } = await world(t);
  const first = await report();
  t.strictSame(pending(), [`${first.key}.json`]);
  t.match(known()[url].receipts, [{ key: first.key, seq: Number }]);
  await ledger.checkpoints.sign();
  const second = await report();
  t.strictSame(pending(), [`${second.key}.json`], 'the first one is proved');
  t.match(known()[url].receipts, [{ key: second.key }]);
  ledger.test.clock.advance(minutes(20));
  await ledger.use(1);
  await ledger.checkpoints.sign();
  t.match(await report(), { status: 'recorded' }, 'covered late is covered');
});

t.test('one that is never covered', async (t) => {
  const { ledger, report, pending, known, url, spool, knownLedgers } = await world(t);
  const front = await liarBefore(t, url);
  const say = () => report({ url: front.url });
  await ledger.checkpoints.sign();
  front.isLying = true;
  const lost = await say();
  t.match(lost, { status: 'recorded', seq: 90 });
  front.isLying = false;
  t.match(await say(), { status: 'recorded' }, 'the checkpoint may be older than the report');
  const signLater = async (count: number) => {
    ledger.test.clock.advance(minutes(count));
    await ledger.use(1);
    await ledger.checkpoints.sign();
  };
  await signLater(8);
  t.match(await say(), { status: 'recorded' }, 'another node may show one that is a little older');
  await signLater(2);
  const alarm = await say();
  t.match(alarm, { status: 'spooled', cause: { isOtherLedger: true, transient: false } });
  t.match((alarm as { cause?: Error }).cause?.message, new RegExp(`event 90, .*pending/${lost.key}.json`));
  t.ok(pending().includes(`${lost.key}.json`), 'the report is at hand');
  const env = { RESOURCE_SHARE_SPOOL: spool };
  const flushed = await run(['report', '--flush', '--url', front.url], { env });
  t.match(flushed, { code: 1, stderr: /event 90, which it acknowledged, is in none of the checkpoints/ });
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['pools', 'add', 'default', '--data', data], { env }), { code: 0 });
  t.match(await run(['fair', 'status', '--data', data], { env }), {
    code: 0,
    stderr: /1 acknowledged reports are in no checkpoint/,
  });

  renameSync(join(spool, 'pending', `${lost.key}.json`), join(spool, `${lost.key}.json`));
  const all = known();
  all[front.url].receipts[0].missed_at -= 86_400_001;
  writeFileSync(knownLedgers, JSON.stringify(all));
  t.match(await say(), { status: 'recorded' }, 'after a day it goes on');
  const events = await ledger.test.stored();
  t.ok(
    events.some(({ key }) => key === lost.key),
    'and what was put back into the spool is sent again',
  );
});
