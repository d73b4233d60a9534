/** Where everybody stands, as three tables: the windows, when they run out, and who may use them. */

import type { Alert, Maintenance } from '../../events/state.js';
import { alertId } from '../../status/alerts.js';
import type { IdentityStatus, ShareStatus } from '../../status/identities.js';
import { stateText, stateWords } from '../../status/identity-state.js';
import { type Status, unreadText } from '../../status/status.js';
import type { WindowStatus } from '../../status/windows.js';
import { durationText } from '../../text/duration.js';
import { usdEstimateText, usdText } from '../../text/money.js';
import { estimateText, fractionText, percentText } from '../../text/percent.js';
import { instantText, minuteText, relativeText } from '../../text/time.js';
import { visible } from '../../text/visible.js';
import { printHeading, printLine, printText } from '../output.js';
import { printTable } from '../table.js';

/** Of the open alerts, the newest. */
const alertsShown = 10;

/** One who has a share. */
interface Sharer extends IdentityStatus {
  readonly share: ShareStatus;
}

export function printStatus(
  { at, seq, policy, windows, identities, unread, alerts, maintenance }: Status,
  only: string | undefined,
): void {
  const version = policy.version === 0 ? 'default policy' : `policy version ${policy.version}`;
  printLine(
    `${instantText(at)} (UTC), by the log up to seq ${seq}; ${version}, method ${policy.method}, ${policy.mode}s.`,
  );
  if (maintenance !== null) printText(maintenanceText(maintenance, at));
  printLine();
  printWindows(windows, at);
  printAlerts(alerts);
  if (unread) printText(`Quota not read. ${unreadText} ${durationText(policy.baseIntervalS)}.`);
  if (windows.some(({ runout }) => runout !== null)) {
    printHeading('When it runs out if it is used on as now (with a chance of 10, 50 and 90 %)');
    printRunouts(windows, at);
  }
  if (windows.some(({ followedPercent }) => followedPercent !== null)) {
    printText('At reset: percent used by then, as now, and if what is recommended is followed.');
  }
  printHeading('Shares');
  const sharers = identities.filter((one): one is Sharer => one.share !== null);
  const shown = only === undefined ? sharers : sharers.filter(({ name }) => name === only);
  printIdentities(shown, at);
  printLine();
  if (shown.length === 1) printText(`${shown[0]?.name}: ${shown[0]?.reason}`);
  else if (shown.length > 0)
    printText('Balance: + it is owed, − it is ahead. `resource-share fair explain NAME` says why.');
}

/** Text of somebody is shown as what it is. */
const maintenanceText = ({ until, reason }: Maintenance, at: number): string =>
  `Maintenance until ${instantText(until)} (${relativeText(until, at)}): agents and jobs wait${reason === null ? '' : `; ${visible(reason)}`}.`;

const alertText = (alert: Alert): string =>
  `${alertId(alert)} ${alert.rule}${alert.text.startsWith(alert.subject) ? '' : ` (${alert.subject})`}: ${alert.text}`;

/** Those that nobody has seen yet. */
function printAlerts(open: readonly Alert[]): void {
  const alerts = open.filter(({ acknowledgedAt }) => acknowledgedAt === null);
  if (alerts.length === 0) return;
  printHeading('Open alerts');
  for (const alert of alerts.slice(0, alertsShown)) printText(alertText(alert));
  if (alerts.length > alertsShown)
    printLine(`${alerts.length - alertsShown} more: \`resource-share alerts list\` shows them.`);
}

function printWindows(windows: readonly WindowStatus[], at: number): void {
  printTable(
    [
      { head: 'window', value: (row) => row.key },
      { head: 'used', value: usedText, right: true },
      { head: 'budget', value: (row) => budgetText(row), right: true },
      { head: 'unattributed', value: (row) => dollars(row.unattributedUsd), right: true },
      { head: 'may use / h', value: (row) => dollars(row.rateUsdPerHour), right: true },
      { head: 'resets', value: (row) => resetText(row, at) },
    ],
    windows,
    'No window is known.',
  );
  const unread = windows.filter(({ percent, readPercent }) => percent === null && readPercent === null);
  if (unread.length > 0)
    printLine(
      `\nNobody has read ${unread.map((row) => row.key).join(', ')} yet: nothing limits but the base interval.`,
    );
}

