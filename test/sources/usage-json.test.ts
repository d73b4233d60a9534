// Goal: what a collector pushes is one window each, however often it is said in it, and never the credentials it was asked with.
import { test } from 'tap';
import { usageJson } from '../../src/sources/usage-json.js';
import { readText, windowsOf } from '../support/read-source.js';

// Times without a zone are in UTC wherever they are read.
process.env.TZ = 'America/Lima';

const reset = '2026-05-14T15:00:00.000Z';
const read = (body: unknown) => readText(usageJson, JSON.stringify(body));
const windows = (body: unknown) => windowsOf(read(body));
const weekly = (name: string | null, more: object = {}) => ({
  kind: 'weekly_scoped',
  percent: 82,
  resets_at: reset,
  scope: { model: { id: null, display_name: name }, surface: null },
  ...more,
});

test('windows have percentages; what has none is none', async (t) => {
  const found = windows({
    five_hour: { utilization: 6, resets_at: reset },
    seven_day: { utilization: 35.5, resets_at: null },
    seven_day_opus: { utilization: '0', resets_at: null },
    seven_day_overage_included: { utilization: 4 },
    seven_day_sonnet: null,
    extra_usage: { is_enabled: true, monthly_limit: 1_000, used_credits: 500, utilization: 50 },
  });
  t.same(found, {
    session_5hour: { percentBp: 600, durationS: 18_000, resetsAt: reset, suspect: true },
    week_all: { percentBp: 3_550, durationS: 604_800, resetsAt: null },
    week_opus: { percentBp: 0, durationS: 604_800, resetsAt: null },
    week_fable: { percentBp: 400, durationS: 604_800, resetsAt: null },
    extra_usage: { percentBp: 5_000, resetsAt: null },
  });
  t.same(read({ five_hour: { utilization: null, resets_at: null } }).skipped, {
    'window-without-percent': 1,
    'no-windows': 1,
  });
  t.same(windows({ extra_usage: { is_enabled: false, utilization: 0 } }), {});
});

test('limits are classified by kind, and say the same as the windows beside them', async (t) => {
  const found = windows({
    five_hour: { utilization: 29, resets_at: reset },
    limits: [
      { kind: 'session', percent: 30, resets_at: reset, label: 'Weekly limit', is_active: false },
      { kind: 'weekly_all', percent: 26, resets_at: reset, scope: null },
      weekly('Fable', { is_active: true }),
      weekly('Sonnet 5'),
      { kind: 'fortnight', percent: 1 },
    ],
  });
  t.match(found, {
    session_5hour: { percentBp: 3_000, active: false },
    week_all: { percentBp: 2_600, resetsAt: reset },
    week_fable: { percentBp: 8_200, scope: 'Fable', active: true },
    week_sonnet_5: { scope: 'Sonnet 5' },
    fortnight: { percentBp: 100 },
  });
  t.equal(Object.keys(found).length, 5);
  t.same(read({ limits: [weekly(null), { percent: 5 }, 7] }).skipped, { 'window-without-name': 3, 'no-windows': 1 });
});

test('keys that are code names are ignored, and counted where they hold something', async (t) => {
  const { observations, skipped } = read({
    seven_day: { utilization: 1 },
    iguana_hat: { utilization: 20 },
    tea: null,
    constructor: { utilization: 20 },
  });
  t.same(Object.keys(windowsOf({ observations })), ['week_all']);
  t.same(skipped, { 'window-unknown': 2 });
});

test('resets are instants in any of the forms that collectors write', async (t) => {
  const at = (resets_at: unknown) =>
    (windows({ seven_day: { utilization: 1, resets_at } }).week_all as { resetsAt: unknown }).resetsAt;
  const ms = Date.parse(reset);
  t.equal(at(ms / 1_000), reset, 'seconds');
  t.equal(at(String(ms / 1_000)), reset, 'as text');
  t.equal(at(ms), reset, 'milliseconds');
  t.equal(at('2026-05-14T15:00:00.123456+00:00'), '2026-05-14T15:00:00.123Z', 'microseconds');
  t.equal(at('2026-05-14T15:00:00'), reset, 'without a zone');
  t.equal(at('2026-05-14T17:00+02:00'), reset, 'of a zone');
  for (const none of [0, null, '', 'tomorrow', '2026-05-14', '2026-13-14T15:00:00Z', -1, 12, 1e300, true, {}]) {
    t.equal(at(none), null, JSON.stringify(none));
  }
  t.same(read({ seven_day: { utilization: 1, resets_at: 'tomorrow' } }).skipped, { 'reset-unreadable': 1 });
  t.same(read({ seven_day: { utilization: 1, resets_at: 0 } }).skipped, {}, 'none is no fault');
});

