/** What `sql` shows: rows, a plan, ready-made queries, tables. */
import { limits } from '../../limits.js';
import { countText } from '../../text/number.js';
import { visibleLines } from '../../text/visible.js';
import type { ResultValue } from '../../viewer/gate.js';
import type { CannedListing } from '../../viewer/question.js';
import type { TableListing } from '../../viewer/tables.js';
import { printHeading, printLine, printText, remark, writeAll } from '../output.js';
import { printTable } from '../table.js';
import type { SqlPage } from './asker.js';

export function printPage({ columns, rows, truncated, cells_cut: cut }: SqlPage): void {
  printTable(
    columns.map((head, i) => ({
      head,
      value: (row: readonly ResultValue[]) => (typeof row[i] === 'boolean' ? String(row[i]) : row[i]),
      right: rows.every((row) => typeof row[i] !== 'string'),
    })),
    rows,
    'No rows.',
  );
  if (truncated === 'rows')
    remark(`there are more than ${countText(rows.length)} rows: --limit shows more, --csv and --ndjson all`);
  if (truncated === 'bytes') remark('there are more rows than a page has room for: --csv and --ndjson write all');
  if (cut > 0)
    remark(`${countText(cut)} texts of more than ${countText(limits.viewerCellCharactersMax)} characters are cut`);
}

/** As fast as the reader of stdout takes them. */
export async function writeExport(parts: AsyncIterable<Uint8Array>): Promise<void> {
  const { stdout } = process;
  for await (const part of parts)
    await writeAll(stdout, stdout.isTTY ? visibleLines(Buffer.from(part).toString('utf8')) : part);
}

export function printQueries(queries: readonly CannedListing[]): void {
  printTable(
    [
      { head: 'name', value: ({ name }: CannedListing) => name },
      { head: 'what it answers', value: ({ description }: CannedListing) => description, wrap: true },
      { head: 'values', value: ({ params }: CannedListing) => params.map(paramText).join(', ') },
    ],
    queries,
    'There are none.',
  );
}

const paramText = ({ name, default: usual }: CannedListing['params'][number]): string => `${name}=${usual}`;

export function printTables(tables: readonly TableListing[]): void {
  printTable(
    [
      { head: 'name', value: ({ name }: TableListing) => name },
      { head: 'what it holds', value: ({ description }: TableListing) => description, wrap: true },
    ],
    tables,
    'There are none.',
  );
}

export function printOneTable({ description, columns, indexes, ddl }: TableListing): void {
  printText(description);
  printLine();
  printTable(
    [
      { head: 'column', value: ({ name }: TableListing['columns'][number]) => name },
      { head: 'type', value: ({ type }: TableListing['columns'][number]) => type?.toLowerCase() },
      { head: 'meaning', value: (column: TableListing['columns'][number]) => column.description, wrap: true },
    ],
    columns,
    'It has none.',
  );
  printHeading('Made by');
  for (const text of [ddl, ...indexes.map((index) => `${index};`)]) printLine(text);
}
