/**
 * Goal: whatever is pushed as a statement about quota, a reader answers, and what it believes of it is a reading that can be
 * recorded. Samples are damaged as files and terminals are: cut, overwritten, repeated; and there are bytes of chance.
 */
import fc from 'fast-check';
import t from 'tap';
import { quotaReport } from '../../src/events/catalogue/quota.js';
import { claudeHook } from '../../src/sources/claude-hook.js';
import { claudeStatusline } from '../../src/sources/claude-statusline.js';
import { claudeUsageScreen } from '../../src/sources/claude-usage-screen.js';
import { claudeUsageText } from '../../src/sources/claude-usage-text.js';
import { limitText } from '../../src/sources/limit-text.js';
import { responseHeaders } from '../../src/sources/response-headers.js';
import type { Observation, Source } from '../../src/sources/source.js';
import { usageJson } from '../../src/sources/usage-json.js';

const numRuns = Number(process.env.FUZZ_RUNS ?? 1_500);
const seed = Number(process.env.SEED ?? 4_711);

const limitMessage = "You've hit your weekly limit · resets May 16, 9:30am (Europe/London)";
const usageLines =
  'Current session: 17% used · resets 3pm (UTC)\nCurrent week (Fable): 0.5% used · resets Jan 2, 2027, 12am (Asia/Tokyo)';
const samples: readonly (readonly [Source, string])[] = [
  [
    claudeHook,
    `{"session_id":"s","cwd":"/p","hook_event_name":"StopFailure","error":"rate_limit","last_assistant_message":"${limitMessage}"}`,
  ],
  [
    claudeStatusline,
    '{"session_id":"s","cost":{"total_cost_usd":0.5},"rate_limits":{"five_hour":{"used_percentage":23.5,"resets_at":1778688000}}}',
  ],
  [
    claudeUsageScreen,
    'Current session\n ██▌ 17% used\n Resets 3pm (UTC)\n\nCurrent week (all models)\n █ 9% used\n Resets May 30 at 3am (Asia/Kolkata)\n\nShowing last-known usage · as of 9:40am',
  ],
  [claudeUsageText, JSON.stringify({ type: 'result', num_turns: 0, result: usageLines })],
  [claudeUsageText, usageLines],
  [limitText, `${limitMessage}\nClaude AI usage limit reached|1778688000`],
  [
    responseHeaders,
    '{"headers":{"anthropic-ratelimit-unified-status":"rejected","anthropic-ratelimit-unified-5h-utilization":"1.02","anthropic-ratelimit-unified-5h-reset":"1778688000","x-codex-primary-used-percent":"12.5","x-codex-primary-window-minutes":"300"}}',
  ],
  [
    usageJson,
    '{"five_hour":{"utilization":6,"resets_at":"2026-05-13T16:00:00Z"},"limits":[{"kind":"weekly_scoped","percent":82,"scope":{"model":{"display_name":"Fable"}}}],"rateLimits":{"limitId":"codex","primary":{"usedPercent":57,"windowDurationMins":300,"resetsAt":1778688000}},"rate_limit_info":{"status":"rejected","rateLimitType":"seven_day_opus","resetsAt":1778688000}}',
  ],
];

/** What is put into a sample in place of a part of it. */
const pieces = [
  '',
  '\u0000',
  '█',
  '\ud800',
  '"',
  '{',
  ']',
  ',',
  '\n',
  '·',
  '(',
  ')',
  '-',
  '%',
  '1e309',
  '-1',
  '99999999999999999999',
  'null',
  'true',
  '[[]]',
  '{"a":1}',
  '"5"',
  '1778688000',
  '0',
  '29',
  'Feb',
  'Nov 1, 0001, ',
  '9999',
  '12pm',
  '(Nowhere/Land)',
  '+14:00',
  ' Current week (',
  '% left',
  'resets ',
  ' limit',
  '__proto__',
  'constructor',
  '\u001b[',
  'ſ',
  'İ',
  '\u202e',
];

const damage = fc.array(
  fc.record({
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    piece: fc.constantFrom(...pieces),
  }),
  { minLength: 1, maxLength: 6 },
);

