/** What a provider said of one quota window over a time, as the log has it: also what was not believed, and what was taken back. */
import { accountOf } from '../events/accounts.js';
import type { WindowReading } from '../events/catalogue/quota.js';
import type { EventOf, LedgerEvent } from '../events/envelope.js';
import type { EpochMs, EventId, PoolId } from '../events/scalars.js';
import type { Verdict } from '../fairness/judge-reading.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Stretch } from './steps.js';

/** One reading of the window. Times are milliseconds UTC, percentages 0 to 100. */
export interface ToldReading {
  readonly seq: number;
  readonly id: EventId;
  readonly measuredAt: EpochMs;
  readonly recordedAt: EpochMs;
  readonly percent: number;
  readonly resetsAt: EpochMs | null;
  /** Seconds of one period, where the reading says it. */
  readonly durationS: number | null;
  readonly source: string;
  readonly confidence: string;
  /** Null where it names none. */
  readonly account: string | null;
  /** What it was held to be when it came; `taken` for what was recorded before there were verdicts. */
  readonly verdict: Verdict;
  /** Whether the controller acted on it, and it still stands. */
  readonly isBelieved: boolean;
  /** It fell before its reset, or doubts itself, or was far off. */
  readonly isSuspect: boolean;
  /** It was old, or overtaken by a newer one, when it arrived. */
  readonly isStale: boolean;
  /** Null while it stands. */
  readonly rejected: { readonly seq: number; readonly at: EpochMs; readonly reason: string } | null;
}

/** The provider refused work; until when, where it said so. */
export interface Refusal {
  readonly seq: number;
  readonly at: EpochMs;
  readonly until: EpochMs | null;
  readonly evidence: string;
}

export interface ToldOfWindow {
  /** In the order of their measurement. */
  readonly readings: readonly ToldReading[];
  readonly refusals: readonly Refusal[];
}

const types = ['quota.read', 'quota.exhausted'];

/** What was measured in the stretch. Throws `request_invalid` where more than `limits.windowReadingsMax` readings were recorded in it. */
export async function toldOfWindow(ledger: Ledger, pool: PoolId, key: string, stretch: Stretch): Promise<ToldOfWindow> {
  const { after, upTo } = await whereRecorded(ledger, pool, key, stretch);
  const isWithin = ({ occurred_at: at }: LedgerEvent) => at >= stretch.from && at < stretch.until;
  const readings: ToldReading[] = [];
  const refusals: Refusal[] = [];
  const rejections = await rejectionsAfter(ledger, pool, after);
  let seen = 0;
  for await (const event of eventsOf(ledger, pool, { after, upTo, types })) {
    seen += 1;
    if (seen > limits.windowReadingsMax) throw tooMany();
    if (!isWithin(event)) continue;
    if (event.type === 'quota.exhausted' && event.payload.window === key) refusals.push(refusalOf(event));
    if (event.type !== 'quota.read') continue;
    const window = event.payload.windows.find((one) => one.key === key);
    if (window !== undefined) readings.push(readingOf(event, window, rejections.get(event.id)));
  }
  readings.sort((a, b) => a.measuredAt - b.measuredAt || a.seq - b.seq);
  return { readings, refusals };
}

interface Bounds {
  readonly after: number;
  readonly upTo: number;
}

/**
 * The part of the log that holds it: what was recorded in the time, and what the table has of the time though it was recorded later. What
 * was recorded later and then rejected is in neither.
 */
async function whereRecorded(ledger: Ledger, pool: PoolId, key: string, { from, until }: Stretch): Promise<Bounds> {
  const [[rows], before, upTo] = await Promise.all([
    ledger.query<{ first: number | string | null; last: number | string | null }>(boundsSql, [
      pool,
      key,
      new Date(from).toISOString(),
      new Date(until).toISOString(),
    ]),
    // A measurement may be a little ahead of the clock that it is recorded by.
    ledger.seqAt(pool, (from - limits.futureMsMax - 1) as EpochMs),
    ledger.seqAt(pool, until),
  ]);
  const { first = null, last = null } = rows ?? {};
  return {
    after: first === null ? before : Math.min(before, Number(first) - 1),
    upTo: last === null ? upTo : Math.max(upTo, Number(last)),
  };
}

const boundsSql = `SELECT min(seq) AS first, max(seq) AS last FROM quota_windows
  WHERE pool = ? AND window_key = ? AND timestamp >= ? AND timestamp < ?`;

/** By the event that they take back. */
async function rejectionsAfter(
  ledger: Ledger,
  pool: PoolId,
  after: number,
): Promise<ReadonlyMap<string, EventOf<'quota.rejected'>>> {
  const rejections = new Map<string, EventOf<'quota.rejected'>>();
  for await (const event of eventsOf(ledger, pool, { after, types: ['quota.rejected'] })) {
    if (event.type === 'quota.rejected') rejections.set(event.payload.corrects, event);
  }
  return rejections;
}

async function* eventsOf(
  ledger: Ledger,
  pool: PoolId,
  query: { readonly after: number; readonly upTo?: number; readonly types: readonly string[] },
): AsyncGenerator<LedgerEvent> {
  for (let { after } = query; ; ) {
    const events = await ledger.readEvents(pool, { ...query, after, limit: limits.scanRowsPage });
    yield* events;
    const last = events.at(-1);
    if (last === undefined || events.length < limits.scanRowsPage) return;
    after = last.seq;
  }
}

function readingOf(
  event: EventOf<'quota.read'>,
  window: WindowReading,
  rejection: EventOf<'quota.rejected'> | undefined,
): ToldReading {
  const { payload } = event;
  const { verdict = 'taken' } = window;
  return {
    seq: event.seq,
    id: event.id,
    measuredAt: event.occurred_at,
    recordedAt: event.recorded_at,
    percent: window.percent_bp / 100,
    resetsAt: window.resets_at ?? null,
    durationS: window.duration_s ?? null,
    source: payload.source,
    confidence: payload.confidence,
    account: accountOf(payload) || null,
    verdict,
    isBelieved: verdict === 'taken' && rejection === undefined,
    isSuspect: window.suspect === true || payload.confidence === 'suspect',
    isStale: payload.late === true || verdict === 'late' || verdict === 'ended',
    rejected:
      rejection === undefined
        ? null
        : { seq: rejection.seq, at: rejection.recorded_at, reason: rejection.payload.reason },
  };
}

const refusalOf = ({ seq, occurred_at: at, payload }: EventOf<'quota.exhausted'>): Refusal => ({
  seq,
  at,
  until: payload.until ?? null,
  evidence: payload.evidence,
});

function tooMany(): Problem {
  const message = `lies more than ${limits.windowReadingsMax} readings before until: ask for a shorter time`;
  return new Problem('request_invalid', `from ${message}`, [{ field: 'from', message }]);
}
