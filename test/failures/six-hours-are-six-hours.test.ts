// Goal: the last six hours, asked of the tables by SQL as the guide says, are the last six hours, whatever time of the day it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { ManualClock } from '../support/clock.js';
import { command, usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import { pool, temporaryLedger } from '../support/ledger.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const keys = ['pool', 'claude_name', 'date'];
const amounts = [
  ...['tokens', 'cost_micro_usd'].flatMap((unit) =>
    ['autonomous', 'collaborative', 'total'].map((mode) => `${mode}_${unit}`),
  ),
  'unpriced_tokens',
  'reports',
  'corrections',
];

/** What the guide tells people to ask, in its order. */
function questionsFor({ name }: Variant): string[] {
  const guide = readFileSync(join(packageRoot, 'docs/guides/query-tables.md'), 'utf8');
  return [...guide.matchAll(/^```sql (\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, engine]) => engine === name)
    .map(([, , sql]) => (sql as string).trim().replace(/;$/, ''));
}

for (const variant of variants) {
  test(`on ${variant.name}`, async (t) => {
    const now = Date.now();
    const clock = new ManualClock(now - 30 * hourMs);
    const opened = await temporaryLedger(t, { engine: variant, clock });
    const { ledger } = opened;
    const at = async (ago: number, tokens: number, occurredAgo = ago) => {
      clock.advance(now - ago - clock.now());
      const payload = { tokens: { input: tokens }, cost_micro_usd: tokens * 250 };
      await opened.record(usage('Ada', payload, { occurred_at: now - occurredAgo }));
    };
    await at(25 * hourMs, 1);
    await at(23 * hourMs, 10);
    for (let minutes = 12 * 60; minutes > 6 * 60; minutes -= 30) await at(minutes * minuteMs, 100);
    await at(5 * hourMs, 1_000);
    await at(hourMs, 10_000);
    await at(hourMs, 100_000, 7 * hourMs);

    const recorded = [{ claude_name: 'Ada', tokens: 111_000 }];
    const happened = [{ claude_name: 'Ada', tokens: 11_000 }];
    const questions = questionsFor(variant);
    const answers = [];
    for (const sql of questions) answers.push(await ledger.query<{ claude_name: string; tokens: number }>(sql));
    const asNumbers = answers.map((rows) => rows.map((row) => ({ ...row, tokens: Number(row.tokens) })));
    t.strictSame(asNumbers, [recorded, happened, happened], questions.join('\n'));

    const recent = await ledger.query<Record<string, unknown>>('SELECT * FROM recent_increments');
    t.equal(recent.length, 16, 'a day of them');
    t.match(recent[0], {
      pool,
      timestamp: new Date(now - hourMs).toISOString(),
      occurred_at: now - hourMs,
      recorded_at: now - hourMs,
      total_tokens: 10_000,
      cost_micro_usd: 2_500_000,
      cost_usd: 2.5,
      corrects: null,
    });
    const times = recent.map(({ occurred_at }) => occurred_at as number);
    t.strictSame(
      times,
      times.toSorted((a, b) => b - a),
      'the newest first',
    );

    const hours = await ledger.query<Record<string, unknown>>('SELECT * FROM usage_by_hour ORDER BY hour DESC');
    const began = Math.floor((now - hourMs) / hourMs) * hourMs;
    t.strictSame(hours[0], {
      pool,
      claude_name: 'Ada',
      hour: new Date(began).toISOString(),
      hour_at: began,
      autonomous_tokens: 10_000,
      collaborative_tokens: 0,
      total_tokens: 10_000,
      autonomous_cost_micro_usd: 2_500_000,
      collaborative_cost_micro_usd: 0,
      total_cost_micro_usd: 2_500_000,
      autonomous_cost_usd: 2.5,
      collaborative_cost_usd: 0,
      total_cost_usd: 2.5,
      unpriced_tokens: 0,
      reports: 1,
      corrections: 0,
    });
    const sum = hours.reduce((total, { total_tokens }) => total + (total_tokens as number), 0);
    t.equal(sum, 112_211, 'every use is in one hour');
  });

  test(`hours on ${variant.name} add up to the days`, async (t) => {
    const clock = new ManualClock(noon);
    const opened = await temporaryLedger(t, { engine: variant, clock });
    const { ledger } = opened;
    const [first] = await opened.record(
      usage('Ada', { tokens: { input: 5 }, cost_micro_usd: 7 }),
      usage('Ada', { tokens: { output: 11 }, mode: 'collaboration', cost_micro_usd: 13 }),
      usage('Ada', { tokens: { output: 17 } }, { occurred_at: noon - hourMs }),
      usage('Grace', { tokens: { output: 19 }, mode: 'collaboration' }),
    );
    clock.advance(20 * hourMs);
    const difference = { tokens: { input: -1 }, cost_micro_usd: -2 };
    await opened.record(
      command('usage.corrected', { corrects: first?.id, reason: 'typo', difference }),
      usage('Ada', { cost_micro_usd: 23 }),
    );
    const days = await ledger.query(`SELECT ${[...keys, ...amounts].join(', ')}
      FROM daily_resource_share ORDER BY date, claude_name`);
    const hours = await ledger.query<Record<string, unknown>>(`SELECT pool, claude_name, substr(hour, 1, 10) AS date,
      ${amounts.map((name) => `sum(${name}) AS ${name}`).join(', ')}
      FROM usage_by_hour GROUP BY pool, claude_name, substr(hour, 1, 10) ORDER BY 3, claude_name`);
    t.equal(days.length, 3);
    t.match(days[0], { claude_name: 'Ada', total_tokens: 32, total_cost_micro_usd: 18, unpriced_tokens: 17 });
    const asNumbers = hours.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, amounts.includes(name) ? Number(value) : value]),
      ),
    );
    t.strictSame(asNumbers, days);
  });
}
