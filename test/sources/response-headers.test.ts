// Goal: what providers say of windows in the headers of their answers is read exactly, and nothing else in them is a window.
import { test } from 'tap';
import { responseHeaders } from '../../src/sources/response-headers.js';
import { quotas, readText, windowsOf } from '../support/read-source.js';

type Headers = Readonly<Record<string, unknown>>;

const at = '2026-05-13T12:00:00.000Z';
const reset = '2026-05-13T15:00:00.000Z';
const seconds = String(Date.parse(reset) / 1_000);
const read = (headers: Headers) => readText(responseHeaders, JSON.stringify({ status: 200, headers }), { at });
const windows = (headers: Headers) => windowsOf(read(headers));
const unified = (fields: Headers): Headers =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]));

test('windows are found by pattern, their use is a fraction', async (t) => {
  const found = windows(
    unified({
      status: 'allowed',
      reset: seconds,
      'representative-claim': 'five_hour',
      '5h-status': 'allowed',
      '5h-utilization': '0.29',
      '5h-reset': seconds,
      '7d-utilization': '0.4305',
      '7d_oi-utilization': 0.33,
      '7d_opus-utilization': '0.64',
      '9x-utilization': '0.2',
      'overage-status': 'allowed',
      'overage-utilization': '0.11',
      'overage-in-use': 'true',
      'fallback-percentage': '0.5',
    }),
  );
  t.same(found, {
    session_5hour: { percentBp: 2_900, durationS: 18_000, resetsAt: reset },
    week_all: { percentBp: 4_305, durationS: 604_800, resetsAt: null },
    week_fable: { percentBp: 3_300, durationS: 604_800, resetsAt: null },
    week_opus: { percentBp: 6_400, durationS: 604_800, resetsAt: null },
    '9x': { percentBp: 2_000, resetsAt: null },
    extra_usage: { percentBp: 1_100, active: true, resetsAt: null },
  });
});

test('a provider goes on counting while it refuses: all of it, and used up', async (t) => {
  t.same(windows(unified({ '5h-utilization': '1.02', '5h-reset': seconds })), {
    session_5hour: { percentBp: 10_000, durationS: 18_000, exhausted: true, rawPercent: '1.02', resetsAt: reset },
  });
  t.match(windows(unified({ '5h-utilization': '1.0', '5h-status': 'rejected' })), {
    session_5hour: { percentBp: 10_000, exhausted: true },
  });
  t.match(windows(unified({ '5h-utilization': '0.995', '5h-status': 'rejected' })), {
    session_5hour: { percentBp: 9_950, exhausted: true },
  });
  t.match(windows(unified({ '5h-status': 'rejected', '5h-reset': seconds })), {
    session_5hour: { percentBp: 10_000, exhausted: true, resetsAt: reset },
  });
  const all = windows(unified({ '5h-utilization': '1.0', '5h-status': 'allowed' }));
  t.notOk((all.session_5hour as { exhausted?: boolean }).exhausted, 'all of it, but nothing was refused');
});

test('extra usage that nobody bought is no window', async (t) => {
  const headers = unified({ 'overage-status': 'rejected', 'overage-disabled-reason': 'org_level_disabled' });
  t.same(windows(headers), {});
});

test('extra usage is active while it is in use', async (t) => {
  const found = windows(unified({ 'overage-utilization': '0.1', 'overage-in-use': 'false' }));
  t.same(found, { extra_usage: { percentBp: 1_000, resetsAt: null } });
});

test('an answer that was refused as a whole exhausts the claim that is responsible', async (t) => {
  const refused = { status: 'rejected', reset: seconds };
  t.match(windows(unified({ ...refused, 'representative-claim': 'seven_day_sonnet' })), {
    week_sonnet: { percentBp: 10_000, exhausted: true, resetsAt: reset },
  });
  t.match(windows(unified({ ...refused, 'representative-claim': 'five_hour', '5h-utilization': '0.98' })), {
    session_5hour: { percentBp: 10_000, exhausted: true },
  });
  t.match(windows(unified(refused)), { unknown: { percentBp: 10_000, exhausted: true } }, 'which one is not said');
  const named = windows(unified({ ...refused, '7d-status': 'rejected', '7d-utilization': '1.1' }));
  t.same(Object.keys(named), ['week_all'], 'it is said');
  t.same(windows(unified({ status: 'allowed_warning', 'representative-claim': 'five_hour' })), {});
});

