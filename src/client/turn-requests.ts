/** The requests about turns, one attempt each: what the daemon says, or that it said nothing of use. */
import type { DaemonFinder } from './address.js';
import { retryAfterMs } from './backoff.js';
import { exchange, type HttpAnswer } from './http.js';
import { LedgerChanged } from './known-ledgers.js';
import { mayRetry } from './retry.js';
import type { ReportAdvice } from './usage.js';

/** Who asks, and for what: the body of `POST /v1/turns`. */
export interface TurnRequest {
  readonly name: string;
  /** What the run is expected to use, in millionths of a US dollar; what the agent usually uses when left out. */
  readonly estimate_micro_usd?: number | undefined;
  readonly model?: string | undefined;
  readonly instance?: { readonly host?: string; readonly ip?: string; readonly pid?: number } | undefined;
  readonly ttl_s?: number | undefined;
}

/** A turn as its holder names it. */
export interface HeldTurn {
  readonly turn: string;
  readonly token: number;
}

/** Why an agent may not run. */
export interface TurnRefusal {
  readonly cause: string;
  readonly reason: string;
  readonly retry_after_s: number;
  readonly blocked_by?: readonly string[] | undefined;
}

export type TurnAnswer =
  | (HeldTurn & {
      readonly status: 'granted';
      readonly ttl_s: number;
      /** Where turns are not enforced: what the answer would have been. */
      readonly would_deny?: TurnRefusal | undefined;
      readonly advice: ReportAdvice;
    })
  | (TurnRefusal & { readonly status: 'denied'; readonly recheck_after_s: number | null })
  | { readonly status: 'away'; readonly cause: Error; readonly retryAfterMs: number };

export type Renewed =
  | { readonly status: 'renewed' }
  /** The daemon says that this is not the holder, or no longer. */
  | { readonly status: 'lost'; readonly code: string }
  | { readonly status: 'away'; readonly cause: Error };

/** A request that will never be answered otherwise: a faulty name, an agent that is not registered, another ledger. */
export class TurnError extends Error {
  override readonly name = 'TurnError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface TurnServer {
  readonly daemon: DaemonFinder;
  readonly pool: string | undefined;
  /** One request. */
  readonly requestTimeoutMs: number;
}

/** The same `key` is the same question: an answer that got lost is given again. */
export async function askTurn(server: TurnServer, request: TurnRequest, key: string): Promise<TurnAnswer> {
  const answer = await send(server, 'v1/turns', request, { 'idempotency-key': key });
  if (answer instanceof LedgerChanged) throw new TurnError('ledger_changed', answer.message);
  if (answer instanceof Error) return { status: 'away', cause: answer, retryAfterMs: 0 };
  const { status, headers, body } = answer;
  if (status < 300 && isGranted(body)) return body;
  if (body.code === 'turn_denied') return denied(body);
  if (mayRetry(status, body)) {
    const wait = retryAfterMs(headers['retry-after'], Date.now());
    return { status: 'away', cause: failure(status, body), retryAfterMs: wait };
  }
  throw failure(status, body);
}

export async function renewTurn(server: TurnServer, { turn, token }: HeldTurn): Promise<Renewed> {
  const answer = await send(server, `v1/turns/${turn}/renew`, { token });
  if (answer instanceof Error) return { status: 'away', cause: answer };
  const { status, body } = answer;
  if (status < 300) return { status: 'renewed' };
  if (mayRetry(status, body)) return { status: 'away', cause: failure(status, body) };
  return { status: 'lost', code: String(body.code) };
}

/** Best effort: a turn that is not given back expires. */
export async function releaseTurn(server: TurnServer, { turn, token }: HeldTurn, reason: string): Promise<void> {
  await send(server, `v1/turns/${turn}/release`, { token, reason });
}

type Body = Readonly<Record<string, unknown>>;

async function send(
  { daemon, pool, requestTimeoutMs }: TurnServer,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<(Omit<HttpAnswer, 'text'> & { readonly body: Body }) | Error> {
  const query = pool === undefined ? '' : `?pool=${encodeURIComponent(pool)}`;
  try {
    const to = daemon();
    const answer = await exchange({
      method: 'POST',
      to,
      path: `${path}${query}`,
      body,
      headers,
      timeoutMs: requestTimeoutMs,
    });
    return { status: answer.status, headers: answer.headers, body: parsed(answer.text) };
  } catch (error) {
    return error as Error;
  }
}

function parsed(text: string): Body {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Body) : {};
  } catch {
    return {};
  }
}

const isGranted = (body: Body): body is Body & Extract<TurnAnswer, { status: 'granted' }> =>
  body.status === 'granted' &&
  typeof body.turn === 'string' &&
  typeof body.token === 'number' &&
  Number(body.ttl_s) > 0;

function denied(body: Body): TurnAnswer {
  const { cause, reason, retry_after_s, blocked_by, advice } = body as unknown as TurnRefusal & {
    readonly advice?: { readonly recheck_after_s?: number | null };
  };
  const recheck_after_s = advice?.recheck_after_s ?? null;
  return { status: 'denied', cause, reason, retry_after_s, blocked_by, recheck_after_s };
}

function failure(status: number, body: Body): TurnError {
  const detail = body.detail ?? body.title ?? 'no reason given';
  return new TurnError(String(body.code ?? status), `the daemon answered ${status}: ${detail}`);
}
