/** Where everybody stands, as three tables: the windows, when they run out, and who may use them. */
import { duration } from '../../fairness/reason.js';
import { shownBudget, shownDollars, shownEstimate, shownPercent } from '../figures.js';
import { printHeading, printLine, printText } from '../output.js';
import { printTable } from '../table.js';
import { shownAway, shownMinute, shownTime } from '../times.js';
import type { Mode, Overview, OverviewIdentity, OverviewWindow } from './overview.js';

export function printOverview({ at, seq, policy, windows, identities }: Overview, only: string | undefined): void {
  const version = policy.version === 0 ? 'default policy' : `policy version ${policy.version}`;
  printLine(
    `${shownTime(at)} (UTC), by the log up to seq ${seq}; ${version}, method ${policy.method}, ${policy.mode}s.`,
  );
  printLine();
  printWindows(windows, at);
  if (windows.some(({ runout }) => runout !== null)) {
    printHeading('When it runs out if it is used on as now (with a chance of 10, 50 and 90 %)');
    printRunouts(windows, at);
  }
  if (windows.some(({ followed_percent: percent }) => percent !== null)) {
    printText('At reset: percent used by then, as now, and if what is recommended is followed.');
  }
  printHeading('Shares');
  const shown = only === undefined ? identities : identities.filter(({ name }) => name === only);
  printIdentities(shown, at);
  printLine();
  if (shown.length === 1) printText(`${shown[0]?.name}: ${shown[0]?.reason}`);
  else if (shown.length > 0)
    printText('Balance: + it is owed, − it is ahead. `resource-share fair explain NAME` says why.');
}

function printWindows(windows: readonly OverviewWindow[], at: number): void {
  printTable(
    [
      { head: 'window', value: (row) => row.window },
      { head: 'used', value: usedText, right: true },
      { head: 'budget', value: (row) => shownBudget(row.budget_usd, row.budget_deviation), right: true },
      { head: 'unattributed', value: (row) => dollars(row.unattributed_usd), right: true },
      { head: 'may use / h', value: (row) => shownDollars(row.rate_usd_per_hour), right: true },
      { head: 'resets', value: (row) => resetText(row, at) },
    ],
    windows,
    'No window is known.',
  );
  const unread = windows.filter(({ percent }) => percent === null);
  if (unread.length > 0)
    printLine(
      `\nNobody has read ${unread.map((row) => row.window).join(', ')} yet: nothing limits but the base interval.`,
    );
}

const usedText = ({ percent, percent_deviation: deviation }: OverviewWindow): string | null =>
  percent === null ? null : shownEstimate(percent, deviation ?? 0);

const dollars = (usd: number | null): string | null => (usd === null ? null : shownDollars(usd));

function resetText({ resets_at: resetsAt, exhausted }: OverviewWindow, at: number): string {
  const text = resetsAt === null ? 'begins with use' : `${shownMinute(resetsAt)}, ${shownAway(resetsAt, at)}`;
  return exhausted ? `${text} (used up)` : text;
}

function printRunouts(windows: readonly OverviewWindow[], at: number): void {
  const time =
    (of: 'p10' | 'p50' | 'p90') =>
    ({ runout }: OverviewWindow) =>
      runout === null ? null : runoutTime(runout[of], at);
  printTable(
    [
      { head: 'window', value: (row) => row.window },
      { head: 'burns / h', value: ({ runout }) => dollars(runout?.burn_usd_per_hour ?? null), right: true },
      { head: 'by 10 %', value: time('p10') },
      { head: '50 %', value: time('p50') },
      { head: '90 %', value: time('p90') },
      {
        head: 'by reset',
        value: ({ runout }) => (runout === null ? null : `${Math.round(100 * runout.before_reset)} %`),
        right: true,
      },
      { head: 'at reset', value: ({ runout }) => percentText(runout?.projected_percent), right: true },
      { head: 'followed', value: (row) => percentText(row.followed_percent), right: true },
    ],
    windows,
    'No window is known.',
  );
}

const percentText = (percent: number | null | undefined): string | null => {
  if (percent === null || percent === undefined) return null;
  return percent > 999 ? '> 999 %' : `${percent.toFixed(0)} %`;
};

/** Beyond a year nobody minds the day. */
const runoutTime = (time: number, at: number): string => (time - at > 3.2e10 ? '> 1 year' : shownMinute(time));

function printIdentities(identities: readonly OverviewIdentity[], at: number): void {
  printTable(
    [
      { head: 'identity', value: ({ name }) => name },
      { head: 'share', value: ({ share }) => shownPercent(share), right: true },
      { head: 'used', value: (row) => shownDollars(row.used_usd), right: true },
      { head: 'left', value: (row) => shownDollars(row.remaining_usd), right: true },
      { head: 'balance', value: (row) => balanceText(row.balance_usd), right: true },
      { head: 'interval', value: (row) => duration(row.would_be_s), right: true },
      { head: 'next run', value: (row) => nextRunText(row, at) },
      { head: 'mode', value: ({ mode }) => modes[mode] },
      { head: 'held by', value: (row) => (row.blocked_by.length > 0 ? row.blocked_by.join(', ') : row.binding_window) },
    ],
    identities,
    'Nobody has a share yet.',
  );
}

const modes: Readonly<Record<Mode, string>> = {
  compliant: 'compliant',
  lends: 'lends',
  rogue: 'rogue',
  paused: 'paused',
  blocked: 'blocked',
  attached: 'with a person',
};

function balanceText(usd: number): string {
  return usd > 0 ? `+${shownDollars(usd)}` : shownDollars(usd);
}

function nextRunText({ mode, interval_s: told, next_run_at: next }: OverviewIdentity, at: number): string {
  if (next === null) return mode === 'paused' ? 'when resumed' : 'at once';
  if (next >= at || told === null) return shownAway(next, at);
  return `due ${duration((at - next) / 1_000)}`;
}