test('without these headers nothing is exhausted, and there is no reading', async (t) => {
  for (const headers of [
    { 'retry-after': '30', 'x-should-retry': 'true' },
    { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-input-tokens-reset': '2026-05-13T12:01:00Z' },
  ]) {
    const { observations, skipped } = readText(responseHeaders, JSON.stringify({ status: 429, headers }));
    t.same({ observations, skipped }, { observations: [], skipped: { 'no-windows': 1 } });
  }
});

test('values that cannot be read are left out, and counted', async (t) => {
  const { observations, skipped } = read(
    unified({
      '5h-utilization': 'NaN',
      '5h-reset': seconds,
      '7d-utilization': '-0.1',
      '8d-utilization': '0x10',
      '7d_opus-utilization': '0.5',
      '7d_opus-reset': 'soon',
      '7d_sonnet-utilization': '0.5',
      '7d_sonnet-reset': '1',
    }),
  );
  t.match(windowsOf({ observations }), { week_opus: { resetsAt: null }, week_sonnet: { resetsAt: null } });
  t.equal(Object.keys(windowsOf({ observations })).length, 2);
  t.same(skipped, { 'percent-unreadable': 3, 'reset-unreadable': 2 });
});

test('Codex has two windows a limit, as percentages, in any letter case', async (t) => {
  const found = windows({
    'X-Codex-Primary-Used-Percent': '12.5',
    'x-codex-primary-window-minutes': '300',
    'x-codex-primary-reset-at': seconds,
    'x-codex-secondary-used-percent': '104',
    'x-codex-secondary-window-minutes': '10080',
    'x-codex-spark-primary-used-percent': '7',
    'x-codex-other-primary-used-percent': '0',
    'x-codex-other-primary-window-minutes': '0',
    'x-codex-credits-balance': '17.5',
    'x-codex-credits-has-credits': 'true',
  });
  t.same(found, {
    codex_300m: { percentBp: 1_250, durationS: 18_000, resetsAt: reset },
    codex_10080m: { percentBp: 10_000, durationS: 604_800, exhausted: true, rawPercent: '104', resetsAt: null },
    codex_spark_primary: { percentBp: 700, resetsAt: null },
  });
});

test('headers may stand alone, one a line, or one answer after the other', async (t) => {
  const session = { session_5hour: { percentBp: 2_900 } };
  const headers = unified({ '5h-utilization': ['0.29', '0.5'] });
  t.match(windowsOf(readText(responseHeaders, JSON.stringify(headers))), session);
  const lines = 'HTTP/2 200\r\nContent-Type: text/plain\r\nAnthropic-Ratelimit-Unified-5h-Utilization: 0.29\r\n\r\n';
  t.match(windowsOf(readText(responseHeaders, lines)), session);
  const answers = [headers, headers].map((one) => JSON.stringify(one)).join('\n');
  t.equal(quotas(readText(responseHeaders, answers).observations).length, 2);
});

test('a reading has a limited number of windows', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`w${i}-utilization`, '0.1']));
  const { observations, skipped } = read(unified(many));
  t.equal(quotas(observations)[0]?.windows.length, 32);
  t.same(skipped, { 'too-many-windows': 8 });
});

test('names of windows become keys that a reading may have', async (t) => {
  const found = windows(unified({ '€x y-utilization': '0.1', [`${'z'.repeat(80)}-utilization`]: '0.1' }));
  t.same(Object.keys(found), ['x_y', 'z'.repeat(64)]);
  t.same(read(unified({ '€-utilization': '0.1' })).skipped, { 'window-without-name': 1, 'no-windows': 1 });
});
