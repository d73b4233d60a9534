/** `quota`: what the provider says of its windows. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LedgerView } from '../../ledger/view.js';
import type { TableRow } from '../../projections/table-reader.js';
import { requireSettings } from '../../settings/resolve.js';
import { percentText } from '../../text/percent.js';
import { instantText } from '../../text/time.js';
import { negativeResult, usageError } from '../exit.js';
import type { CommandText, RecordResult } from '../ledger-client.js';
import { withView } from '../open-view.js';
import { addExamples, type Globals, globalsOf, jsonOption, percentBp, settingsFor, wholeNumber } from '../options.js';
import { printJson, remark } from '../output.js';
import { printResult } from '../print-result.js';
import { type Column, printTable } from '../table.js';
import { parsePastTime, parseTimeAhead, type TimeText } from '../times.js';

interface WindowOption {
  readonly key: string;
  readonly percentBp: number;
  readonly resetsAt: TimeText | undefined;
}

/** What may be given as somebody captured it, by the name of its option. */
const captures = {
  usageText: ['claude-usage-text', 'of `claude -p "/usage"`, as text or as JSON'],
  usageScreen: ['claude-usage-screen', 'of the screen of `/usage`'],
  usageJson: ['usage-json', 'of what the provider answers in JSON'],
  headers: ['response-headers', 'of the headers of an answer of the provider'],
  limitText: ['limit-text', 'of a message that a limit is reached'],
} as const;
type Capture = keyof typeof captures;

interface RecordOptions extends Readonly<Partial<Record<Capture, string>>> {
  readonly session?: number;
  readonly week?: number;
  readonly sonnet?: number;
  readonly sessionResets?: TimeText;
  readonly weekResets?: TimeText;
  readonly window: readonly WindowOption[];
  readonly account?: string;
  readonly confidence?: string;
  readonly at?: TimeText;
  readonly key?: string;
  readonly json?: true;
}

interface HistoryOptions {
  readonly window?: string;
  readonly since?: TimeText;
  readonly until?: TimeText;
  readonly limit: number;
  readonly json?: true;
}

export function define(command: Command): void {
  const record = command
    .command('record')
    .description('Record a reading: how much of each window is used.')
    .option('--session <percent>', 'of the 5-hour window (session_5hour)', percentBp)
    .option('--week <percent>', 'of the week, all models (week_all)', percentBp)
    .option('--sonnet <percent>', 'of the week, Sonnet (week_sonnet)', percentBp)
    .option('--session-resets <time>', 'when the 5-hour window resets; 2h is in two hours', parseTimeAhead)
    .option('--week-resets <time>', 'when the weekly windows reset; 3d is in three days', parseTimeAhead)
    .option('--window <key=percent[@reset]>', 'any other window; may be repeated', parseWindow, [])
    .option('--account <name>', 'account that the reading is of')
    .addOption(new Option('--confidence <how>', 'how sure it is').choices(['measured', 'estimated', 'suspect']))
    .option('--usage-text <file>', `${captures.usageText[1]}; - is standard input`)
    .option('--usage-screen <file>', captures.usageScreen[1])
    .option('--usage-json <file>', captures.usageJson[1])
    .option('--headers <file>', captures.headers[1])
    .option('--limit-text <file>', captures.limitText[1])
    .option('--at <time>', 'when it was measured (default: now)', parsePastTime)
    .option('--key <key>', 'idempotency key: the same key records once')
    .addOption(jsonOption());
  record.action(async (options: RecordOptions) => recordReading(globalsOf(record), options));
  addExamples(
    record,
    'quota record --session 17.5 --week 23 --sonnet 0 --session-resets 3h --week-resets 2026-01-12T09:00:00Z',
    'quota record --window requests_day=41@2026-01-06T00:00:00Z --window credits=7',
    'quota record --usage-text -',
    'quota record --usage-screen screen.txt --at 10m',
  );

  const history = command
    .command('history')
    .description('List readings, newest first, one row per window.')
    .option('--window <key>', 'only this window')
    .option('--since <time>', 'measured from this time on', parsePastTime)
    .option('--until <time>', 'measured before this time', parsePastTime)
    .option('--limit <rows>', 'rows at most', wholeNumber(1, 1_000), 100)
    .addOption(jsonOption());
  history.action(async (options: HistoryOptions) =>
    withView(globalsOf(history), (view) => listReadings(view, options)),
  );
  addExamples(history, 'quota history --since 1d', 'quota history --window week_all --json');

  const check = command
    .command('check')
    .description(
      'Read the quota now by the reader of the setting sources.quota, and record what it says. What could not be read is kept, the newest ten, closed to other accounts; the run ends with 1 then.',
    )
    .addOption(jsonOption());
  check.action(async ({ json }: { json?: true }) => checkQuota(check, json));
  addExamples(check, 'quota check', 'quota check --json');

  addExamples(command, 'quota record --session 17.5 --week 23', 'quota check', 'quota history --since 1d');
}

