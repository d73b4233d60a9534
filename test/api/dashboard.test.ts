/** Goal: the numbers of the dashboard, each worked out by hand, under every key of the original. */
import t from 'tap';
import { command, reading, register, usage } from '../support/command.js';
import { noon } from '../support/fold.js';
import { shapeOf, testServer } from './support.js';

const dayMs = 86_400_000;
const pie = { labels: ['string'], data: ['number'] };

t.test('every key is there, and the numbers are right', async (t) => {
  const server = await testServer(t);
  await server.record(
    register('Ada', { model: 'claude-sonnet-4-5', ip_address: '10.0.0.1', collaborative_pref: 30 }),
    usage('Ada', { cost_micro_usd: 1_250_000 }),
    usage('Ada', { cost_micro_usd: 250_000, mode: 'collaboration' }),
    usage('Ada', { cost_micro_usd: 3_500_000, mode: 'collaboration' }, { occurred_at: noon - 6 * dayMs }),
    usage('Ada', { cost_micro_usd: 9_000_000 }, { occurred_at: noon - 7 * dayMs }),
    usage('Bob', { cost_micro_usd: 500_000, mode: 'collaboration' }),
    command('quota.read', {
      windows: [
        { key: 'session_5hour', percent_bp: 4_250, resets_at: noon + 3_600_000 },
        { key: 'week_all', percent_bp: 1_275, resets_at: noon + 3 * dayMs },
        { key: 'week_sonnet', percent_bp: 50, resets_at: noon + 3 * dayMs },
      ],
    }),
    command('agent.paused', { name: 'Bob', until: noon + 5_400_000 }),
  );
  const body = (await server.get('/dashboard/json')).json();
  const { forecasts, ...original } = body;
  // A number, whole or not.
  t.type(original.quota_metrics.quota_brake_multiplier, 'number');
  original.quota_metrics.quota_brake_multiplier = 1;
  t.equal(original.claudes[0].balance, 0, 'a newcomer starts level with the others');
  t.strictSame(shapeOf(original), {
    quota: {
      session_5hour: 'number',
      week_all: 'number',
      week_sonnet: 'number',
      session_5hour_reset: 'string',
      week_reset: 'string',
      timestamp: 'string',
    },
    quota_metrics: {
      base_interval: 'integer',
      base_interval_minutes: 'integer',
      allocation_mode: 'string',
      quota_brake_multiplier: 'integer',
      quota_brake_active: 'boolean',
      last_24hr_cost: 'integer',
      quota_runout_prediction: 'null',
    },
    claudes: [
      {
        name: 'string',
        model: 'string',
        ip_address: 'string',
        is_paused: 'boolean',
        pause_until_display: 'null',
        autonomous_usage: 'number',
        collaborative_usage: 'number',
        total_usage: 'number',
        collab_percentage: 'number',
        weekly_autonomous: 'number',
        weekly_collaborative: 'number',
        weekly_total: 'integer',
        weekly_collab_percentage: 'integer',
        collab_pref: 'integer',
        daily_status: 'string',
        daily_status_emoji: 'string',
        weekly_status: 'string',
        weekly_status_emoji: 'string',
        weekly_status_text: 'string',
        next_prompt_due: 'string',
        recent_interval: 'integer',
        recent_interval_display: 'string',
        state: 'string',
        share: 'number',
        balance: 'integer',
        interval_reason: 'string',
      },
    ],
    weekly_pie: { labels: ['string'], data: ['integer'] },
    daily_pie: pie,
    weekly_autonomous_pie: pie,
    daily_autonomous_pie: pie,
    generated_at: 'string',
  });
  t.match(forecasts, [
    { window: 'session_5hour', percent: 42.5, budget_known: false, runout: null },
    { window: 'week_all', percent: 12.75 },
    { window: 'week_sonnet', percent: 0.5 },
  ]);
  t.match(body.quota, { session_5hour: 42.5, week_all: 12.75, week_sonnet: 0.5 });
  t.equal(body.quota.week_reset, new Date(noon + 3 * dayMs).toISOString().replace('Z', '+00:00'));
  t.equal(body.quota_metrics.last_24hr_cost, 2);
  const [ada, bob] = body.claudes;
  t.match(ada, {
    name: 'Ada',
    autonomous_usage: 1.25,
    collaborative_usage: 0.25,
    total_usage: 1.5,
    collab_percentage: 16.7,
    daily_status: 'available',
    weekly_autonomous: 1.25,
    weekly_collaborative: 3.75,
    weekly_total: 5,
    weekly_collab_percentage: 75,
    weekly_status: 'busy',
    next_prompt_due: /^in \d+ min$/,
    recent_interval_display: /^\d+ min$/,
  });
  t.match(bob, { name: 'Bob', is_paused: true, collab_pref: 50, daily_status: 'busy' });
  t.match(bob.pause_until_display, /13:30/);
  t.strictSame(body.weekly_pie, { labels: ['Ada', 'Bob'], data: [5, 0.5] });
  t.strictSame(body.daily_autonomous_pie, { labels: ['Ada'], data: [1.25] });
});

