/** How a report of use is shown: a table, CSV or JSON. */
import { csvLine } from '../../text/csv.js';
import { microUsdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { printJson } from '../output.js';
import { type Column, printTable } from '../table.js';
import type { Amounts, Grouping, ReportRow, UsageReport } from './report.js';

export function showJson(by: Grouping, { rows, total }: UsageReport): void {
  const body = ({ key, model, amounts }: ReportRow) => ({
    [by]: key,
    ...(model === undefined ? {} : { model }),
    ...amounts,
  });
  printJson({ rows: rows.map(body), total });
}

export function showCsv(by: Grouping, { rows, total }: UsageReport): void {
  const names = Object.keys(total) as (keyof Amounts)[];
  const withModels = rows.some(({ model }) => model !== undefined);
  const line = ({ key, model, amounts }: ReportRow) =>
    csvLine([key, ...(withModels ? [model ?? null] : []), ...names.map((name) => amounts[name])]);
  process.stdout.write(csvLine([by, ...(withModels ? ['model_of_it'] : []), ...names]));
  for (const row of rows) process.stdout.write(line(row));
}

export function showTable(by: Grouping, { rows, total }: UsageReport): void {
  const all: ReportRow = { key: 'all', amounts: total, lastAt: 0 };
  printTable(columnsOf(by, total), rows.length > 1 ? [...rows, all] : rows, 'No use is recorded.');
}

const costText = ({ cost_micro_usd: cost, unpriced_tokens: unpriced }: Amounts): string =>
  cost === 0 && unpriced > 0 ? 'unpriced' : microUsdText(cost);

/** What nobody used is left out. */
function columnsOf(by: Grouping, total: Amounts): Column<ReportRow>[] {
  const count = (head: string, of: (amounts: Amounts) => number): Column<ReportRow>[] =>
    of(total) === 0 ? [] : [{ head, value: ({ amounts }) => countText(of(amounts)), right: true }];
  return [
    { head: by, value: ({ key, model }) => (model === undefined ? (key ?? 'not said') : `  ${model ?? 'not said'}`) },
    ...count('input', (amounts) => amounts.input_tokens),
    ...count('cache write', (amounts) => amounts.cache_write_5m_tokens + amounts.cache_write_1h_tokens),
    ...count('cache read', (amounts) => amounts.cache_read_tokens),
    ...count('output', (amounts) => amounts.output_tokens + amounts.reasoning_tokens),
    ...count('tokens', (amounts) => amounts.total_tokens),
    { head: 'cost', value: ({ amounts }) => costText(amounts), right: true },
    ...count('unpriced tokens', (amounts) => amounts.unpriced_tokens),
    { head: 'reports', value: ({ amounts }) => countText(amounts.reports), right: true },
  ];
}
