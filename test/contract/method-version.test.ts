/**
 * Goal: a log from before version 2 of the method goes on under it from one event, which says so once, whoever starts; what was
 * said before stays, and the whole replays to the same rows and state from any snapshot.
 */
import t from 'tap';
import { type TurnId, turnSettlement } from '../../src/events/catalogue/turn.js';
import { evolve } from '../../src/events/evolve.js';
import { emptyState, serialiseState } from '../../src/events/state.js';
import { command, inside, reading, register, usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { days, hours, minutes } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { logFault, pool, type TestLedger, temporaryLedger } from '../support/ledger.js';

/** A day in turns and reports, with a reading every two hours. */
async function live(test: TestLedger, reset: number): Promise<void> {
  for (let i = 0; i < 24; i += 1) {
    const name = ['Ada', 'Bob', 'Cy'][i % 3] as string;
    await test.record(inside('turn.granted', { name: name as never, ttl_s: 3_600 }));
    const { turn, token } = newestTurn(test);
    for (const cost of [40_000, 90_000 + i]) {
      test.clock.advance(minutes(7));
      await test.record(usage(name, { cost_micro_usd: cost, turn }));
    }
    const use = { cost_micro_usd: 5_000 };
    await test.record(inside('turn.settled', turnSettlement.parse({ turn, token, usage: use })));
    test.clock.advance(minutes(46));
    const late = { occurred_at: test.clock.now() - hours(1) };
    await test.record(usage(name, { cost_micro_usd: 1_000, mode: i % 5 === 0 ? 'collaboration' : 'autonomy' }, late));
    if (i % 2 === 0) await test.record(reading('week_all', 900 + 60 * i, { resets_at: reset }));
  }
}

function newestTurn({ ledger }: TestLedger): { readonly turn: TurnId; readonly token: number } {
  const open = [...ledger.state(pool).turns.values()].at(-1);
  if (open === undefined) throw new Error('no turn is open');
  return { turn: open.id, token: open.token };
}

const policies = async (test: TestLedger) =>
  (await test.events()).flatMap((event) => (event.type === 'policy.set' ? [event] : []));

async function reopened(t: Scope, test: TestLedger, engine: Variant): Promise<TestLedger> {
  await test.close();
  return temporaryLedger(t, { place: test.place, clock: test.clock, engine });
}

/** The state that the whole log folds to, from its first event. */
async function folded(test: TestLedger): Promise<string> {
  const state = emptyState(pool);
  for (const event of await test.events()) evolve(state, event);
  return serialiseState(state);
}

for (const engine of variants) {
  t.test(`on ${engine.name}`, async (t) => {
    let test = await temporaryLedger(t, { engine });
    const reset = test.clock.now() + days(5);
    await test.record(register('Ada'), register('Bob', { weight: 2 }), command('policy.set', { horizon_h: 24 }));
    await live(test, reset);
    const before = await test.stored();
    const rows = await test.ledger.query('SELECT * FROM fair_allocations ORDER BY claude_name');

    test = await reopened(t, test, engine);
    await test.ledger.adoptMethod();
    await test.ledger.adoptMethod();
    const [, adopted, ...more] = await policies(test);
    t.strictSame(more, [], 'it is said once');
    t.match(adopted, { actor: 'local', source: 'ledger/1', payload: { method_version: 2, version: 2, horizon_h: 24 } });
    t.strictSame((await test.stored()).slice(0, before.length), before, 'what was said before stays');
    const { rows: then } = await test.ledger.readTable(pool, 'allocations', { limit: 100 }, before.length);
    t.equal(then.length, rows.length, 'and so does what the tables held then');

    await live(test, reset);
    test = await reopened(t, test, engine);
    await live(test, reset);

    t.strictSame(
      JSON.parse(serialiseState(test.ledger.state(pool))),
      JSON.parse(await folded(test)),
      'a snapshot and the rest are the whole',
    );
    const stamped = (await test.events()).filter(
      ({ type, seq, payload }) =>
        type === 'usage.recorded' && seq <= before.length && 'issued_rate_micro_usd_h' in payload,
    );
    t.strictSame(stamped, [], 'version 1 said nothing of rates');
    t.match(await test.replay({ check: true }), { identical: true });
    t.equal(logFault(await test.stored()), null);
  });

  t.test(`whoever is first says it, on ${engine.name}`, async (t) => {
    const test = await temporaryLedger(t, { engine });
    const nodes = [test];
    if (engine.name === 'postgres') {
      for (let i = 0; i < 2; i += 1)
        nodes.push(await temporaryLedger(t, { place: test.place, clock: test.clock, engine }));
    }
    await Promise.all(nodes.flatMap(({ ledger }) => [ledger.adoptMethod(), ledger.adoptMethod()]));
    t.equal((await policies(test)).length, 1);
  });
}

t.test('a person who went back to version 1 stays there', async (t) => {
  const test = await temporaryLedger(t);
  await test.ledger.adoptMethod();
  await test.record(command('policy.set', { method_version: 1 }));
  await test.ledger.adoptMethod();
  t.match(
    (await policies(test)).map(({ payload }) => payload.method_version),
    [2, 1],
  );
});

t.test('a pool without events may be imported into, and a doubtful clock says nothing', async (t) => {
  const test = await temporaryLedger(t);
  await test.ledger.addEmptyPool('empty' as typeof pool);
  const seen = test.clock.now();
  test.clock.set(seen - days(3));
  await test.ledger.adoptMethod();
  t.strictSame(await policies(test), [], 'the clock jumped');
  test.clock.set(seen);
  await test.ledger.adoptMethod();
  t.equal((await policies(test)).length, 1, 'and is right again');
  t.equal((await test.ledger.head('empty' as typeof pool)).seq, 0);
});