function damaged(text: string, damages: readonly { from: number; length: number; piece: string }[]): string {
  let result = text;
  for (const { from, length, piece } of damages) {
    const start = Math.floor(from * result.length);
    result = result.slice(0, start) + piece + result.slice(start + length);
  }
  return result;
}

const at = Date.parse('2026-05-13T12:00:00Z');
const path = null;

/** Why what was read could not be recorded; undefined where it could. */
function faultIn(source: Source, input: Uint8Array): string | undefined {
  const { observations, skipped, refused, consumed } = source.read(input, { at, path });
  if (consumed !== input.length) return 'it is not read to its end';
  if (refused !== null && observations.length > 0) return 'it is refused, and read';
  if (refused === null && observations.length === 0 && Object.keys(skipped).length === 0) {
    // A draw of the statusline may have no cost, and limits without a window.
    if (source !== claudeStatusline) return 'nothing is said of it';
  }
  if (!Object.keys(skipped).every((reason) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(reason))) return 'a reason is no word';
  return observations.map(faultOf).find((fault) => fault !== undefined);
}

function faultOf(one: Observation): string | undefined {
  if (one.kind === 'total') return Number(one.costUsd) >= 0 ? undefined : `a cost of ${one.costUsd}`;
  if (one.kind !== 'quota') return undefined;
  const believed = one.windows.filter(({ rejected }) => !rejected);
  if (believed.length === 0) return undefined;
  const windows = believed.map(({ key, label, scope, active, percentBp, resetsAt, durationS }) => ({
    key,
    ...(label !== undefined && { label }),
    ...(scope !== undefined && { scope }),
    ...(active !== undefined && { active }),
    percent_bp: percentBp,
    ...(resetsAt !== null && { resets_at: resetsAt }),
    ...(durationS !== undefined && { duration_s: durationS }),
  }));
  const report = quotaReport.safeParse({ source: one.source, windows });
  return report.success ? undefined : report.error.message;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

t.test('damaged samples are read, and what is believed can be recorded', async (t) => {
  for (const [source, sample] of samples) {
    t.equal(faultIn(source, bytesOf(sample)), undefined, `${source.format}: the sample itself`);
    t.ok(source.read(bytesOf(sample), { at, path }).observations.some(({ kind }) => kind === 'quota'));
    const property = fc.property(damage, (damages) => faultIn(source, bytesOf(damaged(sample, damages))) === undefined);
    t.doesNotThrow(() => fc.assert(property, { numRuns, seed }), `${source.format}, damaged`);
  }
});

t.test('so are bytes of chance, and samples in which bytes are others', async (t) => {
  for (const [source, sample] of samples) {
    const bytes = bytesOf(sample);
    const chance = fc.uint8Array({ maxLength: 200 });
    const other = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
      const copy = bytes.slice();
      for (const [i, byte] of changes) copy[i] = byte;
      return copy;
    });
    const property = fc.property(fc.oneof(chance, other), (input) => faultIn(source, input) === undefined);
    t.doesNotThrow(() => fc.assert(property, { numRuns, seed }), source.format);
  }
});

t.test('so is what is deep, long or repeated', async (t) => {
  const deep = `${'{"five_hour":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const long = [
    deep,
    '['.repeat(20_000),
    `{"rate_limits":${deep},"limits":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    `{"limits":[${'{"kind":"weekly_scoped","percent":1,"scope":{"model":{"display_name":"x"}}},'.repeat(20_000)}1]}`,
    `${limitMessage}\n`.repeat(20_000),
    'Current week (all models)\n'.repeat(20_000),
    `Current week (${'█'.repeat(500_000)}`,
    `Current session\n${' 1%'.repeat(200_000)}`,
    `Current session: ${'1% used · resets '.repeat(60_000)}`,
    '\u001b['.repeat(300_000),
    `\u001b[${'0'.repeat(500_000)}`,
    `You've hit your ${'a '.repeat(300_000)}limit`,
    `x-${'primary-'.repeat(80_000)}used-percent: 5`,
    `anthropic-ratelimit-unified-${'-utilization'.repeat(60_000)}x: 5`,
  ];
  for (const source of new Set(samples.map(([one]) => one))) {
    for (const text of long)
      t.equal(faultIn(source, bytesOf(text)), undefined, `${source.format}: ${text.slice(0, 30)}`);
  }
});
