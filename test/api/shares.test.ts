/** Goal: each agent's part of all use, and the part that its weight entitled it to, are those of the log, step by step. */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { command, register, usage } from '../support/command.js';
import { days, hours, minutes } from '../support/fold.js';
import { pool } from '../support/ledger.js';
import { type TestServer, testServer } from './support.js';

interface Agent {
  readonly name: string | null;
  readonly names: number;
  readonly used: readonly (number | null)[];
  readonly entitled: readonly (number | null)[];
  readonly total: { readonly used: number | null; readonly entitled: number | null };
}
interface Shares {
  readonly as_of_seq: number;
  readonly starts: readonly string[];
  readonly usd: readonly number[];
  readonly agents: readonly Agent[];
}

async function shares(server: TestServer, query = ''): Promise<Shares> {
  const response = await server.get(`/v1/shares?${query}`);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json();
}

const hundredths = (parts: readonly (number | null)[]) =>
  parts.map((part) => (part === null ? null : Math.round(part * 100)));
const of = ({ agents }: Shares) =>
  Object.fromEntries(
    agents.map(({ name, used, entitled }) => [name, { used: hundredths(used), entitled: hundredths(entitled) }]),
  );
const dollar = 1_000_000;
const range = 'from=2026-01-04&until=2026-01-09';

/** Four days: two agents, another weight on the second, one more on the third, and one that retires on the fourth. */
async function fourDays(t: Parameters<typeof testServer>[0]): Promise<TestServer> {
  const server = await testServer(t);
  await server.record(
    register('Ada', { weight: 3 }),
    register('Bob'),
    usage('Ada', { cost_micro_usd: dollar }),
    usage('Bob', { cost_micro_usd: dollar }),
    usage('Bob', { cost_micro_usd: 50 * dollar, mode: 'collaboration' }),
  );
  server.clock.advance(days(1));
  await server.record(
    usage('Ada', { cost_micro_usd: 4 * dollar }),
    command('identity.changed', { name: 'Ada', weight: 1 }),
  );
  server.clock.advance(days(1));
  await server.record(
    register('Cy', { weight: 2 }),
    usage('Bob', { cost_micro_usd: 9 * dollar }),
    usage('Cy', { cost_micro_usd: dollar }),
  );
  server.clock.advance(days(1));
  await server.record(command('identity.retired', { name: 'Cy' }));
  return server;
}

t.test('an empty ledger, and one in which nobody has run', async (t) => {
  const server = await testServer(t);
  t.strictSame((await shares(server)).agents, []);
  await server.record(register('Ada'));
  const { agents, starts } = await shares(server);
  t.equal(starts.length, 14);
  t.match(agents, [{ name: 'Ada', total: { used: null, entitled: null } }]);
  t.strictSame(agents[0]?.used, new Array(14).fill(null));
  t.strictSame(agents[0]?.entitled, [...new Array(13).fill(null), 1], 'none before it was known');
});

t.test('weights that change, one that joins, one that retires', async (t) => {
  const server = await fourDays(t);
  const daily = await shares(server, range);
  t.strictSame(of(daily), {
    Bob: { used: [null, 50, 0, 90, null], entitled: [null, 25, 50, 25, 50] },
    Ada: { used: [null, 50, 100, 0, null], entitled: [null, 75, 50, 25, 50] },
    Cy: { used: [null, 0, 0, 10, null], entitled: [null, 0, 0, 50, 0] },
  });
  t.strictSame(daily.usd, [0, 2, 4, 10, 0], 'work with a person is not in it');
  t.strictSame(daily.agents[0]?.total, { used: 10 / 16, entitled: (2 * 0.25 + 4 * 0.5 + 10 * 0.25) / 16 });
  // The same by the table of uses, which days are not read from.
  const { usd } = await shares(server, 'step=week&from=2026-01-05T12:00:00Z&until=2026-01-08T00:00:00Z');
  t.strictSame(usd, [16]);
  const tomorrow = await shares(server, 'from=2026-01-08&until=2026-01-10');
  t.strictSame(of(tomorrow).Ada?.entitled, [50, null], 'none of what has not begun');
});

