// Goal: a report at which the daemon fails does not keep the others of its spool waiting: after three times it lies in a file
// of its own, with the reason, and the others are delivered. A daemon that takes nothing at all takes nothing out of the spool.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { defaultSpoolLimits, Spool } from '../../src/client/spool.js';
import { listeningServer } from '../api/support.js';
import { variant } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';

const use = (cost: number, project?: string) =>
  ({ name: 'Ada', mode: 'autonomy', cost_micro_usd: cost, project }) as const;
const patient = { timeoutMs: 30_000, requestTimeoutMs: 5_000, backoff: { baseMs: 1, maxMs: 2 } };
const impatient = { timeoutMs: 1, requestTimeoutMs: 200, backoff: { baseMs: 1, maxMs: 2 } };

/** A spool in which reports wait. */
async function spoolWith(t: Test, uses: readonly ReturnType<typeof use>[]): Promise<Spool> {
  const spool = new Spool(join(temporaryFolder(t), 'spool'), defaultSpoolLimits);
  for (const usage of uses)
    await spool.add({ occurred_at: '2026-01-05T12:00:00.000Z', source: 'test', usage: { ...usage, instance: {} } });
  return spool;
}

t.test('one report fails, the others are delivered', async (t) => {
  const server = await listeningServer(t);
  const refusal =
    variant.name === 'sqlite'
      ? `CREATE TRIGGER poison BEFORE INSERT ON resource_share_increments WHEN NEW.project = 'poison'
         BEGIN SELECT RAISE(ABORT, 'it is poison'); END`
      : `ALTER TABLE resource_share_increments ADD CONSTRAINT poison CHECK (project <> 'poison')`;
  await variant.meddle(server.test.place, refusal);
  const spool = await spoolWith(t, [use(1), use(2, 'poison'), use(3), use(4)]);
  const [, poison] = await spool.keys();
  const reporter = new UsageReporter({ url: server.url, spool: spool.folder, ...patient });
  t.match(await reporter.flush(), { accepted: 3, rejected: 1, waiting: 0, cause: null });
  t.match(await spool.rejection(poison as string), { code: 'item_failed', detail: /failed at it 3 times/ });
  t.match(await reporter.report(use(5), new Date('2026-01-05T12:00:00.000Z')), { status: 'recorded' });
});

/** A daemon that answers a request with `500` where a body has `poison` in it, or always. */
async function failingDaemon(t: Test, always: boolean): Promise<string> {
  let seq = 0;
  const outcome = () => {
    seq += 1;
    return { status: 'recorded', seq, id: '01KCY9ZB4Q0000000000000000', hash: 'a'.repeat(64) };
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const fails = always || body.includes('poison');
      response.writeHead(fails ? 500 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(fails ? { title: 'A fault of this server' } : JSON.parse(body).map(outcome)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('where a whole request fails, the report at fault is found by halves', async (t) => {
  const url = await failingDaemon(t, false);
  const spool = await spoolWith(
    t,
    Array.from({ length: 40 }, (_, i) => use(i + 1, i === 13 ? 'poison' : undefined)),
  );
  const reporter = new UsageReporter({ url, spool: spool.folder, ...patient });
  t.match(await reporter.flush(), { accepted: 39, rejected: 1, waiting: 0, cause: null });
});

t.test('a daemon that fails at everything gets nothing out of the spool', async (t) => {
  const url = await failingDaemon(t, true);
  const spool = await spoolWith(t, [use(1), use(2), use(3)]);
  const reporter = new UsageReporter({ url, spool: spool.folder, ...patient });
  t.match(await reporter.flush(), { accepted: 0, rejected: 0, waiting: 3, cause: { message: /answered 500/ } });
  const hurried = new UsageReporter({ url, spool: spool.folder, ...impatient });
  t.match(await hurried.flush(), { accepted: 0, rejected: 0, waiting: 3 });
});
