// A thousand new names in one request took 2.8 s of processor time, the next thousand twice that, and 5,000 made a page of
// 5.3 MB: each new name planned for all. Here a pool takes so many new names an hour, holds so many at all, and forgets those
// of which nobody heard for long; and whatever the limit, no use is lost by it.
import t from 'tap';
import { ownRules } from '../../src/ledger/rules.js';
import { limits } from '../../src/limits.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { testServer } from '../api/support.js';
import { usage } from '../support/command.js';
import { days, hours } from '../support/fold.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';

const thousand = (from: number) =>
  Array.from({ length: 1_000 }, (_, i) => usage(`Agent ${from + i}`, { cost_micro_usd: 1_000 }));

const sharers = ({ ledger }: TestLedger): number => ledger.state(pool).fair.members.size;

async function used({ ledger }: TestLedger): Promise<number> {
  const [row] = await ledger.query<{ used: number }>(
    'SELECT sum(total_cost_micro_usd) AS used FROM daily_resource_share',
  );
  return Number(row?.used);
}

t.test('of many new names the first join, the others wait for a person', async (t) => {
  const test = await temporaryLedger(t);
  const outcomes = await test.ledger.submit(pool, { commands: thousand(0) });
  t.ok(outcomes.every(({ status }) => status === 'recorded'));
  t.equal(sharers(test), limits.newcomersPerHour);
  const { identities, alerts } = test.ledger.state(pool);
  t.equal(identities.size, 1_000, 'all are recorded under their names');
  t.equal(identities.get('agent 500')?.status, 'quarantined');
  t.match(alerts.get('many-new-names'), { text: /have no share until confirmed/ });
  t.equal(await used(test), 1_000_000);

  test.clock.advance(hours(1));
  await test.record(usage('Agent 0'));
  t.equal(sharers(test), limits.newcomersPerHour, 'the others stay apart');
  t.ok((await test.replay({ check: true })).identical);
});

t.test('in the next hour others may join; the setting says how many', async (t) => {
  const test = await temporaryLedger(t, { newcomersPerHour: 2 });
  for (const name of ['Ada', 'Bob', 'Cyd']) await test.record(usage(name));
  t.equal(sharers(test), 2);
  test.clock.advance(hours(1));
  for (const name of ['Dan', 'Eve', 'Fay']) await test.record(usage(name));
  t.strictSame([...test.ledger.state(pool).fair.members.keys()], ['ada', 'bob', 'dan', 'eve']);
});

t.test('whom a person registers, and whose use is told much later, is none of them', async (t) => {
  const test = await temporaryLedger(t, { newcomersPerHour: 0 });
  await test.ledger.submit(pool, {
    commands: Array.from({ length: 30 }, (_, i) => usage(`Old ${i}`, {}, { occurred_at: test.clock.now() - days(3) })),
  });
  t.equal(sharers(test), 30);
  await test.record(usage('Now'));
  t.equal(sharers(test), 30);
});

t.test('beyond the names that a pool holds, use is recorded under Unknown, with the name it gave', async (t) => {
  const test = await temporaryLedger(t);
  await test.ledger.submit(pool, { commands: thousand(0) });
  const [outcome] = await test.ledger.submit(pool, { commands: [usage('Zoe', { cost_micro_usd: 5 })] });
  t.match(outcome, { status: 'recorded', notes: [/Zoe is recorded under Unknown/] });
  for (let n = 1; n < 5; n++) await test.ledger.submit(pool, { commands: thousand(n * 1_000) });
  const { identities, alerts } = test.ledger.state(pool);
  t.equal(identities.size, limits.identitiesMax + 1);
  t.ok(alerts.has('identity-limit'));
  t.equal(await used(test), 5_000_005, 'nothing of it is lost');
  const events = await test.events();
  t.match(
    events.find(({ payload }) => 'given_name' in payload && payload.given_name === 'Zoe'),
    { type: 'usage.recorded', payload: { name: 'Unknown', given_name: 'Zoe', cost_micro_usd: 5 } },
  );
  t.ok((await test.replay({ check: true })).identical);
});