test('a percentage above 101 is not believed', async (t) => {
  const { observations, skipped } = read({
    five_hour: { utilization: 1_778_688_000 },
    seven_day: { utilization: 101 },
    seven_day_opus: { utilization: 101.01 },
    extra_usage: { is_enabled: true, utilization: -1 },
  });
  t.match(windowsOf({ observations }), {
    session_5hour: { percentBp: null, rejected: true },
    week_all: { percentBp: 10_100 },
    week_opus: { rejected: true },
  });
  t.same(skipped, { 'percent-above-101': 2, 'percent-unreadable': 1 });
  for (const value of ['1e400', `"${'1'.repeat(50)}"`, '"0x10"', '""', '{}']) {
    const body = `{"seven_day":{"utilization":${value}}}`;
    t.same(readText(usageJson, body).skipped, { 'percent-unreadable': 1, 'no-windows': 1 }, value);
  }
});

test('the app server of Codex says a limit twice: it is one', async (t) => {
  const seconds = Date.parse(reset) / 1_000;
  const first = {
    limitId: 'codex',
    primary: { usedPercent: 57, windowDurationMins: 300, resetsAt: seconds },
    secondary: { usedPercent: 79, windowDurationMins: 10_080, resetsAt: seconds },
    credits: { hasCredits: true, balance: '12.5' },
  };
  const spark = { limitId: 'codex_spark', limitName: 'Spark', primary: { usedPercent: 0, windowDurationMins: 300 } };
  const none = { primary: { usedPercent: 0, windowDurationMins: 0, resetsAt: null }, secondary: null };
  const body = { rateLimits: first, rateLimitsByLimitId: { codex: first, codex_spark: spark, codex_none: none } };
  t.match(windows(body), {
    codex_300m: { percentBp: 5_700, durationS: 18_000 },
    codex_10080m: { percentBp: 7_900, durationS: 604_800, resetsAt: reset },
    codex_spark_300m: { percentBp: 0, label: 'Spark' },
  });
  t.equal(Object.keys(windows(body)).length, 3, 'and what has no minutes and no reset is none');
  t.match(windows({ rateLimits: { primary: { usedPercent: 5 } } }), { codex_primary: { percentBp: 500 } });
  for (const windowDurationMins of [0, -300, 1.5, 1_000_000_000, 'many']) {
    const strange = windows({ rateLimits: { primary: { usedPercent: 5, windowDurationMins } } });
    t.same(strange, { codex_primary: { percentBp: 500, resetsAt: null } }, `${windowDurationMins} minutes`);
  }
});

test('an event of the client about a limit is told in fractions', async (t) => {
  const resetsAt = Date.parse('2026-05-13T15:00:00Z') / 1_000;
  const event = (rate_limit_info: object) => ({ type: 'rate_limit_event', rate_limit_info });
  const near = { status: 'allowed_warning', resetsAt, rateLimitType: 'five_hour', utilization: 0.855 };
  t.same(windows(event(near)), {
    session_5hour: { percentBp: 8_550, durationS: 18_000, resetsAt: '2026-05-13T15:00:00.000Z' },
  });
  const unifiedWindows = { five_hour: { utilization: 0.86 }, seven_day: { utilization: 1.02, resetsAt }, none: null };
  t.match(windows(event({ ...near, unifiedWindows })), {
    session_5hour: { percentBp: 8_550 },
    week_all: { percentBp: 10_000, exhausted: true, rawPercent: '1.02' },
  });
  const refused = { status: 'rejected', resetsAt };
  t.match(windows(event({ ...refused, rateLimitType: 'seven_day_opus', utilization: 0.99 })), {
    week_opus: { percentBp: 10_000, exhausted: true, resetsAt: '2026-05-13T15:00:00.000Z' },
  });
  t.match(windows(event(refused)), { unknown: { exhausted: true } }, 'which one is not said');
  const allowed = event({ status: 'allowed', resetsAt, rateLimitType: 'five_hour' });
  t.same(read(allowed).skipped, { 'no-windows': 1 }, 'all is well');
  const bad = event({ ...near, utilization: 'much', unifiedWindows: { seven_day: {} } });
  t.same(read(bad).skipped, { 'percent-unreadable': 1, 'window-without-percent': 1, 'no-windows': 1 });
});

test('a body with credentials is refused whole', async (t) => {
  const found = read({ claudeAiOauth: { accessToken: 'very-invented' }, five_hour: { utilization: 1 } });
  t.same(found.observations, []);
  t.type(found.refused, 'string');
  t.notMatch(JSON.stringify(found), /invented/);
});
