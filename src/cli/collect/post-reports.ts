/** Collected reports as an array for a daemon, and whether it has what was recorded of them. */
import { AddressError, addressText, type DaemonAddress, type DaemonFinder } from '../../client/address.js';
import { retryAfterMs } from '../../client/backoff.js';
import { exchange, type HttpAnswer, type HttpRequest } from '../../client/http.js';
import { LedgerChanged } from '../../client/known-ledgers.js';
import { mayRetry } from '../../client/retry.js';
import type { LogPlace } from '../../intake/cursor.js';
import type { Report } from '../../intake/report.js';
import { SinkFailure, type SinkOutcome } from '../../intake/sink.js';

const answerMsMax = 30_000;

interface Asked {
  readonly daemon: DaemonFinder;
  readonly pool: string | null;
  readonly signal?: AbortSignal | undefined;
}

/** As a `Sink`. */
export async function postReports(
  asked: Asked,
  reports: readonly Report[],
  source: string,
): Promise<readonly SinkOutcome[]> {
  const body = reports.map((report) => ({ source, ...report }));
  const { to, answer } = await ask(asked, { method: 'POST', body }, { ask: 'false' });
  const outcomes = parsedJson(answer.text);
  if (answer.status === 200 && Array.isArray(outcomes) && outcomes.length === reports.length) return outcomes;
  throw refused(to, answer, outcomes);
}

export async function hasEvent(asked: Asked, { seq, hash }: LogPlace): Promise<boolean> {
  const { to, answer } = await ask(asked, { method: 'GET' }, { after_seq: String(seq - 1), limit: '1' });
  const page = parsedJson(answer.text) as { events?: readonly { readonly hash?: unknown }[] } | undefined;
  if (answer.status === 200 && Array.isArray(page?.events)) return page.events[0]?.hash === hash;
  // A key that may only report is not told; what was acknowledged to it counts as kept.
  if (answer.status === 403 && (page as { code?: unknown } | undefined)?.code === 'scope_missing') return true;
  throw refused(to, answer, page);
}

async function ask(
  { daemon, pool, signal }: Asked,
  request: Pick<HttpRequest, 'method' | 'body'>,
  query: Readonly<Record<string, string>>,
): Promise<{ readonly to: DaemonAddress; readonly answer: HttpAnswer }> {
  try {
    const to = daemon();
    const search = new URLSearchParams({ ...query, ...(pool === null ? {} : { pool }) });
    const path = `v1/events?${search}`;
    return { to, answer: await exchange({ ...request, to, path, timeoutMs: answerMsMax, signal }) };
  } catch (error) {
    if (error instanceof LedgerChanged) throw error;
    const isTransient = !(error instanceof AddressError) || error.transient;
    throw new SinkFailure((error as Error).message, { isTransient });
  }
}

function refused(to: DaemonAddress, { status, headers }: HttpAnswer, body: unknown): SinkFailure {
  const { detail = 'no reason given' } = (body ?? {}) as { detail?: unknown };
  return new SinkFailure(`the daemon at ${addressText(to)} answered ${status}: ${detail}`, {
    isTransient: mayRetry(status, body),
    retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()),
    isTooMuch: status === 413,
  });
}

/** Undefined where it is no JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
