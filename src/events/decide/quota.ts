/** Readings, judged before they count; rejected readings; refusals by the provider. */
import { judgeReading, type PendingReading, type ReadingClaim, type Verdict } from '../../fairness/judge-reading.js';
import { limits } from '../../limits.js';
import { accountOf, followedAccount } from '../accounts.js';
import type { QuotaRead, QuotaReport, WindowReading } from '../catalogue/quota.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, type JudgedWindow, nothingToDo, rejected } from '../decision.js';
import type { Draft } from '../envelope.js';
import type { EpochMs } from '../scalars.js';
import type { PoolState, Reading } from '../state.js';
import { raiseForPool } from './raise.js';

/** A reading that arrives this long after its measurement is old news. */
const lateMs = 600_000;

export function decideQuota(
  state: PoolState,
  command: CommandOf<'quota.read' | 'quota.rejected' | 'quota.exhausted'>,
  context: Context,
): Decision {
  switch (command.type) {
    case 'quota.read': {
      const { type, occurredAt, source } = command;
      const { report, surplus } = withinRoom(state, command.payload);
      if (report.windows.length === 0) return noRoomForWindow(surplus);
      const payload = judged(state, report, occurredAt ?? context.at, context.at, source);
      const windows = payload.windows.map(({ key, verdict = 'taken', suspect }) => ({ key, verdict, suspect }));
      const notes = [...windows.flatMap(noteOf), ...surplus.map(noRoomNote)];
      return {
        accepted: true,
        events: [{ type, occurredAt, payload }, ...accountAlert(state, accountOf(command.payload))],
        windows,
        ...(notes.length > 0 ? { notes } : {}),
      };
    }
    case 'quota.rejected': {
      const { corrects } = command.payload;
      const reading = state.referenced.readings.get(corrects);
      if (reading === undefined) {
        return rejected('event_unknown', `${corrects} is no reading of this pool`, 'payload.corrects');
      }
      if (reading.rejected) return nothingToDo;
      return accepted({ type: command.type, payload: command.payload, correlates: corrects });
    }
    case 'quota.exhausted': {
      const { window } = command.payload;
      if (isNewWindow(state, window) && roomForWindows(state) <= 0) return noRoomForWindow([window]);
      return accepted({ type: command.type, occurredAt: command.occurredAt, payload: command.payload });
    }
  }
}

const isNewWindow = ({ windows }: PoolState, key: string): boolean => !windows.has(key);

const roomForWindows = ({ windows }: PoolState): number => limits.windowsActiveMax - windows.size;

/** A reading without the windows that a pool has no room for, and their keys. */
function withinRoom(
  state: PoolState,
  report: QuotaReport,
): { readonly report: QuotaReport; readonly surplus: string[] } {
  const added = report.windows.map(({ key }) => key).filter((key) => isNewWindow(state, key));
  const surplus = added.slice(Math.max(0, roomForWindows(state)));
  if (surplus.length === 0) return { report, surplus };
  return { report: { ...report, windows: report.windows.filter(({ key }) => !surplus.includes(key)) }, surplus };
}

const noRoomNote = (key: string): string =>
  `${key}: not recorded, because the pool holds ${limits.windowsActiveMax} windows, and has no room for another.`;

const noRoomForWindow = (keys: readonly string[]): Decision =>
  rejected(
    'window_limit',
    `the pool holds ${limits.windowsActiveMax} windows, and ${keys.join(', ')} ${keys.length > 1 ? 'are' : 'is'} not among them`,
    'payload.windows',
  );

const verdictTexts: Readonly<Record<Exclude<Verdict, 'taken'>, string>> = {
  suspect: 'the reading is suspect, and changes nothing until another one agrees.',
  late: 'the reading is older than one that was taken, and changes nothing.',
  ended: 'the reading is of a period that is over.',
  other_account: 'the reading is of another account than the one that the pool goes by.',
};

