/** `fair`: what each identity is entitled to, has used, and how often it may run. */
import type { Command } from 'commander';
import type { TableRow } from '../../ledger/tables.js';
import { shownPercent, shownUsd } from '../figures.js';
import { identityNames } from '../identity-names.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { Reading } from '../reading.js';
import { type Column, printTable } from '../table.js';
import { shownTime } from '../times.js';

interface StatusOptions {
  readonly identity?: string;
  readonly json?: true;
}

export function define(command: Command): void {
  const status = command
    .command('status')
    .description('Shares, use and intervals per identity and window.')
    .option('--identity <name>', 'only this identity')
    .addOption(jsonOption());
  status.action(async (options: StatusOptions) => Reading.of(globalsOf(status), (reading) => show(reading, options)));
  addExamples(status, 'fair status', 'fair status --identity Ada --json');
  addExamples(command, 'fair status');
}

async function show(reading: Reading, { identity, json }: StatusOptions): Promise<void> {
  const name = identity === undefined ? undefined : (await identityNames(reading, identity)).name;
  const rows: TableRow[] = [];
  for await (const row of reading.rows('allocations', { identity: name })) rows.push(row);
  if (json === true) return printJson(rows);
  printTable(columns, rows, 'Nobody has a share yet.');
  const reasons = new Set(rows.map(({ reason }) => String(reason)));
  if (reasons.size === 1) printLine(`\n${[...reasons][0]}`);
}

const columns: readonly Column<TableRow>[] = [
  { head: 'identity', value: (row) => row.claude_name },
  { head: 'window', value: (row) => row.window_key },
  { head: 'weight', value: (row) => row.weight, right: true },
  { head: 'share', value: (row) => shownPercent(Number(row.share)), right: true },
  { head: 'used usd', value: (row) => shownUsd(Number(row.used_micro_usd)), right: true },
  { head: 'balance usd', value: (row) => shownUsd(Number(row.balance_micro_usd)), right: true },
  {
    head: 'left',
    value: ({ remaining }) => (remaining === null ? null : shownPercent(Number(remaining))),
    right: true,
  },
  { head: 'interval', value: (row) => `${row.recommended_interval} s`, right: true },
  { head: 'held back by', value: (row) => row.binding_window },
  { head: 'as of', value: (row) => shownTime(String(row.computed_at)) },
];
