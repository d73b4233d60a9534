/** Goal: the page of an agent is told all that the log holds under any of its names, and why it waits as `explain` has it. */
import t from 'tap';
import { explainAt } from '../../src/analysis/explain.js';
import { LedgerView } from '../../src/ledger/view.js';
import { limits } from '../../src/limits.js';
import { command, reading, register, usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { days, hours, minutes, noon } from '../support/fold.js';
import { pool } from '../support/ledger.js';
import { type TestServer, testServer } from './support.js';

interface Series {
  readonly kind: string;
  readonly name: string | null;
  readonly usd: readonly number[];
}
interface Detail {
  readonly name: string;
  readonly as_of_seq: number;
  readonly interval_s: number | null;
  readonly use: {
    readonly starts: readonly string[];
    readonly total: Series & { readonly total: object };
    readonly models: readonly Series[];
    readonly projects: readonly Series[];
    readonly sessions: readonly Series[];
  };
  readonly events: readonly { readonly seq: number; readonly type: string; readonly line: string }[];
  readonly turns: readonly { readonly turn: string; readonly status: string }[];
  readonly runs: readonly {
    readonly start: string;
    readonly seq: number;
    readonly told_s: number;
    readonly kept_s: number;
  }[];
  readonly runs_known_from: string | null;
  readonly explanation: object;
}

const dollar = 1_000_000;
const text = (at: number) => new Date(at).toISOString();

async function detail(server: TestServer, name: string, query = ''): Promise<Detail> {
  const response = await server.get(`/v1/identities/${encodeURIComponent(name)}/detail?${query}`);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json();
}

const usdOf = (series: readonly Series[]) =>
  Object.fromEntries(series.map(({ name, kind, usd }) => [name ?? kind, usd]));
const range = 'from=2026-01-05&until=2026-01-07';

t.test('nobody, and what is asked in vain', async (t) => {
  const server = await testServer(t);
  const refusal = async (path: string) => {
    const response = await server.get(`/v1/identities/${path}`);
    return [response.statusCode, response.json().code, response.json().errors?.[0]?.field];
  };
  t.strictSame(await refusal('Ada/detail'), [404, 'identity_unknown', undefined]);
  await server.record(register('Ada'));
  t.strictSame(await refusal('Ada/detail?step=hour&from=2020-01-01'), [400, 'request_invalid', 'step']);
  t.strictSame(await refusal('Ada/detail?events=101'), [400, 'request_invalid', 'events']);
  t.strictSame(await refusal('Ada/detail?as_of_seq=1'), [400, 'request_invalid', 'as_of_seq']);
});

t.test('one who has done nothing yet, whose name has whatever a name may have', async (t) => {
  const server = await testServer(t);
  for (const name of ['Ada', '月 / 50 %?#', 'e\u0301lan', '🦊 fox']) {
    await server.record(register(name));
    const found = await detail(server, name);
    t.match(found, { name: name.normalize('NFC'), retired_at: null, state: 'due', turns: [], aliases: [], merged: [] });
    t.match(found.events, [{ type: 'identity.registered', line: '' }]);
    t.strictSame(found.use.models, []);
    t.equal(found.use.starts.length, 14);
  }
});

t.test('its use, with corrections, under every name it had', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), register('Bob'), register('Cy'));
  const use = { name: 'Ada', mode: 'autonomy', model: 'opus', project: 'p', session: 's1', tokens: { input: 1_500 } };
  const { id } = await server.send('usage.recorded', { ...use, cost_micro_usd: 5 * dollar });
  await server.record(
    usage('Bob', { cost_micro_usd: dollar, model: 'haiku', session: 's2' }),
    usage('Cy', { cost_micro_usd: 100 * dollar, model: 'opus' }),
    command('identity.aliased', { name: 'Ada', alias: 'Adä' }),
  );
  server.clock.advance(days(1));
  const difference = { cost_micro_usd: -2 * dollar };
  await server.record(
    command('usage.corrected', { corrects: id, difference, reason: 'counted twice' }),
    usage('adä', { cost_micro_usd: 7 * dollar, project: 'p' }),
    command('identity.merged', { from: 'Bob', into: 'Ada' }),
  );
  const found = await detail(server, 'adä', range);
  t.match(found, { name: 'Ada', aliases: ['Adä'], merged: ['Bob'] });
  t.strictSame(found.use.starts, ['2026-01-05T00:00:00.000Z', '2026-01-06T00:00:00.000Z']);
  t.strictSame(found.use.total.usd, [4, 7]);
  t.strictSame(found.use.total.total, { usd: 11, tokens: 1_500, reports: 3 });
  t.strictSame(usdOf(found.use.models), { unnamed: [0, 7], opus: [3, 0], haiku: [1, 0] });
  t.strictSame(usdOf(found.use.projects), { p: [3, 7], unnamed: [1, 0] });
  t.strictSame(usdOf(found.use.sessions), { unnamed: [0, 7], s1: [3, 0], s2: [1, 0] });
  t.match(
    found.events.map(({ type, line }) => [type, line]),
    [
      ['identity.merged', 'Bob into Ada'],
      ['usage.recorded', /^\$7\.00, told to wait \d+ min$/],
      ['usage.corrected', '−$2.00, counted twice'],
      ['identity.aliased', 'also called Adä'],
      ['usage.recorded', /^\$1\.00, haiku, told to wait/],
      ['usage.recorded', /^\$5\.00, 1,500 tokens, opus, told to wait/],
      ['identity.registered', ''],
      ['identity.registered', ''],
    ],
  );
  t.equal((await detail(server, 'Bob', 'events=3')).events.length, 3);

  await server.record(command('identity.retired', { name: 'Ada', reason: 'enough' }));
  const retired = await detail(server, 'Ada', range);
  t.match(retired, { state: 'retired', share: null, retired_at: text(noon + days(1)) });
  t.strictSame(retired.use.total.usd, [4, 7]);
  t.match(retired.events[0], { type: 'identity.retired', line: 'enough' });
});

