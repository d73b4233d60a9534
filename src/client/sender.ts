/**
 * Sending what is in the spool: oldest first, in arrays, again and again until it is acknowledged or the time is up.
 * A report leaves the spool only with an outcome; an answer that got lost is asked for again under the same key.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { AddressError, addressText, type DaemonAddress, type DaemonFinder } from './address.js';
import { type BackoffSettings, backoffMs, retryAfterMs } from './backoff.js';
import { exchange } from './http.js';
import { Isolation, itemFailed } from './isolation.js';
import { LedgerChanged, type Receipt } from './known-ledgers.js';
import type { LedgerMemory } from './ledger-memory.js';
import { mayRetry } from './retry.js';
import type { Spool, SpooledReport } from './spool.js';
import type { ReportAdvice } from './usage.js';

export type SentOutcome =
  | {
      readonly status: 'recorded' | 'repeated';
      readonly seq?: number;
      readonly id?: string;
      readonly hash?: string;
      readonly advice?: ReportAdvice;
    }
  | { readonly status: 'rejected'; readonly code: string; readonly detail: string };

export interface SenderSettings {
  readonly daemon: DaemonFinder;
  /** What is known of the ledger. */
  readonly memory: LedgerMemory | undefined;
  /** One request. */
  readonly requestTimeoutMs: number;
  readonly backoff: BackoffSettings;
  /** Key of the report whose sender waits to be told when to run again. */
  readonly asking?: string | undefined;
}

export interface SendResult {
  /** By key, in the order they were sent. */
  readonly outcomes: ReadonlyMap<string, SentOutcome>;
  /** Why it stopped before the spool was empty; null when it did not. */
  readonly stopped: SendFailure | null;
}

/** Why reports could not be delivered. They stay in the spool. */
export class SendFailure extends Error {
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  readonly retryAfterMs: number;
  /** Whether the daemon failed at the request, and not before it or because it is away. */
  readonly isFault: boolean;
  /** Whether it is another ledger than the one that was known. */
  readonly isOtherLedger: boolean;

  constructor(message: string, transient: boolean, retryAfter = 0, isFault = false, isOtherLedger = false) {
    super(message);
    this.isOtherLedger = isOtherLedger;
    this.isFault = isFault;
    this.name = 'SendFailure';
    this.transient = transient;
    this.retryAfterMs = retryAfter;
  }
}

/** One request carries at most this much; the daemon takes 1,000 commands and 4 MiB. */
const requestReportsMax = 500;
const requestBytesMax = 2_097_152;

/**
 * Of a request's time, what must be left for another attempt. One that the deadline cuts short says less than those before it: why
 * they failed is told.
 */
const attemptWorth = 0.1;

/**
 * Sends until the spool is empty, a refusal makes it pointless, or `deadline` (as `Date.now()`) has passed. Only the report
 * of `asking` is answered with advice: what an agent did not hear is not to count as what it was told.
 */
export async function sendSpool(spool: Spool, settings: SenderSettings, deadline: number): Promise<SendResult> {
  const outcomes = new Map<string, SentOutcome>();
  const isolation = new Isolation(requestReportsMax);
  const stopped = await sendAll(spool, settings, deadline, outcomes, isolation);
  const aside = await isolation.putAside(spool);
  for (const [key, reason] of aside) outcomes.set(key, { status: 'rejected', ...reason });
  return { outcomes, stopped: aside.size > 0 && stopped?.isFault === true ? null : stopped };
}

