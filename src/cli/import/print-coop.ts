/** What came of an import of the original's database, for people and as JSON. */
import type { TableAccount } from '../../coop/account.js';
import type { OriginalHistory } from '../../coop/import.js';
import type { likelyPairs } from '../../coop/names.js';
import type { Line, Reconciled } from '../../coop/reconcile.js';
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { instantText } from '../../text/time.js';
import { visible } from '../../text/visible.js';
import { printHeading, printLine } from '../output.js';
import { quoted } from '../shell-quote.js';
import { printTable } from '../table.js';

/** What came of an import, for print. */
export interface CoopResult {
  readonly database: string;
  readonly zone: string;
  readonly imported: OriginalHistory;
  /** What was read, by identity, day and mode. */
  readonly lines: readonly Line[];
  /** Null where nothing was recorded to compare with. */
  readonly reconciled: Reconciled | null;
  readonly pairs: ReturnType<typeof likelyPairs>;
  readonly digest: string;
  readonly isDryRun: boolean;
}

const shownMax = 10;

export function coopBody({ database, zone, imported, lines, reconciled, pairs, digest, isDryRun }: CoopResult): object {
  const { account, days, fileId, range, refused, isComplete } = imported;
  return {
    database,
    source: `coop:${fileId}`,
    zone,
    dry_run: isDryRun,
    complete: isComplete,
    from: range === null ? null : new Date(range.from).toISOString(),
    until: range === null ? null : new Date(range.until).toISOString(),
    tables: [...account.tables.values()].map(({ leftOut, ...counts }) => ({
      ...counts,
      left_out: Object.fromEntries(leftOut),
    })),
    left_out: Object.fromEntries(account.leftOutUsd),
    left_out_rows: account.leftOut,
    likely_doubles: { rows: account.likelyDoublesCount, first: account.likelyDoubles },
    identities_refused: refused,
    difference:
      reconciled === null
        ? null
        : { usd: rounded(reconciled.usd), tokens: reconciled.tokens, lines: reconciled.differing.map(lineBody) },
    totals: lines.map(lineBody),
    daily_rows: days,
    maybe_the_same: pairs,
    digest,
  };
}

const lineBody = ({ identity, date, mode, rows, usd, tokens, ledgerRows, ledgerUsd, ledgerTokens }: Line) => ({
  identity,
  date,
  mode,
  rows,
  usd: rounded(usd),
  tokens,
  ledger_rows: ledgerRows,
  ledger_usd: rounded(ledgerUsd),
  ledger_tokens: ledgerTokens,
});

const rounded = (usd: number): number => Math.round(usd * 1e6) / 1e6;

export function printCoop(result: CoopResult): void {
  const { database, zone, imported, isDryRun } = result;
  const { account, range, fileId } = imported;
  const when = range === null ? 'without a time' : `${instantText(range.from)} to ${instantText(range.until)}`;
  printLine(`${visible(database)} (coop:${fileId}), ${when}; its readings are read as of ${zone}.`);
  if (isDryRun) printLine('Nothing was recorded: this is what would be.');
  printTables([...account.tables.values()]);
  printLeftOut(result);
  printIdentities(result);
  printDifference(result);
  printRemarks(result);
}

function printTables(tables: readonly TableAccount[]): void {
  printLine('');
  printTable(
    [
      { head: 'table', value: ({ table }) => table },
      { head: 'read', value: ({ read }) => countText(read), right: true },
      { head: 'recorded', value: ({ recorded }) => countText(recorded), right: true },
      { head: 'there before', value: ({ repeated }) => countText(repeated), right: true },
      { head: 'estimated', value: ({ estimated }) => countText(estimated), right: true },
      {
        head: 'left out',
        value: ({ leftOut }) => countText([...leftOut.values()].reduce((sum, count) => sum + count, 0)),
        right: true,
      },
    ],
    tables,
    'It has no rows.',
  );
}

function printLeftOut({ imported: { account } }: CoopResult): void {
  const rows = [...account.tables.values()].flatMap(({ table, leftOut }) =>
    [...leftOut].map(([reason, count]) => ({ table, reason, count })),
  );
  if (rows.length === 0) return;
  printHeading('Left out');
  printTable(
    [
      { head: 'table', value: ({ table }) => table },
      { head: 'why', value: ({ reason }) => reason },
      { head: 'rows', value: ({ count }) => countText(count), right: true },
      {
        head: 'ids',
        value: ({ table, reason }) =>
          idsText(account.leftOut.filter((row) => row.table === table && row.reason === reason)),
      },
    ],
    rows,
    '',
  );
}