t.test('two names without room keep counters of their own, and go on when there is room', async (t) => {
  const test = await temporaryLedger(t);
  await test.ledger.submit(pool, { commands: thousand(0) });
  const total = (name: string, usd: number) => usage(name, { session: 's', total_cost_usd: usd });
  await test.record(total('Yan', 10), total('Zoe', 1), total('Yan', 11), total('Zoe', 3));
  t.equal(await used(test), 1_000_000 + 14_000_000);
  test.clock.advance(limits.lapseMs);
  await test.ledger.forgetLapsed();
  await test.record(total('Zoe', 4));
  t.equal(await used(test), 1_000_000 + 15_000_000);
  t.match(test.ledger.state(pool).identities.get('zoe'), { name: 'Zoe', status: 'unconfirmed' });
  t.ok((await test.replay({ check: true })).identical);
});

t.test('who was only a name, and is not heard of for 90 days, leaves; whom a person named stays', async (t) => {
  const server = await testServer(t);
  await server.record(usage('Brief', { cost_micro_usd: 7 }));
  const [receipt] = await server.record(usage('Brief', { cost_micro_usd: 8 }));
  for (const name of ['Named', 'Paused', 'Busy', 'Into', 'From']) await server.record(usage(name));
  await server.send('identity.changed', { name: 'Named', weight: 2 });
  await server.send('agent.paused', { name: 'Paused' });
  await server.send('identity.merged', { from: 'From', into: 'Into' });
  server.clock.advance(limits.lapseMs - 1);
  await server.record(usage('Busy'));
  await server.ledger.forgetLapsed();
  t.equal(server.ledger.state(pool).identities.size, 6);
  server.clock.advance(1);
  await server.ledger.forgetLapsed();
  t.strictSame([...server.ledger.state(pool).identities.keys()], ['named', 'paused', 'busy', 'into', 'from']);
  t.notOk(server.ledger.state(pool).fair.members.has('brief'));
  t.strictSame(await server.ledger.query("SELECT name FROM claude_identities WHERE name = 'Brief'"), []);

  await server.send('usage.corrected', {
    corrects: receipt?.id,
    difference: { cost_micro_usd: -3 },
    reason: 'counted twice',
  });
  const rows = await server.ledger.query<{ cost: number }>(
    "SELECT total_cost_micro_usd AS cost FROM daily_resource_share WHERE claude_name = 'Brief'",
  );
  t.equal(Number(rows[0]?.cost), 12, 'what it did can still be corrected');
  await server.record(usage('brief'));
  t.match(server.ledger.state(pool).identities.get('brief'), { status: 'unconfirmed' });
  t.ok((await server.replay({ check: true })).identical);
});

t.test('asking and pausing under a name without room is refused; the wire takes the report, and says so', async (t) => {
  const server = await testServer(t);
  await server.ledger.submit(pool, { commands: thousand(0) });
  const asked = await server.post('/v1/turns', { name: 'Zoe' });
  t.match([asked.statusCode, asked.json().code], [409, 'identity_limit'], asked.payload);
  const paused = await server.post('/pause', { claude_name: 'Zoe', duration_minutes: 5 });
  t.match([paused.statusCode, paused.json().code], [409, 'identity_limit'], paused.payload);
  const reported = await server.post('/resource-share/increment', {
    claude_name: 'Zoe',
    mode: 'autonomy',
    cost_delta: 0.5,
  });
  t.match(reported.json(), { status: 'success', claude_name: 'Zoe', cost_recorded: 0.5, warnings: [/under Unknown/] });
  const registered = await server.ledger.submitOne(pool, {
    type: 'identity.registered',
    payload: { name: 'Zoe' as never },
    actor: 'local',
    source: 'test/1',
  });
  t.match(registered, { status: 'rejected', code: 'identity_limit' });
});

t.test('others are served while a large request is decided', async (t) => {
  let turns = 0;
  const turnsOfDeciding = new Set<number>();
  const decide: typeof ownRules.decide = (...given) => {
    turnsOfDeciding.add(turns);
    return ownRules.decide(...given);
  };
  const test = await temporaryLedger(t, { rules: { ...ownRules, decide } });
  turnsOfDeciding.clear();
  let recorded = false;
  const recording = test.ledger.submit(pool, { commands: thousand(0) }).then(() => {
    recorded = true;
  });
  for (; !recorded; turns++) await nextTurn();
  await recording;
  t.ok(turnsOfDeciding.size >= Math.floor(1_000 / limits.decidedAtOnceMax), `${turnsOfDeciding.size} turns`);
});
