/** `audit as-of`: a table as it was after some event: what was known then. */
import { Argument, type Command, Option } from 'commander';
import type { LedgerView } from '../../ledger/view.js';
import type { TableName } from '../../projections/table-reader.js';
import { negativeResult, usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printJson, remark } from '../output.js';
import { printRows } from '../rows.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly seq?: number;
  readonly time?: TimeText;
  readonly limit: number;
  readonly json?: true;
}

/** As in `ledger/tables.ts`, which would make every `--help` wait for the ledger. */
const tables = ['usage', 'daily', 'quota', 'identities', 'allocations'] as const satisfies readonly TableName[];

export const tableArgument = (): Argument => new Argument('<table>', 'which table').choices(tables);

export function define(audit: Command): void {
  const command = audit
    .command('as-of')
    .description('A table as it was after an event, or at a time.')
    .addArgument(tableArgument())
    .option('--seq <seq>', 'after this event', wholeNumber(1))
    .addOption(new Option('--time <time>', 'at this time').argParser(parsePastTime).conflicts('seq'))
    .option('--limit <rows>', 'rows at most', wholeNumber(1, 1_000), 100)
    .addOption(jsonOption());
  command.action(async (table: TableName, options: Options) =>
    withView(globalsOf(command), (view) => show(view, table, options)),
  );
  addExamples(command, 'audit as-of allocations --seq 4711', 'audit as-of daily --time 2026-01-05T09:30:00Z --json');
}

async function show(view: LedgerView, table: TableName, options: Options): Promise<void> {
  const seq = await seqOf(view, options);
  const { rows, next } = await view.table(table, { limit: options.limit }, seq);
  remark(`as of seq ${seq}`);
  if (options.json === true) printJson(rows);
  else printRows(rows, 'The table was empty then.');
  if (next !== null) remark('There are more; --limit shows them.');
}

async function seqOf(view: LedgerView, { seq, time }: Options): Promise<number> {
  if (seq === undefined && time === undefined) throw usageError('as of when? Give --seq or --time.');
  const found = seq ?? (await view.engine.seqAt(view.pool, await view.instant(time as TimeText)));
  checkReached(view, found);
  return found;
}

/** Ends the run with "no" for a seq that the log does not have. */
export function checkReached(view: LedgerView, seq: number): void {
  const { seq: head } = view.record.head;
  if (seq > head) throw negativeResult(`the log ends at seq ${head}; it does not reach ${seq} yet.`);
}
