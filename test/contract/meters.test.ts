/**
 * Goal: a response of a model counts once, with the best figures, whoever tells of it, in whatever order and how often; on both
 * engines, over restarts, and as a replay has it.
 */
import t, { type Test } from 'tap';
import type { MeterRank } from '../../src/events/meter.js';
import { command, usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { logFault, pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { randomSource } from '../support/random.js';

interface Told {
  readonly response?: string;
  readonly request?: string;
  readonly rank?: MeterRank;
  readonly sidechain?: true;
  readonly says_speed?: true;
  readonly part?: string;
}

/** A report of a response: its ids, its tokens, its cost in micro-dollars. */
const told = (meter: Told, tokens: Record<string, number>, cost?: number, name = 'Ada') =>
  usage(name, {
    meter: { provider: 'anthropic', rank: 'final', ...meter },
    model: 'claude-opus-5',
    tokens,
    cost_micro_usd: cost,
  });

/** What the increments of the pool add up to, and how many uses and corrections there are. */
async function totals({ ledger }: TestLedger): Promise<Record<string, number>> {
  const sql = `SELECT sum(input_tokens) AS input, sum(output_tokens) AS output, sum(reasoning_tokens) AS reasoning,
    sum(cost_micro_usd) AS cost, sum(total_tokens) AS total,
    sum(CASE WHEN corrects IS NULL THEN 1 ELSE 0 END) AS uses FROM resource_share_increments`;
  const [row] = await ledger.query<Record<string, number | string | null>>(sql);
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]));
}

async function sound(t: Test, test: TestLedger): Promise<void> {
  t.equal(logFault(await test.stored()), null);
  t.equal((await test.replay({ check: true })).identical, true, 'a replay has the same rows');
}

const msg = { response: 'msg_1', request: 'req_1' };

