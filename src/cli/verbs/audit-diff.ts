/** `audit diff`: what became of a table's rows between two events. */
import type { Command } from 'commander';
import type { LedgerView } from '../../ledger/view.js';
import type { Value } from '../../projections/rows.js';
import type { TableName, TableRow } from '../../projections/table-reader.js';
import { usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { printTable } from '../table.js';
import { checkReached, tableArgument } from './audit-as-of.js';

interface Options {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly limit: number;
  readonly json?: true;
}

interface RowChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly key: Readonly<Record<string, Value>>;
  /** Column to its value before and after; null where the row was not there. */
  readonly columns: Readonly<Record<string, { readonly from: Value; readonly to: Value }>>;
}

export function define(audit: Command): void {
  const command = audit
    .command('diff')
    .description('Rows of a table that were added, removed or changed from one event to another.')
    .addArgument(tableArgument())
    .requiredOption('--from-seq <seq>', 'as of this event', wholeNumber(0))
    .requiredOption('--to-seq <seq>', 'as of this event', wholeNumber(1))
    .option('--limit <rows>', 'changed rows shown at most', wholeNumber(1, 100_000), 100)
    .addOption(jsonOption());
  command.action(async (table: TableName, options: Options) => {
    if (options.fromSeq >= options.toSeq) throw usageError('--from-seq must come before --to-seq.');
    await withView(globalsOf(command), (view) => diff(view, table, options));
  });
  addExamples(
    command,
    'audit diff daily --from-seq 1000 --to-seq 2000',
    'audit diff identities --from-seq 0 --to-seq 100 --json',
  );
}

async function diff(view: LedgerView, table: TableName, { fromSeq, toSeq, limit, json }: Options): Promise<void> {
  checkReached(view, toSeq);
  const { tableKey } = await import('../../projections/table-reader.js');
  const counts = { added: 0, removed: 0, changed: 0 };
  const shown: RowChange[] = [];
  for await (const change of changes(view, table, tableKey(table), fromSeq, toSeq)) {
    counts[change.change] += 1;
    if (shown.length < limit) shown.push(change);
  }
  if (json === true) return printJson({ ...counts, rows: shown });
  const marks = { added: '+', removed: '-', changed: '~' };
  printTable(
    [
      { head: '', value: ({ change }) => marks[change] },
      { head: 'row', value: ({ key }) => Object.values(key).join(' ') },
      { head: 'columns', value: columnsText },
    ],
    shown,
    'Nothing changed.',
  );
  printLine(`\n${counts.added} added, ${counts.removed} removed, ${counts.changed} changed.`);
  if (counts.added + counts.removed + counts.changed > limit) remark('There are more; --limit shows them.');
}

/** Both sides come in the order of their key, so they are merged row by row and never held whole. */
async function* changes(
  view: LedgerView,
  table: TableName,
  key: readonly string[],
  fromSeq: number,
  toSeq: number,
): AsyncGenerator<RowChange> {
  const olds = fromSeq === 0 ? noRows() : view.rows(table, { descending: false }, fromSeq);
  const news = view.rows(table, { descending: false }, toSeq);
  let old = await olds.next();
  let fresh = await news.next();
  while (old.done !== true || fresh.done !== true) {
    const order = old.done === true ? 1 : fresh.done === true ? -1 : compareKeys(key, old.value, fresh.value);
    const before = order <= 0 ? (old.value as TableRow) : null;
    const after = order >= 0 ? (fresh.value as TableRow) : null;
    const change = changeOf(key, before, after);
    if (change !== null) yield change;
    if (before !== null) old = await olds.next();
    if (after !== null) fresh = await news.next();
  }
}

async function* noRows(): AsyncGenerator<TableRow> {}

function changeOf(key: readonly string[], before: TableRow | null, after: TableRow | null): RowChange | null {
  const row = (after ?? before) as TableRow;
  const names = Object.keys(row).filter((name) => !key.includes(name) && name !== 'pool');
  const columns = Object.fromEntries(
    names
      .map((name) => [name, { from: before?.[name] ?? null, to: after?.[name] ?? null }] as const)
      .filter(([, { from, to }]) => from !== to),
  );
  if (before !== null && after !== null && Object.keys(columns).length === 0) return null;
  const change = before === null ? 'added' : after === null ? 'removed' : 'changed';
  return { change, key: Object.fromEntries(key.map((name) => [name, row[name] ?? null])), columns };
}

/** As the engine orders: numbers by value, texts by their UTF-8 bytes. */
function compareKeys(key: readonly string[], a: TableRow, b: TableRow): number {
  for (const name of key) {
    const [left, right] = [a[name], b[name]];
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
    if (order !== 0) return order;
  }
  return 0;
}

function columnsText({ change, columns }: RowChange): string {
  const text = (value: Value) => (value === null ? '–' : String(value));
  return Object.entries(columns)
    .map(([name, { from, to }]) =>
      change === 'changed' ? `${name} ${text(from)} → ${text(to)}` : `${name} ${text(to ?? from)}`,
    )
    .join(', ');
}
