// Goal: a daemon signs what it has when it ends; started on a log that was rewritten meanwhile, it says so: `/ready` and an alert.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { spawnDaemonIn } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { pool } from '../support/ledger.js';
import { rechained, rewriteLog } from '../support/rewrite-log.js';

const askedMax = 2_000;

/** The first answer that is as it is to be; the daemon looks at its log while it serves. */
async function answered<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    const answer = await ask();
    if (isIt(answer) || asked === askedMax) return answer;
  }
}

t.test('edited, with the chain recomputed, while the daemon was away', async (t) => {
  const place = await variant.place(t);
  const keys = temporaryFolder(t);
  const env = { RESOURCE_SHARE_CHECKPOINTS_KEYS: keys };
  const first = await spawnDaemonIn(env, place);
  const body = JSON.stringify({
    type: 'usage.recorded',
    payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 },
  });
  const headers = { 'content-type': 'application/json' };
  for (let i = 0; i < 3; i += 1) await fetch(`${first.url}/v1/events`, { method: 'POST', headers, body });
  await first.stop();
  const file = readdirSync(keys).find((name) => name.endsWith('.checkpoint')) as string;
  const engine = await variant.open(place);
  const events = await engine.readEvents(pool, { limit: 100 });
  await engine.close();
  const size = Number(readFileSync(join(keys, file), 'utf8').split('\n')[1]);
  t.equal(size, events.length, 'all that was recorded was signed when it ended');
  const edited = events.map((event) => ({ ...event, payload: event.payload.replace(':5', ':9') }));
  await rewriteLog(variant, place, rechained(edited));
  const second = await spawnDaemonIn(env, place, '--log-level', 'silent');
  t.teardown(() => second.stop());
  const ready = await answered(
    async () => {
      const answer = await fetch(`${second.url}/ready`);
      return { status: answer.status, body: (await answer.json()) as { code?: string; detail?: string } };
    },
    ({ status }) => status === 503,
  );
  t.match(ready, {
    status: 503,
    body: { code: 'log_rewritten', detail: /rewritten.*the last checkpoint that was signed is/ },
  });
  const alerts = await answered(
    async () => (await (await fetch(`${second.url}/v1/events?type=alert.raised`)).json()) as object,
    (found) => JSON.stringify(found).includes('log-rewritten'),
  );
  t.match(JSON.stringify(alerts), /"rule":"log-rewritten"/);
});