function tests(engine: Variant): void {
  const ledger = (t: Test) => temporaryLedger(t, { engine });

  t.test(`${engine.name}: what is told again changes nothing, what is larger corrects`, async (t) => {
    const test = await ledger(t);
    const outcomes = await test.ledger.submit(pool, {
      commands: [
        told({ ...msg, rank: 'estimated' }, { input: 100, output: 1 }),
        told({ ...msg, rank: 'estimated' }, { input: 100, output: 1 }),
        told(msg, { input: 90, output: 40, reasoning: 7 }, 500),
      ],
    });
    t.match(outcomes, [
      { status: 'recorded', instead: undefined },
      { status: 'repeated' },
      { status: 'recorded', instead: 'usage.corrected' },
    ]);
    await test.record(told(msg, { input: 90, output: 40, reasoning: 7 }, 500), told(msg, { input: 90, output: 39 }));
    t.strictSame(await totals(test), { input: 90, output: 40, reasoning: 7, cost: 500, total: 137, uses: 1 });
    t.equal((await test.events()).filter(({ type }) => type === 'usage.corrected').length, 1);
    await test.record(told(msg, { input: 90, output: 41, reasoning: 7 }, 510));
    t.match(await totals(test), { output: 41, cost: 510, uses: 1 }, 'within a rank the larger total counts');
    await sound(t, test);
  });

  t.test(`${engine.name}: telemetry knows the request alone`, async (t) => {
    const test = await ledger(t);
    await test.record(told({ request: 'req_1', rank: 'telemetry' }, { input: 50, output: 40 }, 700));
    await test.record(told(msg, { input: 50, output: 30, reasoning: 10 }));
    t.match(await totals(test), { input: 50, output: 30, reasoning: 10, cost: 700, uses: 1 });
    await test.record(told({ response: 'msg_1' }, { input: 50, output: 30, reasoning: 10 }));
    await test.record(told({ request: 'req_1', rank: 'telemetry' }, { input: 50, output: 400 }, 700));
    t.match(await totals(test), { output: 30, uses: 1 }, 'a higher rank is not replaced by a lower one');
    await test.record(told({ request: 'req_2', rank: 'telemetry' }, { input: 1 }));
    t.match(await totals(test), { input: 51, uses: 2 });
    await sound(t, test);
  });

  t.test(`${engine.name}: two that turn out to be one count once`, async (t) => {
    const test = await ledger(t);
    await test.record(told({ request: 'req_1', rank: 'telemetry' }, { input: 50, output: 40 }, 700, 'Ada'));
    await test.record(told({ response: 'msg_1' }, { input: 50, output: 44 }, 720, 'Bo'));
    t.match(await totals(test), { input: 100, cost: 1_420, uses: 2 }, 'nobody can know yet');
    await test.record(told(msg, { input: 50, output: 44 }, 720, 'Bo'));
    t.match(await totals(test), { input: 50, output: 44, cost: 720, uses: 2 });
    const rows = await test.ledger.query<{ name: string; input: number }>(
      'SELECT claude_name AS name, sum(input_tokens) AS input FROM resource_share_increments GROUP BY claude_name ORDER BY 1',
    );
    t.strictSame(
      rows.map(({ name, input }) => [name, Number(input)]),
      [
        ['Ada', 50],
        ['Bo', 0],
      ],
      'it counts for who told of it first',
    );
    await test.record(
      told(msg, { input: 50, output: 44 }, 720),
      told({ response: 'msg_1' }, { input: 50, output: 44 }, 720),
    );
    t.match(await totals(test), { input: 50, output: 44, cost: 720 });
    await sound(t, test);
  });

  t.test(
    `${engine.name}: a sub-agent repeats a response under another request, another response has another`,
    async (t) => {
      const test = await ledger(t);
      await test.record(told({ ...msg, sidechain: true }, { input: 10 }));
      await test.record(told({ response: 'msg_1', request: 'req_9' }, { input: 8 }));
      t.match(await totals(test), { input: 8, uses: 1 }, "the session's own record counts");
      await test.record(told({ response: 'msg_1', request: 'req_1', sidechain: true }, { input: 7 }));
      t.match(await totals(test), { input: 8, uses: 1 });
      await test.record(told({ response: 'msg_2', request: 'req_2' }, { input: 1 }));
      await test.record(told({ response: 'msg_2', request: 'req_3' }, { input: 1 }));
      t.match(await totals(test), { input: 10, uses: 3 }, 'two requests are two responses');
      await test.record(told({ response: 'msg_2', request: 'req_2', part: 'compaction' }, { input: 5 }));
      t.match(await totals(test), { input: 15, uses: 4 }, 'what a response needed beside itself is another use');
      await sound(t, test);
    },
  );

  t.test(`${engine.name}: what a person took away stays away`, async (t) => {
    const test = await ledger(t);
    const [receipt] = await test.record(told(msg, { input: 100, output: 10 }, 900));
    const difference = { tokens: { input: -100 }, cost_micro_usd: -900 };
    await test.record(command('usage.corrected', { corrects: receipt?.id, difference, reason: 'a test' }));
    await test.record(told({ ...msg, sidechain: undefined }, { input: 60, output: 90 }, 700));
    t.match(await totals(test), { input: 0, output: 90, cost: 0, uses: 1 }, 'nothing falls below zero');
    await sound(t, test);
  });

  t.test(`${engine.name}: sights in any order, any of them twice, come to the same`, async (t) => {
    const responses = Array.from({ length: 40 }, (_, i) => i);
    const sights = responses.flatMap((i) => {
      const [response, request] = [`msg_${i}`, `req_${i}`];
      const final = { input: 10 * i, output: i, reasoning: i % 3 };
      return [
        told({ response, request, rank: 'estimated' }, { input: 10 * i, output: 1 }),
        told({ response, request }, final, 100 * i),
        told({ request, rank: 'telemetry' }, { input: 10 * i, output: i + (i % 3) }, 100 * i),
        ...(i % 4 === 0
          ? [told({ response, request: `other_${i}`, sidechain: true as const }, { input: 10 * i })]
          : []),
      ];
    });
    const once = await ledger(t);
    await once.record(
      ...responses.map((i) =>
        told({ response: `msg_${i}`, request: `req_${i}` }, { input: 10 * i, output: i, reasoning: i % 3 }, 100 * i),
      ),
    );
    const { uses: _, ...expected } = await totals(once);
    for (let seed = 0; seed < 3; seed++) {
      const random = randomSource(seed);
      const shuffled = [...sights, ...sights.filter(() => random() < 0.3)]
        .map((sight) => ({ sight, by: random() }))
        .sort((a, b) => a.by - b.by)
        .map(({ sight }) => sight);
      const test = await ledger(t);
      for (let from = 0; from < shuffled.length; from += 25) {
        await test.ledger.submit(pool, { commands: shuffled.slice(from, from + 25), advise: false });
      }
      const { uses, ...found } = await totals(test);
      t.strictSame(found, expected, `seed ${seed}, with ${uses} uses`);
      await sound(t, test);
    }
  });
}

for (const engine of variants) tests(engine);
