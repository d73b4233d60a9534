/**
 * Goal: what is known of a session from afar (its running total, sums) counts only while nobody tells its responses one by one, in
 * whatever order it comes; a session that was forked or resumed begins at the total of its parent. On both engines, and as a
 * replay has it.
 */
import t, { type Test } from 'tap';
import type { Command } from '../../src/events/command.js';
import { command, usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { logFault, pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { randomSource } from '../support/random.js';

const of = (session: string | null) => (session === null ? {} : { session });

const total = (usd: number, session = 's1', more: object = {}, name = 'Ada') =>
  usage(name, { session, total_cost_usd: usd, meter: { rule: 'running-total', ...more } });
const sum = (input: number, cost: number, session: string | null = 's1', name = 'Ada') =>
  usage(name, {
    ...of(session),
    tokens: { input },
    cost_micro_usd: cost,
    model: 'claude-opus-5',
    meter: { rule: 'sum' },
  });
const response = (id: string, input: number, cost: number, session: string | null = 's1', name = 'Ada') =>
  usage(name, {
    ...of(session),
    tokens: { input },
    cost_micro_usd: cost,
    meter: { provider: 'anthropic', response: id, rank: 'final' },
  });

async function totals({ ledger }: TestLedger): Promise<{ readonly cost: number; readonly input: number }> {
  const sql = 'SELECT sum(cost_micro_usd) AS cost, sum(input_tokens) AS input FROM resource_share_increments';
  const [row] = await ledger.query<{ cost: unknown; input: unknown }>(sql);
  return { cost: Number(row?.cost ?? 0), input: Number(row?.input ?? 0) };
}

async function sound(t: Test, test: TestLedger): Promise<void> {
  t.equal(logFault(await test.stored()), null);
  t.equal((await test.replay({ check: true })).identical, true, 'a replay has the same rows');
}

const typesOf = async (test: TestLedger): Promise<string[]> =>
  (await test.events()).map(({ type }) => type).filter((type) => /^(usage|session)/.test(type));

function tests(engine: Variant): void {
  const ledger = (t: Test) => temporaryLedger(t, { engine });

  t.test(`${engine.name}: a total that nobody knew is where the session begins`, async (t) => {
    const test = await ledger(t);
    await test.record(total(0.201), total(0.201), total(0.243));
    t.same(await totals(test), { cost: 42_000, input: 0 }, 'what the parent of the session used is not its own');
    t.strictSame(await typesOf(test), ['session.measured', 'usage.recorded']);
    await test.record(total(0.01));
    t.same(await totals(test), { cost: 52_000, input: 0 }, 'it fell, as at /clear: all of it was used since');
    await test.record(total(0.5, 'fresh', { fresh: true }));
    t.same(
      await totals(test),
      { cost: 552_000, input: 0 },
      'a session that is known to begin with nothing counts whole',
    );
    await test.record(total(0.5, 'fresh', {}, 'Bo'), total(0.6, 'fresh', {}, 'Bo'));
    t.same(await totals(test), { cost: 652_000, input: 0 }, 'the total is of the session, whoever tells of it');
    await sound(t, test);
  });

  t.test(`${engine.name}: a session of the same name that is counted by hand stays one of its own`, async (t) => {
    const test = await ledger(t);
    await test.record(usage('Ada', { session: 's1', total_cost_usd: 1 }), total(3), total(4));
    await test.record(usage('Ada', { session: 's1', total_cost_usd: 1.5 }));
    t.same(await totals(test), { cost: 2_500_000, input: 0 });
    await sound(t, test);
  });

  t.test(`${engine.name}: the first response takes back what the total had counted`, async (t) => {
    const test = await ledger(t);
    await test.record(total(0), total(0.1), total(0.3, 's1', {}, 'Bo'), total(0), total(1, 'other', { fresh: true }));
    t.same(await totals(test), { cost: 1_300_000, input: 0 });
    await test.record(response('msg_1', 10, 120_000));
    t.same(await totals(test), { cost: 1_120_000, input: 10 });
    await test.record(response('msg_1', 10, 120_000), response('msg_2', 5, 50_000), total(0.4), total(0.9));
    t.same(await totals(test), { cost: 1_170_000, input: 15 }, 'from then on the total only compares');
    const names = await test.ledger.query<{ name: string; cost: unknown }>(
      'SELECT claude_name AS name, sum(cost_micro_usd) AS cost FROM resource_share_increments GROUP BY claude_name ORDER BY 1',
    );
    t.strictSame(
      names.map(({ name, cost }) => [name, Number(cost)]),
      [
        ['Ada', 1_170_000],
        ['Bo', 0],
      ],
    );
    await sound(t, test);
  });

  t.test(
    `${engine.name}: the totals of a session told in detail are kept to compare with, not at each step`,
    async (t) => {
      const test = await ledger(t);
      await test.record(response('msg_1', 10, 120_000));
      await test.record(...Array.from({ length: 100 }, (_, i) => total(10 + i / 100)));
      const measured = (await test.events()).filter(({ type }) => type === 'session.measured');
      t.ok(measured.length > 2 && measured.length < 10, `${measured.length} of 100`);
      t.same(await totals(test), { cost: 120_000, input: 10 });
      await sound(t, test);
    },
  );

  t.test(`${engine.name}: use without a session is of the agent, by whichever of its names it is told`, async (t) => {
    const test = await ledger(t);
    await test.record(command('identity.registered', { name: 'Ada' }), command('identity.registered', { name: 'Bo' }));
    await test.record(command('identity.aliased', { name: 'Ada', alias: 'laptop' }));
    await test.record(command('identity.merged', { from: 'Bo', into: 'Ada' }));
    for (const [i, name] of ['laptop', 'Bo'].entries()) {
      await test.record(sum(10, 100, null, name));
      await test.record(response(`msg_${i}`, 3, 30, null, name));
    }
    t.same(await totals(test), { cost: 60, input: 6 });
    await sound(t, test);
  });

  t.test(`${engine.name}: sums give way to responses, totals to sums`, async (t) => {
    const test = await ledger(t);
    await test.record(total(0), total(0.1), sum(7, 90_000));
    t.same(await totals(test), { cost: 90_000, input: 7 });
    await test.record(total(0.5), sum(3, 10_000));
    t.same(await totals(test), { cost: 100_000, input: 10 });
    await test.record(response('msg_1', 10, 120_000), sum(9, 9));
    t.same(await totals(test), { cost: 120_000, input: 10 });
    await sound(t, test);
  });

  t.test(`${engine.name}: a sum without a price is taken back from what it counted at`, async (t) => {
    const test = await ledger(t);
    const unpriced = { session: 's1', tokens: { input: 1_000 }, model: 'claude-opus-9', meter: { rule: 'sum' } };
    await test.record(usage('Ada', unpriced));
    const [event] = (await test.events()).filter(({ type }) => type === 'usage.recorded');
    const { fair_cost_micro_usd: fair = 0 } = (event?.payload ?? {}) as { readonly fair_cost_micro_usd?: number };
    t.ok(fair > 0, 'it counts at the price of another model');
    await test.record(response('msg_1', 10, 120_000));
    const corrected = (await test.events()).filter(({ type }) => type === 'usage.corrected');
    t.match(corrected, [
      { payload: { difference: { tokens: { input: -1_000 }, fair_cost_micro_usd: -fair }, unpriced_tokens: -1_000 } },
    ]);
    const [day] = await test.ledger.query<{ unpriced: unknown; cost: unknown }>(
      'SELECT unpriced_tokens AS unpriced, total_cost_micro_usd AS cost FROM daily_resource_share',
    );
    t.same([Number(day?.unpriced), Number(day?.cost)], [0, 120_000]);
    await sound(t, test);
  });

  t.test(`${engine.name}: a response that was told without its session, and then with it`, async (t) => {
    const test = await ledger(t);
    await test.record(total(0), total(0.1), response('msg_1', 10, 120_000, null));
    t.same(await totals(test), { cost: 220_000, input: 10 }, 'nobody can know yet');
    await test.record(response('msg_1', 10, 120_000), response('msg_1', 10, 120_000), total(0.4));
    t.same(await totals(test), { cost: 120_000, input: 10 });
    await sound(t, test);
  });

  t.test(`${engine.name}: sums without a session give way to responses of the agent without one`, async (t) => {
    const test = await ledger(t);
    await test.record(sum(5, 50, null), sum(5, 50, null, 'Bo'), response('msg_1', 9, 90, 's1'));
    t.same(await totals(test), { cost: 190, input: 19 });
    await test.record(response('msg_2', 6, 60, null));
    t.same(await totals(test), { cost: 200, input: 20 });
    await sound(t, test);
  });

  t.test(`${engine.name}: of a sum that goes on, what it grew by is recorded`, async (t) => {
    const test = await ledger(t);
    const series = (input: number, output: number, cost?: number, id = 'a') =>
      usage('Ada', {
        session: 's1',
        tokens: { input, output },
        cost_micro_usd: cost,
        model: 'claude-opus-5',
        meter: { rule: 'sum', series: id },
      });
    await test.record(series(10, 1, 100), series(10, 1, 100), series(25, 4, 250), series(10, 1, 100));
    t.same(await totals(test), { cost: 250, input: 25 }, 'what came late, or again, adds nothing');
    t.equal((await test.events()).filter(({ type }) => type === 'usage.recorded').length, 2);
    await test.record(series(3, 0, 30, 'b'), series(30, 4, 260));
    t.same(await totals(test), { cost: 290, input: 33 });
    const batch = [40, 50, 45, 60].map((input) => series(input, 4, 260 + input));
    await test.ledger.submit(pool, { commands: batch, advise: false });
    t.same(await totals(test), { cost: 350, input: 63 }, 'also within a batch');
    await test.record(response('msg_1', 7, 70));
    t.same(await totals(test), { cost: 70, input: 7 });
    await test.record(series(90, 9, 900));
    t.same(await totals(test), { cost: 70, input: 7 });
    await sound(t, test);
  });

  t.test(`${engine.name}: what is wrong with a meter is said`, async (t) => {
    t.throws(() => usage('Ada', { meter: { rule: 'running-total' }, session: 's1' }), /needs total_cost_usd/);
    t.throws(() => usage('Ada', { meter: { rule: 'running-total' }, total_cost_usd: 1 }), /session/);
    t.throws(() => usage('Ada', { meter: { rule: 'sum' }, session: 's1', total_cost_usd: 1 }), /beside total_cost_usd/);
    const series = { rule: 'running-total', series: 'a' };
    t.throws(() => usage('Ada', { meter: series, session: 's1', total_cost_usd: 1 }), /series, which is for sums/);
    t.throws(() => usage('Ada', { meter: { rule: 'whole' }, tokens: { input: 1 } }), /meter/);
  });

  t.test(`${engine.name}: told in any order, in any batches, any of it twice, the totals are the same`, async (t) => {
    const sessions = Array.from({ length: 12 }, (_, i) => `s${i}`);
    const sights: Command[] = sessions.flatMap((session, i) => [
      ...[1, 2, 3].map((n) => response(`msg_${i}_${n}`, n, 10 * n, session)),
      ...[1, 2].map((n) => response(`msg_${i}_${n}`, n, 10 * n, null)),
      ...[1, 2].map((n) => ({ ...sum(n, n, session), key: `sum ${i} ${n}` })),
      ...[0, 0.1, 0.2].map((usd) => total(usd, session)),
    ]);
    for (let seed = 0; seed < 4; seed++) {
      const random = randomSource(seed);
      const shuffled = [...sights, ...sights.filter(() => random() < 0.4)]
        .map((sight) => ({ sight, by: random() }))
        .sort((a, b) => a.by - b.by)
        .map(({ sight }) => sight);
      const test = await ledger(t);
      const size = [1, 7, 40, 400][seed] ?? 1;
      for (let from = 0; from < shuffled.length; from += size) {
        await test.ledger.submit(pool, { commands: shuffled.slice(from, from + size), advise: false });
      }
      t.same(await totals(test), { cost: 12 * 60, input: 12 * 6 }, `seed ${seed}, batches of ${size}`);
      await sound(t, test);
    }
  });
}

for (const engine of variants) tests(engine);