t.test('without a reading quota is null; a partly read window is null, never a server error', async (t) => {
  const server = await testServer(t);
  await server.record(usage('Ada'));
  t.equal((await server.get('/dashboard/json')).json().quota, null);
  await server.record(reading('week_sonnet', 1_000));
  t.strictSame((await server.get('/dashboard/json')).json().quota, {
    session_5hour: null,
    week_all: null,
    week_sonnet: 10,
    session_5hour_reset: null,
    week_reset: null,
    timestamp: new Date(noon).toISOString().replace('Z', '+00:00'),
  });
  t.equal((await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy' })).statusCode, 200);
  t.equal((await server.get('/dashboard')).statusCode, 200);
});

t.test('the last 24 hours end at this very millisecond, at 00:05 UTC as at noon', async (t) => {
  const server = await testServer(t);
  server.clock.goTo(Math.ceil(noon / dayMs) * dayMs + 300_000);
  const from = server.clock.now() - dayMs;
  await server.record(
    usage('Ada', { cost_micro_usd: 1_000_000 }, { occurred_at: from }),
    usage('Ada', { cost_micro_usd: 2_000_000 }, { occurred_at: from + 1 }),
    usage('Ada', { cost_micro_usd: 4_000_000 }, { occurred_at: server.clock.now() }),
  );
  t.equal((await server.get('/dashboard/json')).json().quota_metrics.last_24hr_cost, 6);
});

t.test('the status follows the preferred share of collaboration', async (t) => {
  const server = await testServer(t);
  for (const [name, collaborative, expected, emoji, text] of [
    ['Below', 49, 'available', '🟢', 'Below weekly target'],
    ['At', 50, 'moderate', '🟡', 'At weekly target'],
    ['Above', 59, 'moderate', '🟡', 'At weekly target'],
    ['Over', 60, 'busy', '🔴', 'Over weekly target'],
  ] as const) {
    await server.record(
      usage(name, { cost_micro_usd: (100 - collaborative) * 1_000 }),
      usage(name, { cost_micro_usd: collaborative * 1_000, mode: 'collaboration' }),
    );
    const { claudes } = (await server.get('/dashboard/json')).json();
    const found = claudes.find((claude: { name: string }) => claude.name === name);
    t.match(found, { daily_status: expected, daily_status_emoji: emoji, weekly_status_text: text }, name);
  }
});

t.test('an agent that has not run yet is told of in the words of the original', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), register('Bob'), command('agent.paused', { name: 'Bob' }));
  const [ada, bob] = (await server.get('/dashboard/json')).json().claudes;
  t.match(ada, {
    recent_interval: null,
    recent_interval_display: 'N/A',
    next_prompt_due: 'No recent activity',
    is_paused: false,
    pause_until_display: null,
    collab_percentage: 0,
    daily_status: 'available',
    daily_status_emoji: '🟢',
    weekly_status_emoji: '🟢',
    weekly_status_text: 'Below weekly target',
  });
  t.match(bob, { is_paused: true, pause_until_display: 'until resumed' });
});

