/** What `connect` prints: what it found, what became of the settings, and as JSON both. */
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { printLine } from '../output.js';
import { printTable } from '../table.js';
import type { PlannedChange, PlannedUndo } from './change.js';
import { shownPath } from './shown-path.js';
import type { Survey, SurveyRow } from './survey.js';

export function printSurvey({ rows, total }: Survey): void {
  const count = (head: string, value: (row: SurveyRow) => number) => ({
    head,
    value: (row: SurveyRow) => countText(value(row)),
    right: true,
  });
  printTable(
    [
      { head: 'found in', value: ({ root }) => (root === null ? 'total' : shownPath(root)) },
      count('sessions', ({ sessions }) => sessions),
      count('responses', ({ responses }) => responses),
      count('tokens', ({ tokens }) => tokens),
      { head: 'cost', value: ({ costUsd }) => usdText(costUsd), right: true },
      ...(total.unpriced > 0 ? [count('unpriced', ({ unpriced }) => unpriced)] : []),
      count('days', ({ days }) => days),
      count('projects', ({ projects }) => projects),
    ],
    rows.length > 1 ? [...rows, total] : rows,
    'Nothing was found.',
  );
}

const surveyRowBody = ({ root, costUsd, ...row }: SurveyRow) => ({
  ...(root === null ? {} : { root }),
  ...row,
  cost_usd: Math.round(costUsd * 1e6) / 1e6,
});

export const surveyBody = ({ rows, total, identities, skipped }: Survey) => ({
  roots: rows.map(surveyRowBody),
  total: surveyRowBody(total),
  identities,
  skipped,
});

export function printParts({ edited }: PlannedChange): void {
  for (const { what, state, note, isReplaceable } of edited.parts) {
    const how = isReplaceable === true ? ' --replace puts ours in its place, and --undo takes that back.' : '';
    if (state === 'kept') printLine(`The ${what} that is there stays: ${note}.${how}`);
  }
  for (const remark of edited.remarks) printLine(remark);
}

export function printLeft(path: string, { left }: PlannedUndo): void {
  if (left.length > 0)
    printLine(
      `In ${shownPath(path)} somebody has changed ${left.join(', ')} since: that is left as it is. Take it out by hand.`,
    );
}