function noteOf({ key, verdict, suspect }: JudgedWindow): string[] {
  if (verdict !== 'taken') return [`${key}: ${verdictTexts[verdict]}`];
  return suspect === true
    ? [`${key}: the reading is suspect, because a percentage does not fall within its period.`]
    : [];
}

/** Raised when another account is read than before. */
function accountAlert(state: PoolState, account: string): readonly Draft[] {
  if (state.accounts.size === 0 || state.accounts.has(account)) return [];
  const seen = [...state.accounts.keys(), account].map((name) => (name === '' ? 'one without a name' : name));
  const followed = followedAccount(state);
  const text = `Readings of more than one account arrive: ${seen.join(', ')}. The pool goes by ${followed === '' ? 'the one without a name' : followed}; the policy's \`account\` says which it is to be.`;
  return raiseForPool(state, 'two-accounts', text);
}

function judged(state: PoolState, report: QuotaReport, measuredAt: EpochMs, at: EpochMs, origin: string): QuotaRead {
  const source = report.source ?? origin;
  const newest = (key: string) => newestOf(state, key, accountOf(report));
  const windows = report.windows.map((window) => judgeWindow(state, report, window, measuredAt, at, source));
  const overtaken = report.windows.some(({ key }) => (newest(key)?.measuredAt ?? 0) > measuredAt);
  const suspect = windows.some((window) => window.suspect === true);
  return {
    ...report,
    source,
    confidence: suspect ? 'suspect' : (report.confidence ?? 'measured'),
    ...(overtaken || at - measuredAt > lateMs ? { late: true } : {}),
    windows,
  };
}

/** The newest reading of an account that was acted on. */
const newestOf = (state: PoolState, key: string, account: string): Reading | undefined =>
  state.windows.get(key)?.readings.findLast((reading) => reading.account === account && reading.verdict === 'taken');

function judgeWindow(
  state: PoolState,
  report: QuotaReport,
  window: QuotaReport['windows'][number],
  measuredAt: EpochMs,
  at: EpochMs,
  source: string,
): WindowReading {
  const { resets_at: resetsAt, ...rest } = window;
  const account = accountOf(report);
  const resetDropped = resetsAt !== undefined && resetsAt <= measuredAt;
  const claim: ReadingClaim = {
    key: window.key,
    account,
    percent: window.percent_bp / 100,
    resetsAt: resetsAt ?? null,
    lengthSeconds: window.duration_s ?? null,
    measuredAt,
    source,
    doubted: report.confidence === 'suspect',
  };
  const isFollowed = (followedAccount(state) ?? account) === account;
  const pending = state.windows
    .get(window.key)
    ?.readings.filter((reading) => reading.account === account && reading.verdict === 'suspect');
  const verdict = isFollowed ? judgeReading(state.fair, claim, (pending ?? []).map(toPending), at) : 'other_account';
  const suspect = verdict === 'suspect' || fell(newestOf(state, window.key, account), window, measuredAt);
  return {
    ...rest,
    ...(resetsAt !== undefined && !resetDropped ? { resets_at: resetsAt } : {}),
    ...(resetDropped ? { reset_dropped: true } : {}),
    ...(suspect ? { suspect: true } : {}),
    verdict,
  };
}

const toPending = ({ percentBp, measuredAt, source }: Reading): PendingReading => ({
  percent: percentBp / 100,
  measuredAt,
  source,
});

/** Within a window a percentage only rises: one that falls before the reset is kept, but flagged. */
function fell(
  newest: Reading | undefined,
  { percent_bp: percentBp, resets_at: resetsAt }: QuotaReport['windows'][number],
  measuredAt: EpochMs,
): boolean {
  return (
    newest !== undefined &&
    measuredAt >= newest.measuredAt &&
    percentBp < newest.percentBp &&
    (newest.resetsAt === null || measuredAt < newest.resetsAt) &&
    (resetsAt === undefined || newest.resetsAt === null || resetsAt <= newest.resetsAt)
  );
}