/** Why it stopped before everything was sent that is not passed over; where all that is left is, the failure at it. */
async function sendAll(
  spool: Spool,
  settings: SenderSettings,
  deadline: number,
  outcomes: Map<string, SentOutcome>,
  isolation: Isolation,
): Promise<SendFailure | null> {
  let failure: SendFailure | null = null;
  for (let attempt = 0; ; ) {
    const chunk = nextChunk(isolation.chosen(await spool.oldest(isolation.wanted)), settings.asking);
    if (chunk.length === 0) return failure;
    const leftMs = deadline - Date.now();
    if (failure !== null && leftMs < settings.requestTimeoutMs * attemptWorth) return failure;
    try {
      await sendChunk(spool, chunk, settings, leftMs, outcomes, isolation);
      attempt = 0;
      failure = null;
    } catch (error) {
      if (!(error instanceof SendFailure)) throw error;
      // Timers may be a millisecond early.
      const wasCut = leftMs < settings.requestTimeoutMs && Date.now() >= deadline - 1;
      if (wasCut && failure !== null && error.transient) return failure;
      failure = error;
      if (error.isFault && isolation.failed(chunk, error.message) && leftMs > 0) continue;
      const pause = backoffMs(attempt, settings.backoff, error.retryAfterMs);
      if (!error.transient || Date.now() + pause >= deadline) return error;
      attempt += 1;
      await wait(pause);
    }
  }
}

async function sendChunk(
  spool: Spool,
  chunk: readonly SpooledReport[],
  settings: SenderSettings,
  leftMs: number,
  outcomes: Map<string, SentOutcome>,
  isolation: Isolation,
): Promise<void> {
  await requireKnown(spool, chunk[0]?.pool, settings, leftMs);
  const answers = await post(chunk, settings, leftMs);
  await settings.memory?.told(
    chunk[0]?.pool,
    answers.flatMap((answer, i) => receiptIn(answer, chunk[i] as SpooledReport)),
  );
  isolation.answered();
  let failure: SendFailure | null = null;
  for (const [i, report] of chunk.entries()) {
    const { key } = report;
    const outcome = answers[i] as SentOutcome;
    if (isTurnGone(report, outcome)) {
      // What was used, was used: the next request reports it without the turn.
      await spool.detach(report);
      continue;
    }
    if (outcome.status === 'rejected' && outcome.code === itemFailed) {
      if (!isolation.failedAt(key, outcome.detail)) failure = new SendFailure(outcome.detail, true);
      continue;
    }
    if (outcome.status === 'rejected') await spool.reject(key, { code: outcome.code, detail: outcome.detail });
    else if (settings.memory !== undefined && outcome.seq !== undefined) await spool.keepPending(key);
    else await spool.remove(key);
    outcomes.set(key, outcome);
  }
  if (failure !== null) throw failure;
}

async function requireKnown(
  spool: Spool,
  pool: string | undefined,
  { daemon, memory, requestTimeoutMs }: SenderSettings,
  leftMs: number,
): Promise<void> {
  try {
    const covered = await memory?.check(addressFrom(daemon), pool, Math.max(1, Math.min(requestTimeoutMs, leftMs)));
    for (const { key } of covered ?? []) if (key !== undefined) await spool.removePending(key);
  } catch (error) {
    throw error instanceof LedgerChanged ? failureOf(error) : error;
  }
}

const failureOf = (error: Error): SendFailure =>
  error instanceof LedgerChanged
    ? new SendFailure(error.message, false, 0, false, true)
    : new SendFailure(error.message, true);

const receiptIn = (outcome: SentOutcome, { key }: SpooledReport): Receipt[] =>
  outcome.status === 'rejected' || outcome.seq === undefined || outcome.hash === undefined
    ? []
    : [{ seq: outcome.seq, hash: outcome.hash, key }];

/** The oldest reports that go into one request: all for one pool, and all asking, or none. */
function nextChunk(reports: readonly SpooledReport[], asking: string | undefined): readonly SpooledReport[] {
  let bytes = 0;
  const asks = reports[0]?.key === asking;
  const end = reports.findIndex((report, i) => {
    bytes += Buffer.byteLength(JSON.stringify(report));
    if ((report.key === asking) !== asks) return true;
    return report.pool !== reports[0]?.pool || (i > 0 && bytes > requestBytesMax);
  });
  return end === -1 ? reports : reports.slice(0, end);
}

