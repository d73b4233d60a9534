/** What `sources read` prints for people: sums by model, readings, and what was left out. */
import { totalOf } from '../../events/meter.js';
import { tokenBuckets } from '../../events/tokens.js';
import type { Preview } from '../../intake/preview.js';
import type { PriceBook } from '../../prices/book.js';
import { costOfUse } from '../../sources/cost.js';
import type { QuotaSeen, UseSeen, WindowSeen } from '../../sources/source.js';
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { percentText } from '../../text/percent.js';
import { instantText } from '../../text/time.js';
import { printHeading, printLine } from '../output.js';
import { printTable } from '../table.js';

export function printPreview({ observations, skipped, refused }: Preview, book: PriceBook): void {
  if (refused !== null) printLine(`Refused: ${refused}`);
  const uses = observations.filter((one): one is UseSeen => one.kind === 'use');
  const readings = observations.filter((one): one is QuotaSeen => one.kind === 'quota');
  printUses(uses, book);
  if (readings.length > 0) printReadings(readings);
  printSkipped('Left out', skipped);
}

export function printSkipped(heading: string, skipped: Preview['skipped']): void {
  const left = Object.entries(skipped);
  if (left.length === 0) return;
  printHeading(heading);
  printTable(
    [
      { head: 'reason', value: ([reason]) => reason.replaceAll('-', ' ') },
      { head: 'count', value: ([, count]) => countText(count), right: true },
    ],
    left,
    '',
  );
}

function printUses(uses: readonly UseSeen[], book: PriceBook): void {
  const byModel = new Map<string, UseSeen[]>();
  for (const use of uses) {
    const model = use.model ?? 'unknown';
    const known = byModel.get(model);
    if (known === undefined) byModel.set(model, [use]);
    else known.push(use);
  }
  const rows = [...byModel].map(([model, ofModel]) => ({
    model,
    responses: ofModel.length,
    counts: tokenBuckets.map((bucket) => ofModel.reduce((sum, { tokens }) => sum + (tokens[bucket] ?? 0), 0)),
    total: ofModel.reduce((sum, { tokens }) => sum + totalOf(tokens), 0),
    ...costsOf(ofModel, book),
  }));
  printTable(
    [
      { head: 'model', value: (row) => row.model },
      { head: 'responses', value: (row) => countText(row.responses), right: true },
      ...tokenBuckets.map((bucket, i) => ({
        head: bucket.replaceAll('_', ' '),
        value: (row: (typeof rows)[number]) => countText(row.counts[i] as number),
        right: true,
      })),
      { head: 'tokens', value: (row) => countText(row.total), right: true },
      { head: 'cost', value: (row) => usdText(row.usd), right: true },
      { head: 'unpriced', value: (row) => (row.unpriced === 0 ? null : countText(row.unpriced)), right: true },
    ],
    rows,
    'No use was found.',
  );
}

/** What those cost whose price is known, and how many the others are. */
function costsOf(uses: readonly UseSeen[], book: PriceBook): { readonly usd: number; readonly unpriced: number } {
  const costs = uses.map((use) => costOfUse(book, use).costUsd);
  return {
    usd: costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
    unpriced: costs.filter((cost) => cost === null).length,
  };
}

function printReadings(readings: readonly QuotaSeen[]): void {
  printHeading('Readings of the quota');
  printTable(
    [
      { head: 'measured', value: (row) => (row.measuredAt === null ? 'now' : instantText(row.measuredAt)) },
      { head: 'window', value: (row) => row.window.key },
      {
        head: 'used',
        value: (row) => (row.window.percentBp === null ? null : percentText(row.window.percentBp / 100)),
        right: true,
      },
      { head: 'resets', value: (row) => (row.window.resetsAt === null ? null : instantText(row.window.resetsAt)) },
      { head: 'note', value: ({ window }) => noteOf(window) },
    ],
    readings.flatMap(({ measuredAt, windows }) => windows.map((window) => ({ measuredAt, window }))),
    '',
  );
}

function noteOf({ rejected, exhausted, suspect }: WindowSeen): string | null {
  if (rejected) return 'not believed';
  if (exhausted) return 'used up';
  return suspect ? 'resets later than it lasts' : null;
}