function idsText(rows: readonly { readonly id: string }[]): string {
  const shown = rows.slice(0, shownMax).map(({ id }) => id);
  return `${shown.join(', ')}${rows.length > shown.length ? ', …' : ''}`;
}

function printIdentities({ lines }: CoopResult): void {
  const sums = new Map<string, { identity: string; rows: number; usd: number; tokens: number }>();
  for (const { identity, rows, usd, tokens } of lines) {
    const sum = sums.get(identity) ?? { identity, rows: 0, usd: 0, tokens: 0 };
    sums.set(identity, { identity, rows: sum.rows + rows, usd: sum.usd + usd, tokens: sum.tokens + tokens });
  }
  printHeading('Use');
  printTable(
    [
      { head: 'identity', value: ({ identity }) => identity },
      { head: 'uses', value: ({ rows }) => countText(rows), right: true },
      { head: 'dollars', value: ({ usd }) => usdText(usd), right: true },
      { head: 'tokens of the older form', value: ({ tokens }) => countText(tokens), right: true },
    ],
    [...sums.values()],
    'It has no use.',
  );
}

function printDifference({ reconciled }: CoopResult): void {
  if (reconciled === null) return;
  const { differing, lines, usd, tokens } = reconciled;
  printHeading('Compared with the ledger');
  if (differing.length === 0) {
    printLine(
      `Identity by identity, day by day and mode by mode it is the same (${countText(lines.length)} sums; ${usdText(Math.abs(usd))} by rounding).`,
    );
    return;
  }
  printLine(
    `${countText(differing.length)} of ${countText(lines.length)} sums differ, by ${usdText(usd)} and ${countText(tokens)} tokens in all:`,
  );
  printTable(
    [
      { head: 'date', value: ({ date }) => date },
      { head: 'identity', value: ({ identity }) => identity },
      { head: 'mode', value: ({ mode }) => mode },
      { head: 'rows', value: ({ rows, ledgerRows }) => `${rows} / ${ledgerRows}` },
      { head: 'dollars', value: ({ usd: said, ledgerUsd }) => `${usdText(said)} / ${usdText(ledgerUsd)}` },
      { head: 'tokens', value: ({ tokens: said, ledgerTokens }) => `${countText(said)} / ${countText(ledgerTokens)}` },
    ],
    differing.slice(0, shownMax),
    '',
  );
}

function printRemarks({ imported, pairs, isDryRun }: CoopResult): void {
  const { account, days, refused } = imported;
  printLine('');
  if (days.rows > 0) {
    const first = days.differences
      .slice(0, 3)
      .map(
        ({ name, date, said, counted }) =>
          `${visible(name)} on ${date}: ${countText(said)}, and ${countText(counted)} in its rows`,
      );
    const differing = days.differing === 0 ? '' : ` ${countText(days.differing)} are not (${first.join('; ')}).`;
    printLine(
      `Its own totals by day: ${countText(days.rows - days.differing)} of ${countText(days.rows)} are the sums of its rows.${differing}`,
    );
  }
  if (account.likelyDoublesCount > 0) {
    const first = account.likelyDoubles.slice(0, shownMax).map(({ id, of }) => `${id} as ${of}`);
    printLine(
      `${countText(account.likelyDoublesCount)} rows say what another said within a minute before, and are counted: ${first.join(', ')}.`,
    );
  }
  for (const { one, other, why } of pairs.slice(0, shownMax)) {
    const how = isDryRun
      ? `--alias ${quoted(visible(`${other}=${one}`))}`
      : `resource-share identities merge ${quoted(visible(other))} ${quoted(visible(one))}`;
    printLine(`Perhaps one agent: "${visible(one)}" and "${visible(other)}" (${why}). If so: ${how}`);
  }
  for (const { name, what, code } of refused)
    printLine(`${visible(name)}: ${what} was refused (${code}). \`resource-share identities\` can do it.`);
}