t.test('how much of its time is over follows from the length of a window', async (t) => {
  const server = await testServer(t);
  await server.record(
    command('quota.read', {
      windows: [
        { key: 'session_5hour', percent_bp: 100, resets_at: noon + 3_600_000 },
        { key: 'week_all', percent_bp: 100, resets_at: noon + 3 * dayMs },
        { key: 'week_sonnet', percent_bp: 100, resets_at: noon + 1.75 * dayMs },
      ],
    }),
  );
  const { body } = await server.get('/dashboard');
  // An hour of 5 is left, 3 days of 7, and 1.75 days of 7.
  const over = [...body.matchAll(/([\d.]+) % of its time is over/g)].map(([, percent]) => percent);
  t.strictSame(over, ['80', '57.1', '75']);
});

t.test('the page shows the same numbers, escapes everything, and loads nothing', async (t) => {
  const server = await testServer(t);
  await server.record(
    register("O'Neil & Co", { model: '<img src=x onerror=alert(1)>', weight: 2 }),
    usage("O'Neil & Co", { cost_micro_usd: 1_234_567 }),
    reading('session_5hour', 9_700, { resets_at: noon + 1_800_000, label: '<b>5 h</b>' }),
    command('alert.raised', { rule: 'r', subject: '<i>s</i>', text: '"<script>alert(1)</script>"', dedupe_key: 'k' }),
    command('agent.paused', { name: "O'Neil & Co" }),
  );
  server.clock.advance(7_200_000);
  const response = await server.get('/dashboard');
  t.equal(response.statusCode, 200);
  const { body } = response;
  t.match(body, 'O&#39;Neil &amp; Co');
  for (const part of ['$1.23', '97 %', 'stale', 'paused until resumed', '&lt;script&gt;', '15 min'])
    t.match(body, part);
  t.notMatch(body, /<script>|<img|<i>s|<b>5 h/);
  t.notMatch(body, /(src|href)="(https?:)?\/\//, 'no resource of another server');
  t.notMatch(body, 'http-equiv', 'nobody is taken to another place while reading');
  const policy = String(response.headers['content-security-policy']);
  t.match(policy, /^default-src 'none'; script-src 'self' 'nonce-[\w+/=]+'; style-src 'self' 'nonce-/);
  t.notMatch(body, / style="/, 'the policy forbids style attributes');
  t.equal(response.headers['x-content-type-options'], 'nosniff');
});

t.test('the page says what the week was used for: by model and by project, corrections included', async (t) => {
  const server = await testServer(t);
  const page = async () => (await server.get('/dashboard')).body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  t.notMatch(await page(), /Models|Projects/, 'nothing is said where no report says it');
  const wrong = await server.send('usage.recorded', {
    name: 'Ada',
    mode: 'autonomy',
    model: 'claude-opus-5',
    project: 'p1',
    tokens: { input: 1_000 },
    cost_micro_usd: 3_000_000,
  });
  await server.record(
    usage('Ada', { model: 'claude-haiku-4-5', project: 'p2', cost_micro_usd: 500_000, tokens: { input: 70 } }),
    usage('Bob', { cost_micro_usd: 250_000 }),
    usage('Bob', { model: 'claude-old', cost_micro_usd: 9_000_000 }, { occurred_at: noon - 7 * dayMs }),
    ...Array.from({ length: 9 }, (_, i) => usage('Bob', { project: `q${i}`, cost_micro_usd: 1_000 })),
  );
  await server.send('usage.corrected', {
    corrects: wrong.id,
    difference: { cost_micro_usd: -1_000_000, tokens: { input: -400 } },
    reason: 'counted too much',
  });
  server.clock.advance(1_500);
  const text = await page();
  t.match(
    text,
    /Model Cost Tokens Reports claude-opus-5 \$2\.00 \S+ % 600 1 claude-haiku-4-5 \$0\.50\d* \S+ % 70 1 not said/,
  );
  t.match(text, /Project Cost Tokens Reports p1 \$2\.00 \S+ % 600 1 p2 \$0\.50/);
  t.match(text, /5 others \$0\.005/, 'many are put together');
  t.notMatch(text, /claude-old/, 'of a week ago');
});