const usedText = ({ percent, percentDeviation: deviation }: WindowStatus): string | null =>
  percent === null ? null : estimateText(percent, deviation ?? 0);

const budgetText = ({ budgetUsd, budgetDeviation }: WindowStatus): string | null =>
  budgetUsd === null ? null : usdEstimateText(budgetUsd, budgetDeviation);

const dollars = (usd: number | null): string | null => (usd === null ? null : usdText(usd));

function resetText({ resetsAt, exhausted }: WindowStatus, at: number): string {
  const text = resetsAt === null ? 'begins with use' : `${minuteText(resetsAt)}, ${relativeText(resetsAt, at)}`;
  return exhausted ? `${text} (used up)` : text;
}

function printRunouts(windows: readonly WindowStatus[], at: number): void {
  const time =
    (of: 'p10' | 'p50' | 'p90') =>
    ({ runout }: WindowStatus) =>
      runout === null ? null : runoutTime(runout[of], at);
  printTable(
    [
      { head: 'window', value: (row) => row.key },
      { head: 'burns / h', value: ({ runout }) => dollars(runout?.burn ?? null), right: true },
      { head: 'by 10 %', value: time('p10') },
      { head: '50 %', value: time('p50') },
      { head: '90 %', value: time('p90') },
      {
        head: 'by reset',
        value: ({ runout }) => (runout === null ? null : percentText(Math.round(100 * runout.beforeReset))),
        right: true,
      },
      { head: 'at reset', value: ({ runout }) => projectedText(runout?.projected), right: true },
      { head: 'followed', value: (row) => projectedText(row.followedPercent), right: true },
    ],
    windows,
    'No window is known.',
  );
}

const projectedText = (percent: number | null | undefined): string | null =>
  percent === null || percent === undefined ? null : percentText(Math.round(percent));

/** Beyond a year nobody minds the day. */
const runoutTime = (time: number, at: number): string => (time - at > 3.2e10 ? '> 1 year' : minuteText(time));

function printIdentities(identities: readonly Sharer[], at: number): void {
  printTable(
    [
      { head: 'identity', value: ({ name }) => name },
      ...(identities.some(({ share }) => share.group !== null)
        ? [{ head: 'of', value: ({ share }: Sharer) => share.group }]
        : []),
      { head: 'share', value: ({ share }) => fractionText(share.nominal), right: true },
      { head: 'used', value: ({ share }) => usdText(share.usedUsd), right: true },
      { head: 'left', value: ({ share }) => usdText(share.remainingUsd), right: true },
      { head: 'balance', value: ({ share }) => balanceText(share.balanceUsd), right: true },
      { head: 'interval', value: ({ wouldBeS }) => durationText(wouldBeS), right: true },
      { head: 'next run', value: (row) => nextRunText(row, at) },
      { head: 'state', value: shortStateText },
      { head: 'held by', value: (row) => (row.blockedBy.length > 0 ? row.blockedBy.join(', ') : row.bindingWindow) },
    ],
    identities,
    'Nobody has a share yet.',
  );
}

function balanceText(usd: number): string {
  return usd > 0 ? `+${usdText(usd)}` : usdText(usd);
}

function nextRunText({ mayRun, nextRunAt, state }: IdentityStatus, at: number): string {
  if (nextRunAt === null) return mayRun ? 'at any time' : 'when resumed';
  if (!mayRun) return relativeText(nextRunAt, at);
  if (state === 'running') return 'runs now';
  return `${state === 'due' ? 'due ' : ''}${relativeText(nextRunAt, at)}`;
}

/** When the next run is stands beside it; how long nothing may run is said in full. */
function shortStateText(identity: IdentityStatus): string {
  const { state } = identity;
  return state === 'blocked' || state === 'paused' ? stateText(identity, minuteText) : stateWords[state];
}
