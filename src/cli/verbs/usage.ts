/** `usage`: what was used, by whom: recorded by hand, listed, by day, summed up. */

import type { Command } from 'commander';
import type { EpochMs } from '../../events/scalars.js';
import { identityNames } from '../../ledger/identity-names.js';
import type { LedgerView } from '../../ledger/view.js';
import type { TableRow } from '../../projections/table-reader.js';
import { secondsText } from '../../text/duration.js';
import { microUsdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { fractionText } from '../../text/percent.js';
import { instantText } from '../../text/time.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { printResult } from '../print-result.js';
import { type Column, printTable } from '../table.js';
import { parsePastTime, type TimeText } from '../times.js';
import { defineReport } from '../usage/by.js';
import { addUsageOptions, usageOf, warnOfNothing } from '../usage-options.js';

interface Filter {
  readonly identity?: string;
  readonly since?: TimeText;
  readonly until?: TimeText;
  readonly limit: number;
  readonly json?: true;
}

export function define(command: Command): void {
  defineReport(command);
  defineRecord(command);

  const list = filtered(command.command('list').description('List single uses and corrections, newest first.'));
  list.action(async (filter: Filter) => withView(globalsOf(list), (view) => listUses(view, filter)));
  addExamples(
    list,
    'usage list',
    'usage list --identity Ada --since 2d --limit 20',
    'usage list --since 2026-01-05 --json',
  );

  const daily = filtered(
    command.command('daily').description('List the totals of each identity and day, newest last.'),
  );
  daily.action(async (filter: Filter) => withView(globalsOf(daily), (view) => listDays(view, filter)));
  addExamples(daily, 'usage daily --since 7d', 'usage daily --identity Ada --json');

  const summary = filtered(
    command.command('summary').description('Sum up whole days by identity (default: the last 7 days).'),
  );
  summary.action(async (filter: Filter) => withView(globalsOf(summary), (view) => sumUp(view, filter)));
  addExamples(summary, 'usage summary', 'usage summary --since 2026-01-01 --until 2026-02-01');

  addExamples(
    command,
    'usage --by day --since 7d',
    'usage --by session --breakdown --order cost',
    'usage --by block --watch',
    'usage record Ada --cost 0.125',
  );
}

function defineRecord(command: Command): void {
  const record = addUsageOptions(command.command('record <name>').description('Record a use by hand.'))
    .option('--at <time>', 'when it was used (default: now); then nobody is told when to run again', parsePastTime)
    .option('--key <key>', 'idempotency key: the same key records once')
    .addOption(jsonOption());
  type Options = Parameters<typeof usageOf>[1] & { at?: TimeText; key?: string; json?: true };
  record.action(async (name: string, options: Options) => {
    const usage = await usageOf(name, options, record);
    warnOfNothing(usage);
    const { withPoolClient } = await import('../open-client.js');
    const result = await withPoolClient(globalsOf(record), async (client) =>
      client.record(
        {
          type: 'usage.recorded',
          payload: usage,
          occurred_at: options.at?.at(Date.now(), await client.timeZone()),
          key: options.key,
        },
        // What is entered later is history: it is no question when to run again.
        options.at === undefined,
      ),
    );
    printResult(result, `The use of ${name} is recorded`, options.json);
    if (options.json !== true && result.advice !== undefined) {
      printLine(`It may run again in ${secondsText(result.advice.interval_s)}.`);
    }
  });
  addExamples(
    record,
    'usage record Ada --cost 0.125 --tokens input=1200,output=340 --model claude-opus-4-5',
    'usage record Ada --session 7f3c --total-cost-usd 4.71',
  );
}

function filtered(command: Command): Command {
  return command
    .option('--identity <name>', 'only this identity')
    .option('--since <time>', 'from this time on', parsePastTime)
    .option('--until <time>', 'before this time', parsePastTime)
    .option('--limit <rows>', 'rows at most', wholeNumber(1, 1_000), 100)
    .addOption(jsonOption());
}

async function listUses(view: LedgerView, { identity, since, until, limit, json }: Filter): Promise<void> {
  const { rows, next } = await view.table('usage', {
    identity: await nameOf(view, identity),
    since: await view.instant(since),
    until: await view.instant(until),
    limit,
  });
  if (json === true) printJson(rows);
  else printTable(useColumns, rows, 'No use is recorded.');
  if (next !== null) remark(`There are more; --limit or --until shows them.`);
}

const useColumns: readonly Column<TableRow>[] = [
  { head: 'time', value: ({ timestamp }) => instantText(String(timestamp)) },
  { head: 'identity', value: (row) => row.claude_name },
  { head: 'mode', value: (row) => row.mode },
  { head: 'tokens', value: (row) => countText(Number(row.total_tokens)), right: true },
  {
    head: 'cost',
    value: (row) => (row.cost_micro_usd === null ? 'unpriced' : microUsdText(Number(row.cost_micro_usd))),
    right: true,
  },
  { head: 'model', value: (row) => row.model },
  { head: 'session', value: (row) => row.session },
  {
    head: 'interval',
    value: (row) => (row.recommended_interval === null ? null : `${row.recommended_interval} s`),
    right: true,
  },
  { head: 'seq', value: (row) => row.seq, right: true },
  { head: 'corrects', value: (row) => row.corrects },
];

async function listDays(view: LedgerView, filter: Filter): Promise<void> {
  const newest: TableRow[] = [];
  let older = 0;
  for await (const row of view.rows('daily', await daysOf(view, filter))) {
    newest.push(row);
    if (newest.length <= filter.limit) continue;
    newest.shift();
    older += 1;
  }
  if (filter.json === true) printJson(newest);
  else printTable(dayColumns, newest, 'No use is recorded.');
  if (older > 0) remark(`${countText(older)} older rows are not shown; --limit or --until shows them.`);
}

const dayColumns: readonly Column<TableRow>[] = [
  { head: 'date', value: (row) => row.date },
  { head: 'identity', value: (row) => row.claude_name },
  { head: 'autonomy', value: (row) => countText(Number(row.autonomous_tokens)), right: true },
  { head: 'collaboration', value: (row) => countText(Number(row.collaborative_tokens)), right: true },
  { head: 'tokens', value: (row) => countText(Number(row.total_tokens)), right: true },
  { head: 'cost', value: (row) => microUsdText(Number(row.total_cost_micro_usd)), right: true },
  { head: 'reports', value: (row) => row.reports, right: true },
  {
    head: 'closed',
    value: ({ closed_at: closed, late_reports: late }) =>
      closed === null ? 'open' : Number(late) > 0 ? `${late} late` : 'closed',
  },
];

interface Sum {
  readonly identity: string;
  tokens: number;
  cost_micro_usd: number;
  autonomous_cost_micro_usd: number;
  unpriced_tokens: number;
  reports: number;
}

async function sumUp(view: LedgerView, filter: Filter): Promise<void> {
  const week = { ...filter, since: filter.since ?? parsePastTime('6d') };
  const sums = new Map<string, Sum>();
  for await (const row of view.rows('daily', await daysOf(view, week))) {
    const identity = String(row.claude_name);
    const sum = sums.get(identity) ?? emptySum(identity);
    sum.tokens += Number(row.total_tokens);
    sum.cost_micro_usd += Number(row.total_cost_micro_usd);
    sum.autonomous_cost_micro_usd += Number(row.autonomous_cost_micro_usd);
    sum.unpriced_tokens += Number(row.unpriced_tokens);
    sum.reports += Number(row.reports);
    sums.set(identity, sum);
  }
  const rows = [...sums.values()].sort((a, b) => b.cost_micro_usd - a.cost_micro_usd || b.tokens - a.tokens);
  if (filter.json === true) return printJson(rows);
  const total = rows.reduce((sum, row) => sum + row.cost_micro_usd, 0);
  printTable(
    [
      { head: 'identity', value: (row) => row.identity },
      { head: 'tokens', value: (row) => countText(row.tokens), right: true },
      { head: 'cost', value: (row) => microUsdText(row.cost_micro_usd), right: true },
      {
        head: 'of all',
        value: (row) => (total === 0 ? null : fractionText(row.cost_micro_usd / total)),
        right: true,
      },
      { head: 'autonomy cost', value: (row) => microUsdText(row.autonomous_cost_micro_usd), right: true },
      { head: 'unpriced tokens', value: (row) => countText(row.unpriced_tokens), right: true },
      { head: 'reports', value: (row) => row.reports, right: true },
    ],
    rows,
    'No use is recorded.',
  );
  if (rows.length === 0) await (await import('../first-run.js')).printFirstRun(view);
}

const emptySum = (identity: string): Sum => ({
  identity,
  tokens: 0,
  cost_micro_usd: 0,
  autonomous_cost_micro_usd: 0,
  unpriced_tokens: 0,
  reports: 0,
});

/** Days are bounded by the dates that the times fall on in the pool's zone; a part of a day counts whole. */
async function daysOf(view: LedgerView, { identity, since, until }: Omit<Filter, 'limit'>) {
  const { addDays, dateIn } = await import('../../events/days.js');
  const zone = await view.timeZone();
  const from = await view.instant(since);
  const to = await view.instant(until);
  const midnight = (date: string) => Date.parse(date) as EpochMs;
  return {
    identity: await nameOf(view, identity),
    since: from === undefined ? undefined : midnight(dateIn(zone, from)),
    until: to === undefined ? undefined : midnight(addDays(dateIn(zone, (to - 1) as EpochMs), 1)),
  };
}

async function nameOf(view: LedgerView, identity: string | undefined): Promise<string | undefined> {
  return identity === undefined ? undefined : (await identityNames(view, identity)).name;
}
