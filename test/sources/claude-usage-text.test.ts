// Goal: the client's answer about usage becomes one reading; what a model answered in its place does not.
import { test } from 'tap';
import { claudeUsageText } from '../../src/sources/claude-usage-text.js';
import { noon, quotas, readText, windowsOf } from '../support/read-source.js';

const answer = (result: unknown, more: object = {}) =>
  JSON.stringify({ type: 'result', num_turns: 0, is_error: false, result, ...more });
const read = (text: string) => readText(claudeUsageText, text);
const windows = (...lines: string[]) => windowsOf(read(answer(lines.join('\n'))));

test('each line is a window', async (t) => {
  const found = windows(
    'Current session: 17% used · resets 3pm (UTC)',
    'Current week (all models): 23.25% used · resets May 14, 8:59am (UTC)',
    'Current week (Sonnet only): 0% used',
    'Current week (Fable): 0.5% used · resets May 14 at 9am (UTC)',
    'Extra usage: 4% used · resets Jun 1 (UTC)',
  );
  t.same(found, {
    session_5hour: {
      label: 'Current session',
      percentBp: 1_700,
      durationS: 18_000,
      resetsAt: '2026-05-13T15:00:00.000Z',
      rawReset: '3pm (UTC)',
    },
    week_all: {
      label: 'Current week (all models)',
      percentBp: 2_325,
      durationS: 604_800,
      resetsAt: '2026-05-14T08:59:00.000Z',
      rawReset: 'May 14, 8:59am (UTC)',
    },
    week_sonnet: {
      label: 'Current week (Sonnet only)',
      scope: 'Sonnet',
      percentBp: 0,
      durationS: 604_800,
      resetsAt: null,
    },
    week_fable: {
      label: 'Current week (Fable)',
      scope: 'Fable',
      percentBp: 50,
      durationS: 604_800,
      resetsAt: '2026-05-14T09:00:00.000Z',
      rawReset: 'May 14 at 9am (UTC)',
    },
    extra_usage: {
      label: 'Extra usage',
      percentBp: 400,
      resetsAt: '2026-06-01T00:00:00.000Z',
      rawReset: 'Jun 1 (UTC)',
    },
  });
});

test('it is as old as its reading, and says where it is from', async (t) => {
  const [reading] = quotas(read(answer('Current session: 17% used')).observations);
  t.match(reading, { source: 'claude-usage-text', measuredAt: null });
  const [older] = quotas(
    read(answer('Current session: 1% used\nShowing last-known usage · as of 9:40am')).observations,
  );
  t.equal(older?.measuredAt, Date.parse('2026-05-13T09:40:00Z'));
});

test('what a model answered is refused whole, whatever it says', async (t) => {
  const result = 'Current session: 17% used';
  const { observations, refused } = read(answer(result, { num_turns: 1 }));
  t.same(observations, []);
  t.match(refused, /a model answered/);
  t.match(read(answer(result, { num_turns: '1' })), { observations: [], refused: String });
  t.match(read(answer(result, { num_turns: 0 })), { refused: null });
});

test('an answer without windows is no reading, and no failure', async (t) => {
  for (const text of ['Estimated cost: $0.00\nUsage: 0 input, 0 output', "/usage isn't available here.", '']) {
    const { observations, skipped, refused } = read(answer(text));
    t.same({ observations, skipped, refused }, { observations: [], skipped: { 'no-windows': 1 }, refused: null }, text);
  }
  t.same(read('[{"type":"system"}]').skipped, { 'no-result': 1 });
});

test('a percentage that cannot be right is not believed, and the other windows are', async (t) => {
  const lines = 'Current session: 1778688000% used · resets 3pm (UTC)\nCurrent week (all models): 101% used';
  const { observations, skipped } = read(answer(lines));
  t.match(windowsOf({ observations }), {
    session_5hour: { percentBp: null, rejected: true },
    week_all: { percentBp: 10_100 },
  });
  t.same(skipped, { 'percent-above-101': 1 });
  t.match(windows('Current session: 101.01% used'), { session_5hour: { rejected: true } });
  t.same(read(answer('Current session: much used')).skipped, { 'window-without-percent': 1, 'no-windows': 1 });
});

test('a percentage in a sentence is no window', async (t) => {
  t.same(windows('Notice: 88% used', '88% of your usage came from sub-agents', 'Current mood: 50% used'), {});
});

test('it is found among the messages of a stream, and in bare text', async (t) => {
  const line = 'Current session: 17% used';
  const messages = [{ type: 'system', subtype: 'init' }, JSON.parse(answer(line))];
  const session = { session_5hour: { percentBp: 1_700 } };
  t.match(windowsOf(read(JSON.stringify(messages))), session);
  t.match(windowsOf(read(messages.map((one) => JSON.stringify(one)).join('\n'))), session);
  t.match(windowsOf(read(`${line} · resets 3pm (UTC)\n`)), session);
  t.same(read('{"type":"result","num_tur').skipped, { 'not-json': 1, 'no-result': 1 });
});

test('credentials are refused, and not repeated', async (t) => {
  const found = read(answer('Current session: 17% used', { note: 'sk-ant-invented' }));
  t.same(found.observations, []);
  t.match(found.refused, /API key/);
  t.notMatch(JSON.stringify(found), /invented/);
});

test('a zone of the machine is that of times which name none', async (t) => {
  const text = answer('Current session: 17% used · resets 3pm');
  t.match(windowsOf(readText(claudeUsageText, text, { at: noon, timeZone: 'America/Lima' })), {
    session_5hour: { resetsAt: '2026-05-13T20:00:00.000Z', suspect: true },
  });
});