async function post(
  chunk: readonly SpooledReport[],
  { daemon, requestTimeoutMs, asking }: SenderSettings,
  leftMs: number,
): Promise<readonly SentOutcome[]> {
  const to = addressFrom(daemon);
  const [first] = chunk;
  const query = new URLSearchParams();
  // A daemon of the release before this one knows `ask` by this name only, and does not work out advice without it either.
  if (first !== undefined && first.key === asking) query.set('advice', 'true');
  if (first?.pool !== undefined) query.set('pool', first.pool);
  const timeoutMs = Math.max(1, Math.min(requestTimeoutMs, leftMs));
  const { status, headers, text } = await exchange({
    method: 'POST',
    to,
    path: `v1/events${query.size === 0 ? '' : `?${query}`}`,
    body: chunk.map(commandOf),
    timeoutMs,
  }).catch((error: Error) => {
    throw failureOf(error);
  });
  const answers = parseJson(text);
  if (status < 200 || status >= 300) {
    const wait = retryAfterMs(headers['retry-after'], Date.now());
    throw new SendFailure(refusal(status, answers, addressText(to)), mayRetry(status, answers), wait, status === 500);
  }
  if (!Array.isArray(answers) || answers.length !== chunk.length || !answers.every(isOutcome)) {
    throw new SendFailure(stranger(addressText(to), 'its answer has no receipt'), false);
  }
  return answers;
}

function addressFrom(daemon: DaemonFinder): DaemonAddress {
  try {
    return daemon();
  } catch (error) {
    if (error instanceof AddressError) throw new SendFailure(error.message, error.transient);
    throw error;
  }
}

/** Settling a turn has a key of its own, so that the report can follow under its own where the turn is gone. */
function commandOf({ key, occurred_at, source, usage, turn }: SpooledReport): object {
  if (turn === undefined) return { type: 'usage.recorded', key, occurred_at, source, payload: usage };
  const { name: _, ...used } = usage;
  return { type: 'turn.settled', key: `${key}.turn`, occurred_at, source, payload: { ...turn, usage: used } };
}

const isTurnGone = ({ turn }: SpooledReport, outcome: SentOutcome): boolean =>
  turn !== undefined && outcome.status === 'rejected' && outcome.code.startsWith('turn_');

/**
 * What the daemon says of a report, and nothing less: whatever listens at its port while it is away may say `200`. A
 * repeated use that had nothing to record has no receipt, but advice.
 */
function isOutcome(value: unknown): value is SentOutcome {
  const { status, seq, id, hash, advice, code, detail } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (status === 'rejected') return typeof code === 'string' && codePattern.test(code) && typeof detail === 'string';
  if (status !== 'recorded' && status !== 'repeated') return false;
  if (status === 'repeated' && seq === undefined && id === undefined && hash === undefined) return isAdvice(advice);
  if (advice !== undefined && !isAdvice(advice)) return false;
  return Number.isSafeInteger(seq) && Number(seq) > 0 && ulid.test(String(id)) && sha256.test(String(hash));
}

const codePattern = /^[a-z][a-z0-9_]{0,63}$/;
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const sha256 = /^[0-9a-f]{64}$/;

function isAdvice(value: unknown): boolean {
  const { interval_s, quota_paused } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Number.isSafeInteger(interval_s) && typeof quota_paused === 'boolean';
}

const stranger = (address: string, what: string): string =>
  `something other than the daemon listens at ${address}: ${what}; the report is kept`;

/** The daemon's own words where it answered with a problem document. */
function refusal(status: number, body: unknown, address: string): string {
  const { detail, title } = (body ?? {}) as { detail?: unknown; title?: unknown };
  const reason = detail ?? title;
  // What stands in front of a daemon that is away says 5xx in words of its own.
  if (reason === undefined && status < 500 && status !== 429 && status !== 408)
    return stranger(address, `it answered ${status}`);
  return `the daemon answered ${status}: ${reason ?? 'no reason given'}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
