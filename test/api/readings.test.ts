/** Goal: readings are taken in the format of their source, recorded once, and what must not be kept is not. */
import t from 'tap';
import { figuresOf } from '../support/pushed.js';
import { testServer } from './support.js';

const send = (server: Awaited<ReturnType<typeof testServer>>, format: string, body: string, type = 'text/plain') =>
  server.app.inject({
    method: 'POST',
    url: `/v1/readings/${format}`,
    payload: body,
    headers: { 'content-type': type },
  });

const inHours = (now: number, hours: number): string => new Date(now + hours * 3_600_000).toISOString();

t.test('JSON, text and headers become readings', async (t) => {
  const server = await testServer(t);
  const resetsAt = inHours(server.clock.now(), 3);
  const usage = JSON.stringify({
    five_hour: { utilization: 17.5, resets_at: resetsAt },
    seven_day: { utilization: 150, resets_at: resetsAt },
  });
  const json = await send(server, 'usage-json', usage, 'application/json');
  t.match(json.json(), {
    format: 'usage-json',
    outcomes: [{ status: 'recorded', windows: [{ key: 'session_5hour' }] }],
  });
  t.equal(json.json().outcomes[0].windows.length, 1, 'what cannot be right is left out');
  const event = (await server.get(`/v1/events/${json.json().outcomes[0].id}`)).json();
  t.match(event, {
    type: 'quota.read',
    source: 'readings/1',
    payload: { windows: [{ key: 'session_5hour', percent_bp: 1_750, resets_at: Date.parse(resetsAt) }] },
  });
  const text = await send(server, 'claude-usage-text', 'Current session: 18% used · resets 11:59pm (UTC)\n');
  t.match(text.json().outcomes, [{ status: 'recorded', windows: [{ key: 'session_5hour' }] }]);
  const headers = await send(server, 'response-headers', 'anthropic-ratelimit-unified-5h-utilization: 0.19\r\n');
  t.match(headers.json().outcomes, [{ status: 'recorded' }]);
  const status = (await server.get('/v1/fairness')).json();
  t.match(status.windows, [{ window: 'session_5hour', read_percent: 19 }]);
});

t.test('what came of each format is told, since the daemon started', async (t) => {
  const server = await testServer(t);
  t.same((await server.get('/v1/sources')).json(), { sources: [] });
  const reading = JSON.stringify({ five_hour: { utilization: 17 }, seven_day: { utilization: 150 } });
  await send(server, 'usage-json', reading, 'application/json');
  await send(server, 'usage-json', '{"accessToken":"sk-ant-secret-of-a-test"}', 'application/json');
  const at = new Date(server.clock.now()).toISOString();
  const nothing = { recorded: 0, repeated: 0, corrected: 0, refused: 0 };
  t.match(await figuresOf(server, 'usage-json'), {
    ...nothing,
    ...{ last_seen_at: at, read: 1, recorded: 1, skipped: { 'body-refused': 1 } },
  });
  t.equal(await figuresOf(server, 'limit-text'), undefined);
});

t.test('a body without a reading is no fault, and says what it holds instead', async (t) => {
  const server = await testServer(t);
  for (const [format, body] of [
    ['usage-json', ''],
    ['usage-json', '{"five_hour":{"utilization":null}}'],
    ['usage-json', '\u0000\uFFFD{{{'],
    ['limit-text', 'All is well.'],
    ['claude-statusline', '{"session_id":"s","model":{"id":"opus"}}'],
  ] as const) {
    const response = await send(server, format, body);
    t.equal(response.statusCode, 200, `${format}: ${body}`);
    t.strictSame(response.json().outcomes, []);
    t.ok(Object.keys(response.json().skipped).length > 0 || format === 'claude-statusline', response.body);
  }
});

t.test('credentials are refused whole, and nothing of them is kept', async (t) => {
  const server = await testServer(t);
  const before = (await server.get('/v1/events')).json().events.length;
  const body = JSON.stringify({ five_hour: { utilization: 3 }, accessToken: 'sk-ant-secret-of-a-test' });
  const response = await send(server, 'usage-json', body, 'application/json');
  t.match(response.json(), { status: 422, code: 'body_refused' });
  t.notMatch(response.body, /secret-of-a-test/);
  t.equal((await server.get('/v1/events')).json().events.length, before);
});

t.test('other formats are named, and large bodies refused', async (t) => {
  const server = await testServer(t);
  const unknown = await send(server, 'claude-transcript', '{}');
  t.match(unknown.json(), {
    status: 400,
    code: 'request_invalid',
    detail: /no format of a reading; there are claude-statusline/,
  });
  t.match((await send(server, 'usage-json', ' '.repeat(262_145))).json(), { status: 413, code: 'too_large' });
});
