// Goal: what the verbs share (times, numbers, tables, progress, help, exit codes) is right without starting a process for each.
import type { Command } from 'commander';
import stringWidth from 'string-width';
import { test } from 'tap';
import { exitCodeOfStatus, toCliExit } from '../../src/cli/exit.js';
import { decimal, gatherPairs, percentBp, wholeNumber } from '../../src/cli/options.js';
import { buildProgram, verbs } from '../../src/cli/program.js';
import { progressText } from '../../src/cli/progress.js';
import { printTable } from '../../src/cli/table.js';
import { textWidth } from '../../src/cli/text-width.js';
import { parseDate, parseDuration, parsePastTime, parseTimeAhead } from '../../src/cli/times.js';
import { Problem } from '../../src/problems.js';
import { StorageError } from '../../src/storage-error.js';

const now = Date.parse('2026-03-30T12:00:00Z');

test('times are understood as people write them', async (t) => {
  const cases: readonly (readonly [text: string, iso: string])[] = [
    ['2h', '2026-03-30T10:00:00.000Z'],
    ['3d', '2026-03-27T12:00:00.000Z'],
    ['1.5h', '2026-03-30T10:30:00.000Z'],
    ['now', '2026-03-30T12:00:00.000Z'],
    ['2026-01-05T09:30:00Z', '2026-01-05T09:30:00.000Z'],
    ['2026-01-05 09:30+01:00', '2026-01-05T08:30:00.000Z'],
    ['2026-01-05', '2026-01-04T23:00:00.000Z'],
    ['2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['today', '2026-03-29T22:00:00.000Z'],
    ['yesterday', '2026-03-28T23:00:00.000Z'],
    ['2h30m', '2026-03-30T09:30:00.000Z'],
    ['1d 2h 5min', '2026-03-29T09:55:00.000Z'],
    ['1774864800', '2026-03-30T10:00:00.000Z'],
    ['1774864800000', '2026-03-30T10:00:00.000Z'],
    ['3am', '2026-03-30T01:00:00.000Z'],
    ['15:30', '2026-03-29T13:30:00.000Z'],
    ['3:30 PM', '2026-03-29T13:30:00.000Z'],
    ['12am', '2026-03-29T22:00:00.000Z'],
    ['12pm', '2026-03-30T10:00:00.000Z'],
    ['14:00', '2026-03-30T12:00:00.000Z'],
  ];
  for (const [text, iso] of cases) {
    t.equal(new Date(parsePastTime(text).at(now, 'Europe/Berlin')).toISOString(), iso, text);
  }
  t.equal(parseTimeAhead('2h').at(now, 'UTC'), now + 7_200_000, 'ahead, where a time to come is meant');
  const ahead = (text: string) => new Date(parseTimeAhead(text).at(now, 'Europe/Berlin')).toISOString();
  t.equal(ahead('3am'), '2026-03-31T01:00:00.000Z', 'the next one');
  t.equal(ahead('15:30'), '2026-03-30T13:30:00.000Z');
  t.equal(ahead('14:00'), '2026-03-31T12:00:00.000Z', 'which is not now');
  t.equal(ahead('tomorrow'), '2026-03-30T22:00:00.000Z');
  const night = Date.parse('2026-03-29T12:00:00Z');
  const onChange = (text: string) => new Date(parsePastTime(text).at(night, 'Europe/Berlin')).toISOString();
  t.strictSame(
    ['1am', '3am', '2:30am'].map(onChange),
    ['2026-03-29T00:00:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-29T01:30:00.000Z'],
    'on the day on which 2:30 is skipped',
  );
  for (const wrong of [
    '',
    'soon',
    '25:00',
    '13pm',
    '0am',
    '12:60',
    '12345',
    '2026-02-30',
    '2026-01-05T09:30:00',
    '-2h',
    '2 hours',
  ]) {
    t.throws(() => parsePastTime(wrong), { code: 'commander.invalidArgument' }, wrong);
  }
});

test('dates are days of the pool', async (t) => {
  t.equal(parseDate('yesterday').on(now, 'UTC'), '2026-03-29');
  t.equal(parseDate('yesterday').on(Date.parse('2026-03-30T23:30:00Z'), 'Europe/Berlin'), '2026-03-30');
  t.equal(parseDate('3d').on(now, 'UTC'), '2026-03-27');
  t.equal(parseDate('2026-01-05').on(now, 'UTC'), '2026-01-05');
  t.throws(() => parseDate('2026-13-01'), { code: 'commander.invalidArgument' });
});

test('durations and numbers are read whole or refused', async (t) => {
  t.equal(parseDuration('90s'), 90_000);
  t.equal(parseDuration('250ms'), 250);
  t.equal(percentBp('17.5'), 1_750);
  t.equal(percentBp('100%'), 10_000);
  t.equal(wholeNumber(0)('42'), 42);
  t.equal(decimal(0)('0.125'), 0.125);
  t.same(gatherPairs('a=b=c', { x: 'y' }), { x: 'y', a: 'b=c' });
  for (const wrong of [
    () => parseDuration('10'),
    () => wholeNumber(1)('0'),
    () => wholeNumber(0)('1e3'),
    () => wholeNumber(0, 9)('10'),
    () => decimal(0)('-1'),
    () => decimal(0)('0x10'),
    () => gatherPairs('=b'),
  ]) {
    t.throws(wrong, { code: 'commander.invalidArgument' });
  }
});

test('a table fits the terminal, and keeps control characters from it', async (t) => {
  const columns = process.stdout.columns;
  t.teardown(() => {
    process.stdout.columns = columns;
  });
  process.stdout.columns = 30;
  const long = 'a very long text that does not fit into thirty characters';
  const lines = captured(() =>
    printTable(
      [
        { head: 'name', value: (row: { name: string; text: string }) => row.name },
        { head: 'text', value: (row) => row.text },
      ],
      [
        { name: 'Ada', text: long },
        { name: 'Eve', text: '\u001b[31mred\nnext' },
      ],
      'none',
    ),
  )
    .trimEnd()
    .split('\n');
  t.match(
    lines.map(stripped),
    ['name', '  text', 'Ada', `  ${long}`, 'Eve', '  \\u001b[31mred\\u000anext'],
    'nothing is cut',
  );
  t.equal(
    captured(() => printTable([{ head: 'x', value: () => 1 }], [], 'none')),
    'none\n',
  );
});

test('whatever the width, a table cuts nothing, and no line is wider than the terminal', async (t) => {
  const columns = process.stdout.columns;
  t.teardown(() => {
    process.stdout.columns = columns;
  });
  const rows = [
    {
      name: 'Demo Ada',
      zone: '🦊 研究チーム',
      cost: '$1,234,567.89',
      when: '2026-01-05 09:30:00Z',
      why: 'it is on its way to where it was told to go',
    },
    { name: 'Demo Alan', zone: 'e\u0301te\u0301', cost: '$0.02', when: '2026-01-05 09:30:01Z', why: '–' },
  ];
  type Row = (typeof rows)[number];
  const names = ['name', 'zone', 'cost', 'when', 'why'] as const;
  const shape = names.map((head) => ({
    head,
    value: (row: Row) => row[head],
    right: head === 'cost',
    wrap: head === 'why',
  }));
  for (let width = 40; width <= 200; width += 1) {
    process.stdout.columns = width;
    const lines = stripped(captured(() => printTable(shape, rows, 'none')))
      .trimEnd()
      .split('\n');
    const text = lines.join(' ').replace(/ +/g, ' ');
    const isWhole = rows.every((row) => names.every((name) => name === 'why' || text.includes(row[name])));
    const words = rows.flatMap((row) => row.why.split(' '));
    t.ok(isWhole && words.every((word) => text.includes(word)), `all of it at ${width}`);
    t.ok(
      lines.every((line) => stringWidth(line) <= width),
      `within ${width}`,
    );
  }
});

test('a text is as wide as its letters are shown', (t) => {
  const texts = [
    '',
    'Ada',
    '– −1',
    '研究チーム',
    'e\u0301te\u0301',
    '🦊',
    '👩‍👩‍👧',
    '🇬🇧',
    '☂️',
    '한국',
    'שלום',
    'a\u200Bb',
    'ｆｕｌｌ',
    'naïve',
  ];
  for (const text of texts) t.equal(textWidth(text), stringWidth(text), text);
  t.end();
});

test('progress says how far, how fast and how long', async (t) => {
  t.equal(
    progressText('folding', 'events', 250_000, 1_000_000, 50_000),
    'folding: 250,000 of 1,000,000 events (25 %), 50,000/s, 15 s left',
  );
  t.equal(progressText('folding', 'events', 0, 10, 0), 'folding: 0 of 10 events (0 %)');
  t.match(progressText('folding', 'events', 1, 100_000, 10), '2 h 47 min left');
  t.equal(progressText('comparing', 'events', 10, 10, 5), 'comparing: 10 of 10 events (100 %)');
});

test('the help of every verb ends with examples that use it', async (t) => {
  const program = await buildProgram(verbs.map(({ name }) => name));
  for (const [path, command] of verbsBelow(program)) {
    const help = captured(() =>
      command.configureOutput({ writeOut: (text) => process.stdout.write(text) }).outputHelp(),
    );
    const examples = help.slice(help.indexOf('\nExamples:\n') + 1).trimEnd();
    t.match(examples, /^Examples:\n( {2}\$ .+\n?)+$/, `${path} --help`);
    t.match(examples, `resource-share ${path}`, `${path} --help names itself`);
    t.match(help, '--data <dir>', `${path} --help shows the global options`);
  }
});

test('an error is one sentence and an exit code', async (t) => {
  const codeOf = async (error: unknown) => (await toCliExit(error))?.exitCode;
  t.equal(await codeOf(new Problem('identity_unknown')), 1);
  t.equal(await codeOf(new Problem('key_reused')), 1);
  t.equal(await codeOf(new Problem('invalid_field')), 64);
  t.equal(await codeOf(new Problem('pool_unknown')), 2);
  t.equal(await codeOf(new Problem('storage_failed')), 2);
  t.equal(await codeOf(new StorageError('newer', 'from the future')), 78);
  t.equal(await codeOf(new StorageError('unavailable', 'no answer')), 69);
  t.equal(await codeOf(new Problem('storage_unavailable')), 69, 'also where a daemon says it');
  t.equal(await codeOf(new StorageError('missing', 'nothing there')), 2);
  t.equal(await codeOf(Object.assign(new Error('no such file'), { syscall: 'open' })), 2);
  t.equal(exitCodeOfStatus(409), 1, 'of a code that is not known');
  t.equal(exitCodeOfStatus(503), 2);
  const fault = await toCliExit(new Error('boom'));
  t.match(fault, { exitCode: 2, message: /^a fault of this program: boom/ });
  t.notMatch(fault?.message, /at .*\.ts/, 'without a stack');
});

function* verbsBelow(command: Command, path: readonly string[] = []): Generator<[string, Command]> {
  for (const child of command.commands) {
    const own = [...path, child.name()];
    yield [own.join(' '), child];
    yield* verbsBelow(child, own);
  }
}

function captured(work: () => void): string {
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = ((part: string) => {
    text += part;
    return true;
  }) as typeof write;
  try {
    work();
  } finally {
    process.stdout.write = write;
  }
  return text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const stripped = (line: string): string => line.replace(/\u001b\[\d+m/g, '');
