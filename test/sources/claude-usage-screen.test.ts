// Goal: the usage screen is read as a person reads it: also where bars are drawn over letters, and nothing that is only near a window.
import { test } from 'tap';
import { claudeUsageScreen } from '../../src/sources/claude-usage-screen.js';
import { quotas, readText, windowsOf } from '../support/read-source.js';

const read = (...lines: string[]) => readText(claudeUsageScreen, lines.join('\n'));
const windows = (...lines: string[]) => windowsOf(read(...lines));

test('a window is a heading, a bar and a reset', async (t) => {
  const found = windows(
    '  Settings  Status   Usage',
    '',
    '  Current session',
    '  ████████▌                        17% used',
    '  Resets 2:15pm (UTC)',
    '',
    '  Current week (all models)',
    '  ███████████▌                     23% used',
    '  Resets May 16, 10:30am (UTC)',
    '',
    '  Current week (Sonnet only)',
    '                                    0% used',
    '',
    '  Current week (Fable)',
    '  ████████████████████████████████ 100% used',
    '  Resets Jan 2, 2027, 12am (UTC)',
    '',
    '  Session',
    '  Estimated cost:         $0.04',
    '  Prompt cache:           91% used',
  );
  t.match(found, {
    session_5hour: { label: 'Current session', percentBp: 1_700, resetsAt: '2026-05-13T14:15:00.000Z' },
    week_all: { percentBp: 2_300, resetsAt: '2026-05-16T10:30:00.000Z' },
    week_sonnet: { scope: 'Sonnet', percentBp: 0, resetsAt: null },
    week_fable: { scope: 'Fable', percentBp: 10_000, resetsAt: '2027-01-02T00:00:00.000Z', suspect: true },
  });
  t.equal(Object.keys(found).length, 4);
});

test('glyphs that were drawn over letters are no letters', async (t) => {
  const found = windows(
    'C▌rrent se█sion',
    '█▐▀▄██▌       17% u▌ed',
    'Re▌ets 2:15pm (UTC)',
    'Cu▌rent w▀ek (a▄l models)',
    '██ 80% used',
    'Resets May 16, 8am (UTC)',
    'Current week (F▌ble)',
    '█ 3% used',
    'Resets May 16, 8▌m (UTC)',
  );
  t.match(found, {
    session_5hour: { label: 'Current session', percentBp: 1_700, resetsAt: '2026-05-13T14:15:00.000Z' },
    week_all: { percentBp: 8_000, resetsAt: '2026-05-16T08:00:00.000Z' },
    week_fable: { percentBp: 300, resetsAt: null },
  });
});

test('what is damaged beyond doubt is not guessed', async (t) => {
  t.same(windows('Current session', '█▌7% used'), {}, 'there may have been a digit before it');
  t.same(read('Current week (▌▌▌▌▌)', '█ 7% used').skipped, { 'heading-damaged': 1, 'no-windows': 1 }, 'Fable, Haiku?');
  t.same(windows('███████████████', '█ 7% used'), {}, 'a bar as long as a heading');
  t.same(windows('Current session', '█ 7% ▌▌▌▌'), {}, 'used, or left?');
});

test('only the lines right below a heading belong to it', async (t) => {
  const found = windows(
    'Current session',
    ' 0% used',
    'Current week (all models)',
    '███ 55% used',
    'Resets May 16, 7am (UTC)',
    'What is contributing to your usage?',
    '  88% of your usage came from sub-agents',
    'Current week (Fable)',
    'is not shown',
    'for this',
    'sign-in',
    '31% used',
  );
  t.match(found, { session_5hour: { percentBp: 0, resetsAt: null }, week_all: { percentBp: 5_500 } });
  t.notOk(found.week_fable, 'four lines below');
  t.same(windows('Current session', '', '31% used'), {}, 'beyond an empty line');
  const next = windows('Current session', 'Current week (all models)', '31% used', 'Resets:3pm (UTC)');
  t.same(Object.keys(next), ['week_all'], 'beyond the next heading');
  t.match(next, { week_all: { resetsAt: null } }, 'no reset without a space');
});

test('extra usage is a window where it is enabled', async (t) => {
  t.same(windows('Extra usage', 'Extra usage not enabled · /extra-usage to enable'), {});
  t.match(windows('Extra usage', '██ 15% used', '$75.00 / $500.00 spent · Resets Jun 1 (UTC)'), {
    extra_usage: { percentBp: 1_500, resetsAt: '2026-06-01T00:00:00.000Z' },
  });
});

test('some versions said what is left', async (t) => {
  t.match(windows('Current session', '██ 83% left'), { session_5hour: { percentBp: 1_700 } });
  t.match(windows('Current session', '██ 83% remaining'), { session_5hour: { percentBp: 1_700 } });
  t.same(read('Current session', '██ 183% left').skipped, { 'percent-unreadable': 1, 'no-windows': 1 });
});

test('a screen that was not refreshed is as old as it says', async (t) => {
  const screen = ['Current session', '█ 12% used', 'Resets 4pm (Europe/Berlin)'];
  const measured = (...more: string[]) => quotas(read(...screen, ...more).observations)[0]?.measuredAt ?? null;
  const at = (text: string) => Date.parse(text);
  t.equal(measured(), null);
  t.equal(measured('Showing last-known usage · as of 1:40pm'), at('2026-05-13T11:40:00Z'), 'in the zone of the resets');
  t.equal(measured('Showing last-known usage · as of 11pm'), at('2026-05-12T21:00:00Z'), 'yesterday');
  t.equal(measured('Showing last-known usage · as of May 11, 8am'), at('2026-05-11T06:00:00Z'), 'days ago');
  t.equal(measured('Showing last-known usage · as of yore'), null);
  t.equal(measured('Showing last-known usage · as of 11:40am (UTC)'), at('2026-05-13T11:40:00Z'), 'in its own zone');
  t.equal(measured('12 agents · as of 1:40pm'), null);
  const stale = windows(...screen.slice(0, 2), 'Resets 11am (UTC)', 'Showing last-known usage · as of 9am');
  t.match(stale, { session_5hour: { resetsAt: '2026-05-13T11:00:00.000Z' } }, 'the next one after it was measured');
});

test('colours and frames are no part of the text', async (t) => {
  const framed = [
    '│ \u001b[1mCurrent session\u001b[0m │',
    '│ \u001b[38;5;12m█\u001b[0m 12% used │\r',
    '│ Resets 4pm (UTC) │',
  ];
  t.match(windows(...framed), { session_5hour: { percentBp: 1_200, resetsAt: '2026-05-13T16:00:00.000Z' } });
});

test('of a window that is shown twice, as when the screen scrolls, the later one counts', async (t) => {
  const shown = (percent: string) => ['Current session', `█ ${percent} used`, ''];
  t.match(windows(...shown('12%'), ...shown('14%')), { session_5hour: { percentBp: 1_400 } });
  t.match(windows(...shown('12%'), ...shown('140%')), { session_5hour: { percentBp: 1_200 } }, 'if it can be right');
});

test('a percentage above 101 is not believed', async (t) => {
  const { observations, skipped } = read('Current session', '█ 117% used');
  t.match(windowsOf({ observations }), { session_5hour: { percentBp: null, rejected: true } });
  t.same(skipped, { 'percent-above-101': 1 });
});
