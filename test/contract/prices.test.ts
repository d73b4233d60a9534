/**
 * Goal: what a use costs is decided when it is recorded, and stands with the rates it was worked out by; what has no price counts
 * among those who share, and becomes priced when somebody knows it. A replay prices nothing.
 */
import t, { type Test } from 'tap';
import type { EventOf } from '../../src/events/envelope.js';
import type { IdentityName } from '../../src/events/scalars.js';
import { limits } from '../../src/limits.js';
import { readPriceFile } from '../../src/prices/price-file.js';
import { command, inside, register, usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { days, noon } from '../support/fold.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { randomSource } from '../support/random.js';

type Use = EventOf<'usage.recorded'>['payload'];

async function uses(test: TestLedger): Promise<Use[]> {
  return (await test.events()).flatMap((event) => (event.type === 'usage.recorded' ? [event.payload] : []));
}

async function corrections(test: TestLedger) {
  return (await test.events()).flatMap((event) => (event.type === 'usage.corrected' ? [event.payload] : []));
}

/** What the use of a pool counts for among those who share, in micro-dollars. */
const counted = ({ ledger }: TestLedger, key = 'ada') =>
  Math.round(1e6 * (ledger.state(pool).fair.members.get(key)?.autonomy ?? Number.NaN));

/** Lets the others work. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((turn) => setImmediate(turn));
}

const sound = async (t: Test, test: TestLedger) =>
  t.equal((await test.replay({ check: true })).identical, true, 'a replay has the same rows');

const own = (entry: object) => {
  const read = readPriceFile(JSON.stringify({ prices: [entry] }));
  if ('faults' in read) throw new Error(read.faults.join());
  return read.prices;
};

const msg = { provider: 'anthropic', response: 'msg_1', request: 'req_1' };
const final = { ...msg, rank: 'final' };

function tests(engine: Variant): void {
  const on = (about: string) => `${engine.name}: ${about}`;

  t.test(on('tokens of a known model cost what the book says, with the rates'), async (t) => {
    const test = await temporaryLedger(t, { engine });
    const tokens = { input: 1_000, cache_read: 20_000, output: 300, reasoning: 200 };
    const pricing = { speed: 'fast', geo: 'us', web_searches: 3 };
    await test.record(
      usage('Ada', { model: 'claude-opus-5-5', tokens }),
      usage('Ada', { model: 'us.anthropic.claude-opus-5-5-v1:0', tokens, pricing }),
      usage('Ada', { model: 'claude-opus-5-5', tokens: { total: 1_000 } }),
      usage('Ada', { model: 'claude-opus-5-5', tokens, cost_micro_usd: 7 }),
    );
    t.match(await uses(test), [
      {
        cost_source: 'computed',
        cost_micro_usd: 18_000,
        price_of: 'claude-opus-5-5',
        rates: { input: 4, cache_read: 0.2, output: 20 },
      },
      { cost_micro_usd: 18_000 * 2 * 1.1 + 30_000, rates: { fast_times: 2, us_times: 1.1, web_search_per_1000: 10 } },
      { cost_micro_usd: 4_000, tokens: { total: 1_000 }, rates: { input: 4 } },
      { cost_micro_usd: 7, cost_source: 'reported', rates: undefined },
    ]);
    t.equal(counted(test), 18_000 + 69_600 + 4_000 + 7);
    await sound(t, test);
  });

  t.test(on('a price is that of the time of the use'), async (t) => {
    const prices = own({ model: 'claude-x-9', input: 3, output: 3, from: '2026-01-02' });
    const test = await temporaryLedger(t, { engine, prices });
    const use = (ago: number) =>
      usage('Ada', { model: 'claude-x-9', tokens: { input: 10 } }, { occurred_at: noon - ago });
    await test.record(use(days(1)), use(days(10)));
    const [after, before] = await uses(test);
    t.match(after, { cost_source: 'computed', cost_micro_usd: 30 });
    t.match(before, { cost_source: 'unpriced', fair_basis: 'maker' });
    await sound(t, test);
  });

  t.test(on('without a price it counts at the dearest that is known of what is like it'), async (t) => {
    const test = await temporaryLedger(t, { engine });
    await test.record(register('Configured', { model: 'claude-opus-5' }));
    const tokens = { input: 1_000, output: 1_000 };
    await test.record(
      usage('Ada', { model: 'claude-opus-9', tokens }),
      usage('Ada', { model: 'claude-saga-1', tokens }),
      usage('Ada', { model: 'llama', tokens }),
      usage('Ada', { tokens }),
      usage('Configured', { tokens }),
      usage('Ada', { model: 'claude-opus-9', tokens: { input: 0 } }),
      usage('Ada', { model: 'claude-opus-9' }),
    );
    const [opus, saga, llama, none, configured, ...nothing] = await uses(test);
    const claude = { fair_cost_micro_usd: 60_000, price_of: 'claude-fable-5-1', fair_basis: 'any' };
    t.match(opus, { cost_source: 'unpriced', fair_cost_micro_usd: 90_000, fair_basis: 'family' });
    t.match(saga, { fair_cost_micro_usd: 90_000, fair_basis: 'maker' });
    t.match(llama, claude);
    t.match(none, claude);
    t.match(configured, { cost_source: 'computed', cost_micro_usd: 30_000, price_of: 'claude-opus-5' });
    for (const use of nothing) t.match(use, { cost_source: 'unpriced', fair_cost_micro_usd: undefined });
    t.ok([opus, saga, llama, none].every((use) => use?.cost_micro_usd === undefined));
    t.equal(counted(test), 90_000 + 90_000 + 60_000 + 60_000);
    await sound(t, test);
  });

  t.test(on('what is not priced is told once of each model, and of many that there are more'), async (t) => {
    const test = await temporaryLedger(t, { engine });
    const models = Array.from({ length: 3 * limits.unpricedModelsTold }, (_, i) => `odd-${i}`);
    const commands = [...models, ...models].map((model) => usage('Ada', { model, tokens: { input: 1 } }));
    await test.ledger.submit(pool, { commands, advise: false });
    const told = (await test.events()).flatMap((event) => (event.type === 'alert.raised' ? [event.payload] : []));
    t.equal(told.length, limits.unpricedModelsTold + 1);
    t.match(told.at(-1), { subject: pool, text: /^Further models have no price/ });
    await test.record(usage('Ada', { model: `${'x'.repeat(limits.textCharactersMax)}`, tokens: { input: 1 } }));
    await sound(t, test);
  });

  t.test(on('the cost of telemetry, and of sums, is believed of models that the book knows'), async (t) => {
    const test = await temporaryLedger(t, { engine });
    const told = (model: string | undefined, request: string, more: object = {}) =>
      usage('Ada', {
        model,
        tokens: { input: 1_000 },
        cost_micro_usd: 123,
        meter: { provider: 'anthropic', rank: 'telemetry', request },
        ...more,
      });
    await test.record(
      told('claude-opus-5', 'req_1'),
      told('claude-opus-9', 'req_2'),
      told(undefined, 'req_3'),
      told('claude-opus-9', 'req_4', { tokens: undefined }),
      told('claude-opus-9', 'req_5', { meter: { provider: 'anthropic', rank: 'final', request: 'req_5' } }),
      told('claude-opus-5', 'req_6', { session: 's1', meter: { rule: 'sum' } }),
      told('claude-opus-9', 'req_7', { session: 's2', meter: { rule: 'sum' } }),
    );
    t.match(await uses(test), [
      { cost_source: 'reported', cost_micro_usd: 123 },
      { cost_source: 'unpriced', cost_micro_usd: undefined, fair_cost_micro_usd: 15_000 },
      { cost_source: 'unpriced', fair_basis: 'any' },
      { cost_source: 'unpriced', fair_basis: 'told', fair_cost_micro_usd: 123 },
      { cost_source: 'reported', cost_micro_usd: 123 },
      { cost_source: 'reported', cost_micro_usd: 123 },
      { cost_source: 'unpriced', fair_cost_micro_usd: 15_000 },
    ]);
    await sound(t, test);
  });

  t.test(on('a better sight is priced again, and one that knows a cost makes a use priced'), async (t) => {
    const test = await temporaryLedger(t, { engine });
    const seen = (payload: object) => usage('Ada', { model: 'claude-opus-9', meter: final, ...payload });
    await test.record(seen({ tokens: { output: 10 }, meter: { ...msg, rank: 'estimated' } }));
    t.equal(counted(test), 750);
    await test.record(seen({ tokens: { output: 1_000 } }));
    t.equal(counted(test), 75_000);
    await test.record(seen({ tokens: { output: 1_000 } }));
    const unpricedTokens = async () => {
      const sql = 'SELECT sum(unpriced_tokens) AS tokens FROM daily_resource_share';
      return Number((await test.ledger.query<{ tokens: number }>(sql))[0]?.tokens);
    };
    t.equal(await unpricedTokens(), 1_000);
    await test.record(seen({ tokens: { output: 1_000 }, cost_micro_usd: 20_000 }));
    t.equal(counted(test), 20_000);
    t.equal(await unpricedTokens(), 0);
    await test.record(seen({ tokens: { output: 1_100 }, model: 'claude-opus-5' }));
    t.equal(counted(test), 20_000, 'who knows the cost goes before the book');
    const differences = (await corrections(test)).map(({ difference, unpriced_tokens }) => [
      difference,
      unpriced_tokens,
    ]);
    t.strictSame(differences, [
      [{ fair_cost_micro_usd: 74_250, tokens: { output: 990 } }, 990],
      [{ cost_micro_usd: 20_000, fair_cost_micro_usd: -55_000 }, -1_000],
      [{ tokens: { output: 100 } }, undefined],
    ]);
    t.match((await corrections(test))[0], { fair_basis: 'family', price_of: 'claude-3-opus-latest' });
    await sound(t, test);
  });

  t.test(on('figures of a sight that was computed take its rates along'), async (t) => {
    const test = await temporaryLedger(t, { engine });
    const seen = (output: number, rank: string) =>
      usage('Ada', { model: 'claude-opus-5', tokens: { output }, meter: { ...msg, rank } });
    await test.record(seen(10, 'estimated'), seen(1_000, 'final'));
    t.match(await corrections(test), [
      { difference: { cost_micro_usd: 24_750 }, rates: { output: 25 }, price_of: 'claude-opus-5' },
    ]);
    t.equal(counted(test), 25_000);
    await sound(t, test);
  });

  t.test(on('sights of a model without a price come to the same in any order'), async (t) => {
    const responses = Array.from({ length: 20 }, (_, i) => i + 1);
    const sights = responses.flatMap((i) => {
      const [response, request] = [`msg_${i}`, `req_${i}`];
      const told = (rank: string, ids: object, output: number, cost?: number) =>
        usage('Ada', {
          model: i % 2 === 0 ? 'claude-opus-9' : 'claude-opus-5',
          tokens: { output },
          cost_micro_usd: cost,
          meter: { provider: 'anthropic', rank, ...ids },
        });
      return [
        told('estimated', { response, request }, 1),
        told('telemetry', { request }, 100 * i, 3_000 * i),
        told('final', { response, request }, 100 * i),
        told('final', { response }, 100 * i),
      ];
    });
    // $75 of Claude 3 Opus; of the model that is known, what telemetry says.
    const expected = responses.reduce((sum, i) => sum + (i % 2 === 0 ? 7_500 * i : 3_000 * i), 0);
    for (const seed of [1, 2]) {
      const random = randomSource(seed);
      const shuffled = sights.map((sight) => ({ sight, by: random() })).sort((a, b) => a.by - b.by);
      const test = await temporaryLedger(t, { engine });
      for (let from = 0; from < shuffled.length; from += 9) {
        const commands = shuffled.slice(from, from + 9).map(({ sight }) => sight);
        await test.ledger.submit(pool, { commands, advise: false });
      }
      t.equal(counted(test), expected, `seed ${seed}`);
      await sound(t, test);
    }
  });

  t.test(on('a new price changes the future'), async (t) => {
    const use = usage('Ada', { model: 'claude-x-9', tokens: { input: 1_000 } });
    const cheap = await temporaryLedger(t, { engine, prices: own({ model: 'claude-x-9', input: 1, output: 1 }) });
    await cheap.record(use);
    await cheap.close();
    const place = cheap.place;
    const dear = await temporaryLedger(t, { engine, place, prices: own({ model: 'claude-x-9', input: 9, output: 9 }) });
    await sound(t, dear);
    t.equal(counted(dear), 1_000, 'what was recorded stays');
    await dear.record(use);
    t.match(await uses(dear), [
      { cost_micro_usd: 1_000, rates: { input: 1 } },
      { cost_micro_usd: 9_000, rates: { input: 9 } },
    ]);
    t.equal(counted(dear), 10_000);
    await sound(t, dear);
  });

  t.test(on('what comes while the prices are loaded is recorded after what waits for them'), async (t) => {
    let load = (): void => undefined;
    const pricesWait = new Promise<void>((resolve) => {
      load = resolve;
    });
    const test = await temporaryLedger(t, { engine, pricesWait });
    const first = test.ledger.submitOne(pool, usage('Ada', { model: 'claude-opus-5', tokens: { input: 1_000 } }));
    await turns(2);
    const others = Array.from({ length: 600 }, () => test.ledger.submitOne(pool, usage('Ada', { cost_micro_usd: 1 })));
    await turns(20);
    load();
    const outcomes = await Promise.all([first, ...others]);
    const places = outcomes.map((outcome) => (outcome.status === 'recorded' ? outcome.receipt.seq : 0));
    t.strictSame(
      places,
      [...places].sort((a, b) => a - b),
    );
    t.equal(new Set(places).size, 601, 'each has a place of its own');
    t.equal(counted(test), 5_600);
    await sound(t, test);
  });

  t.test(on('a turn is settled with what its tokens cost, and a person corrects as told'), async (t) => {
    const test = await temporaryLedger(t, { engine });
    const outcome = await test.ledger.submitOne(
      pool,
      inside('turn.granted', { name: 'Ada' as IdentityName, model: 'claude-opus-5' }),
    );
    t.equal(outcome.status, 'recorded');
    const [granted] = (await test.events()).filter((event) => event.type === 'turn.granted');
    const { turn, token } = (granted as EventOf<'turn.granted'>).payload;
    const settled = { turn, token, usage: { tokens: { output: 1_000 } } };
    await test.record(command('turn.settled', settled));
    t.match(await uses(test), [{ cost_source: 'computed', cost_micro_usd: 25_000 }]);
    const [use] = (await test.events()).filter(({ type }) => type === 'usage.recorded');
    const difference = { tokens: { output: -500 }, cost_micro_usd: -12_500 };
    await test.record(command('usage.corrected', { corrects: use?.id, difference, reason: 'a test' }));
    t.equal(counted(test), 12_500);
    await sound(t, test);
  });
}

for (const engine of variants) tests(engine);
