// The client advanced its baseline before posting, so any timeout lost that cost for ever. Here a report is on disk until
// it is acknowledged, and absolute counters make a resend harmless.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { listeningServer } from '../api/support.js';
import { noon } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { pool } from '../support/ledger.js';

/** Something between client and daemon; its address. */
async function between(t: Scope, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The daemon's clock stands at this time. */
const at = new Date(noon);

const settings = (url: string, spool: string) => ({ url, spool, backoff: { baseMs: 1, maxMs: 1 }, timeoutMs: 5_000 });

t.test('an answer that got lost costs nothing, and counts nothing twice', async (t) => {
  const { url, test } = await listeningServer(t);
  let lost = 0;
  const lossy = await between(t, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const answer = await fetch(url + request.url, {
      method: 'POST',
      body: Buffer.concat(parts),
      headers: { 'content-type': 'application/json' },
    });
    const text = await answer.text();
    if (lost < 2) {
      lost += 1;
      request.socket.destroy();
    } else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  const reporter = new UsageReporter(settings(lossy, join(temporaryFolder(t), 'spool')));
  const outcome = await reporter.report({ name: 'Ada', mode: 'autonomy', cost_micro_usd: 250_000 }, at);
  t.equal(lost, 2);
  t.equal(outcome.status, 'repeated');
  t.equal((await test.ledger.readTable(pool, 'usage', { limit: 10 })).rows.length, 1);
});

t.test('what was reported while nobody listened arrives later, in full', async (t) => {
  const { url, test } = await listeningServer(t);
  const spool = join(temporaryFolder(t), 'spool');
  const away = new UsageReporter({ ...settings('http://127.0.0.1:1', spool), timeoutMs: 1 });
  const session = (total: number) => ({ name: 'Ada', mode: 'autonomy', session: 's', total_cost_usd: total }) as const;
  t.equal((await away.report(session(1), at)).status, 'spooled');
  t.equal((await away.report(session(2.5), at)).status, 'spooled');
  const back = new UsageReporter(settings(url, spool));
  t.match(await back.flush(), { accepted: 2, rejected: 0, waiting: 0 });
  t.equal((await back.report(session(2.5), at)).status, 'recorded', 'the same counter once more');
  const rows = (await test.ledger.readTable(pool, 'usage', { limit: 10, descending: false })).rows;
  t.strictSame(rows.map(({ cost_micro_usd: cost }) => cost).sort(), [0, 1_000_000, 1_500_000]);
});