async function checkQuota(command: Command, json: true | undefined): Promise<void> {
  const { sources } = requireSettings(settingsFor(command), 'sources');
  const { quota: reader } = sources;
  if (reader === undefined)
    throw usageError(
      'no reader of the quota is set: sources.quota says how it is read, such as {"reader": "usage-text"}.',
    );
  const { withPoolClient } = await import('../open-client.js');
  const { readQuota } = await import('../../intake/read-quota.js');
  const { systemClock } = await import('../../runtime/clock.js');
  const { processEnvironment, usualCaptures } = await import('../../settings/environment.js');
  await withPoolClient(globalsOf(command), async (client) => {
    const place = { captures: usualCaptures(processEnvironment()), timeZone: await client.timeZone() };
    const found = await readQuota(
      reader,
      { ...place, clock: systemClock, at: Date.now() },
      new AbortController().signal,
    );
    if ('failure' in found) {
      if (json === true) printJson({ read: false, ...found });
      throw negativeResult(`${found.failure}${found.capture === null ? '' : `; it is kept in ${found.capture}`}.`);
    }
    const results: RecordResult[] = [];
    for (const report of found.reports) results.push(await client.record(report as CommandText));
    if (json === true) return printJson({ read: true, results });
    for (const result of results) printResult(result, 'The reading is recorded', undefined);
  });
}

async function recordReading(globals: Globals, options: RecordOptions): Promise<void> {
  const { withPoolClient } = await import('../open-client.js');
  const captured = captureOf(options);
  const results = await withPoolClient(globals, async (client) => {
    const now = Date.now();
    const zone = await client.timeZone();
    if (captured === null) return [await client.record(readingOf(options, now, zone))];
    const { capturedReadings } = await import('../sources/captured-reading.js');
    const at = options.at?.at(now, zone);
    const readings = await capturedReadings(captured.format, captured.file, at ?? now);
    const recorded: RecordResult[] = [];
    for (const [i, reading] of readings.entries())
      recorded.push(await client.record({ occurred_at: at, ...reading, key: keyOf(options, i) }));
    return recorded;
  });
  if (captured !== null && options.json === true) return printJson(results);
  for (const result of results) printResult(result, 'The reading is recorded', options.json);
}

/** The file of a reading that somebody captured; null where the windows are given one by one. */
function captureOf(options: RecordOptions): { readonly format: string; readonly file: string } | null {
  const given = (Object.keys(captures) as Capture[]).flatMap((name) => {
    const file = options[name];
    return file === undefined ? [] : [{ format: captures[name][0], file }];
  });
  const [captured = null] = given;
  if (captured === null) return null;
  const { session, week, sonnet, window, account, confidence } = options;
  const others = [session, week, sonnet, account, confidence].some((one) => one !== undefined) || window.length > 0;
  if (given.length > 1 || others) throw usageError('a reading that was captured says all by itself: give one file.');
  return captured;
}

/** Each of several readings has a key of its own. */
const keyOf = ({ key }: RecordOptions, index: number): string | undefined =>
  key === undefined || index === 0 ? key : `${key}:${index}`;

function readingOf(options: RecordOptions, now: number, zone: string) {
  const window = (key: string, percentBp: number | undefined, resets: TimeText | undefined) =>
    percentBp === undefined ? [] : [{ key, percent_bp: percentBp, resets_at: resets?.at(now, zone) }];
  const windows = [
    ...window('session_5hour', options.session, options.sessionResets),
    ...window('week_all', options.week, options.weekResets),
    ...window('week_sonnet', options.sonnet, options.weekResets),
    ...options.window.flatMap(({ key, percentBp, resetsAt }) => window(key, percentBp, resetsAt)),
  ];
  if (windows.length === 0) throw usageError('give at least one window: --session, --week, --sonnet or --window.');
  const { account, confidence, at, key } = options;
  return { type: 'quota.read', payload: { windows, account, confidence }, occurred_at: at?.at(now, zone), key };
}

function parseWindow(text: string, before: readonly WindowOption[]): WindowOption[] {
  const [, key, percent, reset] = /^([^=@]+)=([^@]+)(?:@(.+))?$/.exec(text) ?? [];
  if (key === undefined || percent === undefined) {
    throw new InvalidArgumentError(`"${text}" is not of the form KEY=PERCENT or KEY=PERCENT@RESET.`);
  }
  return [
    ...before,
    { key, percentBp: percentBp(percent), resetsAt: reset === undefined ? undefined : parseTimeAhead(reset) },
  ];
}

async function listReadings(view: LedgerView, { window, since, until, limit, json }: HistoryOptions): Promise<void> {
  const { rows, next } = await view.table('quota', {
    window,
    since: await view.instant(since),
    until: await view.instant(until),
    limit,
  });
  if (json === true) printJson(rows);
  else printTable(columns, rows, 'No reading is recorded.');
  if (next !== null) remark('There are more; --limit or --until shows them.');
}

const columns: readonly Column<TableRow>[] = [
  { head: 'measured', value: ({ timestamp }) => instantText(String(timestamp)) },
  { head: 'window', value: (row) => row.window_key },
  { head: 'used', value: (row) => percentText(Number(row.percent_bp) / 100), right: true },
  { head: 'resets', value: ({ resets_at: resetsAt }) => (resetsAt === null ? null : instantText(String(resetsAt))) },
  { head: 'source', value: (row) => row.source },
  { head: 'confidence', value: ({ suspect, confidence }) => (suspect === 1 ? 'suspect' : confidence) },
  { head: 'seq', value: (row) => row.seq, right: true },
];
