// Nothing deduplicated: a client that retried a timed-out report was counted twice. Here a retry under its key counts once
// and gets the first answer again, whichever header carries the key.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('a report that is retried counts once', async (t) => {
  const server = await testServer(t);
  const body = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.25 };
  for (const header of ['idempotency-key', 'webhook-id']) {
    const send = () => server.post('/resource-share/increment', body, { [header]: `attempt under ${header}` });
    const [first, second, third] = [await send(), await send(), await send()];
    t.equal(first.statusCode, 200);
    t.strictSame([second.json(), third.json()], [first.json(), first.json()], header);
  }
  const rows = await server.ledger.query<{ cost_delta: number }>('SELECT cost_delta FROM resource_share_increments');
  t.strictSame(
    rows.map(({ cost_delta: cost }) => cost),
    [0.25, 0.25],
    'one row for each key',
  );
});

t.test('retries that arrive together count once, too', async (t) => {
  const server = await testServer(t);
  const report = {
    type: 'usage.recorded',
    key: 'k',
    payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 250_000 },
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => server.post('/v1/events', report)));
  t.equal(answers.filter(({ statusCode }) => statusCode === 201).length, 1);
  t.equal(new Set(answers.map((answer) => answer.json<{ id: string }>().id)).size, 1, 'all name the one event');
});