t.test('a day of 25 hours', async (t) => {
  const server = await testServer(t, { timeZone: 'Europe/Berlin' });
  await server.record(
    usage('Ada', { cost_micro_usd: dollar }, { occurred_at: '2025-10-25T22:00:00Z' }),
    usage('Ada', { cost_micro_usd: 2 * dollar }, { occurred_at: '2025-10-26T22:59:59.999Z' }),
    usage('Ada', { cost_micro_usd: 4 * dollar }, { occurred_at: '2025-10-26T23:00:00Z' }),
  );
  const { use } = await detail(server, 'Ada', 'from=2025-10-26&until=2025-10-28');
  t.strictSame(usdOf(use.sessions), { unnamed: [3, 4] });
});

t.test('its turns: held, over, and settled', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), register('Bob'));
  const ask = async (name: string, ttl: number) => {
    const response = await server.post('/v1/turns', { name, ttl_s: ttl });
    if (response.statusCode !== 201) throw new Error(response.body);
    return response.json<{ turn: string; token: number }>();
  };
  const first = await ask('Ada', 60);
  server.clock.advance(10_000);
  await server.post(`/v1/turns/${first.turn}/settle`, { token: first.token, usage: { cost_micro_usd: 5 } });
  server.clock.advance(hours(2) - 10_000);
  const second = await ask('Ada', 60);
  await ask('Bob', 600);
  t.match((await detail(server, 'Ada')).turns, [
    { turn: second.turn, status: 'open', expires_at: text(noon + hours(2) + 60_000), ended_at: null },
    {
      turn: first.turn,
      status: 'settled',
      granted_at: text(noon),
      expires_at: null,
      ended_at: text(noon + 10_000),
      usage_seq: 5,
    },
  ]);
  server.clock.advance(minutes(2));
  const expired = { turn: second.turn, status: 'expired', ended_at: text(noon + hours(2) + 60_000) };
  t.match((await detail(server, 'Ada')).turns, [expired, { turn: first.turn }], 'before the log says so');
  // The log says so while the page is made.
  const { ledger } = server;
  const read = ledger.readEvents.bind(ledger);
  ledger.readEvents = async (...asked) => {
    await ledger.expireTurns();
    return read(...asked);
  };
  const { turns } = await detail(server, 'Ada');
  t.match(turns, [{ turn: second.turn, status: 'expired' }, { turn: first.turn }]);
  t.equal(turns.length, 2);
});

t.test('why it waits is what `fair explain` says', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), register('Bob'));
  for (let i = 1; i <= 6; i += 1) {
    await server.record(
      usage('Ada', { cost_micro_usd: 2 * dollar }),
      usage('Bob', { cost_micro_usd: dollar }),
      reading('week_all', 300 * i, { resets_at: noon + hours(100) }),
    );
    server.clock.advance(hours(4));
  }
  const found = await detail(server, 'Ada');
  const engine = await variant.open(server.place, 'reader');
  t.teardown(() => engine.close());
  const view = await LedgerView.open(engine, pool, { database: server.place, clock: server.clock });
  t.teardown(() => view.close());
  const { explanation } = await explainAt(view, 'Ada', undefined);
  t.strictSame(found.explanation, JSON.parse(JSON.stringify(explanation)));
  const sharers = (await server.get('/v1/fairness')).json().identities;
  t.match(found, { share: sharers[0], reason: sharers[0].reason, would_be_s: sharers[0].would_be_s });
});

t.test('what it was told before each run, and how long it waited', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), usage('Bob', { cost_micro_usd: dollar }));
  const starts: number[] = [];
  /** Several reports are one run. */
  const ran = async () => {
    starts.push(server.clock.now());
    for (let i = 0; i < 3; i += 1) {
      await server.record(usage('Ada', { cost_micro_usd: dollar }));
      server.clock.advance(minutes(1));
    }
  };
  await ran();
  server.clock.advance(minutes(57));
  const { interval_s: told } = await detail(server, 'Ada');
  await ran();
  await server.record(usage('Ada', { mode: 'collaboration', cost_micro_usd: dollar }));
  server.clock.advance(hours(2));
  await ran();
  const found = await detail(server, 'Ada', range);
  t.match(found.runs, [
    {
      start: text(starts[1] as number),
      told_s: told,
      told_for_window: false,
      kept_s: 3_600,
      after_collaboration: false,
    },
    { start: text(starts[2] as number), kept_s: 7_380, after_collaboration: true },
  ]);
  t.equal(found.runs_known_from, null);
  const event = (await server.get(`/v1/events/${found.runs[0]?.seq}`)).json();
  t.match(event, { type: 'usage.recorded', recorded_at: starts[1] });
  const later = await detail(server, 'Ada', `from=${text((starts[2] as number) - 1)}&until=2026-01-07&step=hour`);
  t.match(later.runs, { length: 1 }, 'those of the time that is asked for');

  const page = (await server.get(`/agents/Ada?${range}`)).body;
  t.match(page, '1 of 1 waits without a person in between lasted at least nine tenths of what it had been told.');

  const many = Array.from({ length: limits.agentRunEventsMax }, () => usage('Ada', { cost_micro_usd: 1 }));
  for (let i = 0; i < many.length; i += 500) await server.record(...many.slice(i, i + 500));
  const cut = await detail(server, 'Ada', range);
  t.equal(cut.runs_known_from, text(server.clock.now()), 'no more events are gone through');
  t.strictSame(cut.runs, []);
});