t.test('one agent of all, by any of its names, here and in its detail', async (t) => {
  const server = await fourDays(t);
  const all = await shares(server, range);
  const one = await shares(server, `${range}&identity=ada`);
  t.strictSame(one.agents, [all.agents[1]]);
  const detail = (await server.get(`/v1/identities/Ada/detail?${range}`)).json();
  t.strictSame(detail.shares, { usd: all.usd, agents: one.agents });
  t.equal((await server.get('/v1/shares?identity=Nobody')).statusCode, 404);
});

t.test('as the log was after an event', async (t) => {
  const server = await fourDays(t);
  const [changed] = await server.ledger.readEvents(pool, { types: ['identity.changed'], limit: 1 });
  const then = await shares(server, `${range}&as_of_seq=${(changed?.seq ?? 0) - 1}`);
  t.equal(then.as_of_seq, (changed?.seq ?? 0) - 1);
  t.strictSame(of(then), {
    Ada: { used: [null, 50, 100, null, null], entitled: [null, 75, 75, 75, 75] },
    Bob: { used: [null, 50, 0, null, null], entitled: [null, 25, 25, 25, 25] },
  });
});

t.test('what was noted of one agent alone is no share of all', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), register('Bob'));
  // The first answer to each differs from what was noted, and is noted of it alone.
  await server.record(usage('Ada', { cost_micro_usd: dollar }));
  server.clock.advance(minutes(5));
  await server.record(usage('Ada', { cost_micro_usd: 80 * dollar }));
  server.clock.advance(hours(1));
  const alone = await server.ledger.query<{ seq: number }>(
    'SELECT seq FROM fair_allocation_history WHERE pool = ? GROUP BY seq HAVING sum(share) < 0.9',
    [pool],
  );
  t.ok(alone.length > 0);
  const last = (await shares(server)).agents.map(({ name, entitled }) => [name, entitled.at(-1)]);
  t.strictSame(last, [
    ['Ada', 0.5],
    ['Bob', 0.5],
  ]);
});

t.test('what is merged has what both had', async (t) => {
  const server = await fourDays(t);
  await server.record(command('identity.merged', { from: 'Ada', into: 'Bob' }));
  t.strictSame(of(await shares(server, range)), {
    Bob: { used: [null, 100, 100, 90, null], entitled: [null, 100, 100, 50, 100] },
    Cy: { used: [null, 0, 0, 10, null], entitled: [null, 0, 0, 50, 0] },
  });
});

t.test('fixed intervals entitle nobody', async (t) => {
  const server = await fourDays(t);
  server.clock.advance(days(1));
  await server.record(command('policy.set', { method: 'static' }), usage('Ada', { cost_micro_usd: dollar }));
  t.strictSame(of(await shares(server, 'from=2026-01-08&until=2026-01-10')).Ada, {
    used: [null, 100],
    entitled: [50, null],
  });
});

t.test('of very many agents the rest is one', async (t) => {
  const server = await testServer(t);
  const count = limits.seriesAgentsMax + 3;
  const names = Array.from({ length: count }, (_, i) => `agent-${i}`);
  await server.record(...names.map((name) => register(name)));
  await server.record(...names.map((name, i) => usage(name, { cost_micro_usd: i < 3 ? dollar : 2 * dollar })));
  const { agents } = await shares(server);
  const rest = agents.at(-1);
  t.equal(agents.length, limits.seriesAgentsMax + 1);
  t.match(rest, { name: null, names: 3 });
  t.strictSame(hundredths([rest?.entitled.at(-1) ?? null]), [Math.round(300 / count)]);
  for (const part of ['used', 'entitled'] as const)
    t.equal(Math.round(agents.reduce((sum, one) => sum + (one[part].at(-1) ?? 0), 0) * 1e4), 1e4);
});

t.test('the pages say it in a chart and a table', async (t) => {
  const server = await fourDays(t);
  const text = async (path: string) => (await server.get(path)).body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  t.match(await text(`/dashboard?${range}`), /All of it 62\.5 % of 31\.3 % 31\.3 % of 37\.5 % 6\.3 % of 31\.3 %/);
  t.match(await text(`/agents/Ada?${range}`), /Dashed: which part its weight.*All of it 31\.3 % of 37\.5 %/);
  t.notMatch((await server.get('/dashboard?from=2025-01-04&until=2025-01-09')).body, 'Use against entitlement');
});
