/** Goal: the page of the policy says what is in force, shows what the last week would have been before anything is changed, and changes it. */
import t from 'tap';
import { command, register, usage } from '../support/command.js';
import { type TestServer, testServer } from './support.js';

const hourMs = 3_600_000;
const own = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };
const send = (server: TestServer, url: string, fields: Record<string, string>) =>
  server.app.inject({ method: 'POST', url, headers: own, payload: String(new URLSearchParams(fields)) });

/** Two who use alike for two days, of a window that is read. */
async function twoDays(t: Parameters<typeof testServer>[0]): Promise<TestServer> {
  const server = await testServer(t);
  await server.record(register('Ada'), register('Bob'));
  const resets = server.clock.now() + 100 * hourMs;
  for (let hour = 0; hour < 48; hour += 1) {
    for (const name of ['Ada', 'Bob']) await server.record(usage(name, { cost_micro_usd: 200_000 }));
    await server.record(
      command('quota.read', { windows: [{ key: 'week_all', percent_bp: 100 + hour * 60, resets_at: resets }] }),
    );
    server.clock.advance(hourMs);
  }
  return server;
}

/** The cells of the row of an agent. */
const rowOf = (page: string, name: string): string[] => {
  const row =
    new RegExp(`<tr><th scope="row" class="name"><a href="/agents/${name}">.*?</tr>`, 's').exec(page)?.[0] ?? '';
  return [...row.matchAll(/<td[^>]*>(?:<b>)?([^<]*)/g)].map(([, text]) => text as string);
};

t.test('a weight: what the last week would have been, and only then the change', async (t) => {
  const server = await twoDays(t);
  const preview = await send(server, '/agents/Ada/weight/preview', { weight: '3' });
  t.equal(preview.statusCode, 200, preview.body);
  t.match(preview.body, 'The weight of Ada: 1 → 3');
  const [ada, bob] = ['Ada', 'Bob'].map((name) => rowOf(preview.body, name)) as [string[], string[]];
  const dollars = (text: string | undefined) => Number(text?.replace('$', ''));
  t.equal(dollars(ada[4]), 9.6, 'what it used stays');
  t.same(ada[0], bob[0], 'told alike');
  t.not(ada[1], bob[1], `would have been told otherwise: ${ada[1]}, ${bob[1]}`);
  t.equal((await server.get('/v1/events?type=identity.changed')).json().events.length, 0, 'nothing is changed yet');
  const { apply } = /action="(?<apply>\/agents\/Ada\/weight)"/.exec(preview.body)?.groups ?? {};
  const done = await send(server, String(apply), { weight: '3' });
  t.match((await server.get(String(done.headers.location))).body, 'has the weight 3 now');
});

t.test('a policy: the same, and the event that set it', async (t) => {
  const server = await twoDays(t);
  t.match((await server.get('/policy')).body, 'The defaults are in force');
  const preview = await send(server, '/policy/preview', { interval_s_min: '600', horizon_h: '48', mode: 'advise' });
  t.match(preview.body, 'interval_s_min: 300 → 600');
  t.notMatch(preview.body, 'horizon_h', 'what stays is not asked for');
  t.match(preview.body, /<input type="hidden" name="interval_s_min" value="600">/);
  const done = await send(server, '/policy/set', { interval_s_min: '600' });
  const page = (await server.get(String(done.headers.location))).body;
  t.match(page, /Policy version 1 is in force.*set by <bdi>local<\/bdi>.*every 10 min/s);
  for (const [fields, text] of [
    [{}, 'nothing differs'],
    [{ interval_s_min: '600' }, 'nothing differs'],
    [{ interval_s_min: '1800' }, 'interval_s_min'],
    [{ interval_s_min: 'often' }, 'interval_s_min'],
    [{ interval_s_min: '' }, 'interval_s_min'],
    [{ mode: 'dictate' }, 'mode'],
  ] as const) {
    const answer = await send(server, '/policy/preview', fields as Record<string, string>);
    t.equal(answer.statusCode, 422, JSON.stringify(fields));
    t.match(answer.json().detail, text);
  }
});
