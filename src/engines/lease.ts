/** Holding a named lease while work is done that one holder at a time may do, in whichever process. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../runtime/clock.js';
import { StorageError } from '../storage-error.js';
import type { Engine } from './engine.js';

export interface LeaseRequest {
  readonly name: string;
  /** How long a holder that no longer renews it keeps the lease. */
  readonly ttlMs: number;
  /** How long to wait for another holder; without it, one is not waited for. */
  readonly waitMs?: number;
  /** Gives up the wait, and the work. */
  readonly signal?: AbortSignal | undefined;
}

export interface HeldLease {
  /** Grows with every holder: what carries it can be told from what another holder wrote. */
  readonly token: number;
  /** Aborted when the lease is lost, or the request's own signal is: from then on the holder writes nothing more. */
  readonly signal: AbortSignal;
}

type Held = Pick<Engine, 'operations'>;

const retryMs = 200;

/**
 * Takes the lease, renews it in time while the work is done, and releases it. Throws a `StorageError` (`taken`) when another
 * holder has it, and when it is lost meanwhile: another took it, or it could not be renewed before it ran out. An error of the
 * work comes before any other.
 */
export async function holdLease<T>(
  engine: Held,
  clock: Clock,
  request: LeaseRequest,
  work: (lease: HeldLease) => Promise<T>,
): Promise<T> {
  const { token, askedAt } = await take(engine, clock, request);
  const renewal = new Renewal(engine, clock, request, token, askedAt);
  let result: T;
  try {
    result = await work({ token, signal: renewal.signal });
  } catch (error) {
    await renewal.end().catch(() => undefined);
    throw error;
  }
  await renewal.end();
  return result;
}

async function take(engine: Held, clock: Clock, { name, ttlMs, waitMs = 0, signal }: LeaseRequest) {
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  const deadline = clock.elapsed() + waitMs;
  for (;;) {
    signal?.throwIfAborted();
    const askedAt = clock.elapsed();
    const token = await engine.operations.acquireLease(name, holder, ttlMs);
    if (token !== null) return { token, askedAt };
    if (clock.elapsed() >= deadline) throw new StorageError('taken', `another process has the lease ${name}`);
    await clock.sleep(retryMs, signal);
  }
}

class Renewal {
  readonly #engine: Held;
  readonly #clock: Clock;
  readonly #request: LeaseRequest;
  readonly #token: number;
  readonly #held = new AbortController();
  readonly #ended = new AbortController();
  /** On the way, or the last one. */
  #renewing: Promise<void> = Promise.resolve();
  /** By `Clock.elapsed`: no other holder takes the lease before. */
  #heldUntil: number;
  #loss: StorageError | null = null;

  constructor(engine: Held, clock: Clock, request: LeaseRequest, token: number, askedAt: number) {
    this.#engine = engine;
    this.#clock = clock;
    this.#request = request;
    this.#token = token;
    this.#heldUntil = askedAt + request.ttlMs;
    const { signal, ttlMs } = request;
    const ended = this.#ended.signal;
    if (signal?.aborted === true) this.#held.abort(signal.reason);
    signal?.addEventListener('abort', () => this.#held.abort(signal.reason), { signal: ended });
    clock.every(ttlMs / 4, ended, () => {
      this.#renewing = this.#renew();
      return this.#renewing;
    });
    void this.#watch();
  }

  get signal(): AbortSignal {
    return this.#held.signal;
  }

  /** Waits for the renewal on its way, and releases the lease. Throws when it was lost. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#renewing;
    await this.#engine.operations.releaseLease(this.#request.name, this.#token);
    if (this.#loss !== null) throw this.#loss;
  }

  /** Without an answer it is tried again, as long as there is time. */
  async #renew(): Promise<void> {
    const { name, ttlMs } = this.#request;
    const askedAt = this.#clock.elapsed();
    const isHeld = await this.#engine.operations.renewLease(name, this.#token, ttlMs).catch(() => null);
    if (isHeld === true) this.#heldUntil = askedAt + ttlMs;
    if (isHeld === false) this.#lose('another process has taken it');
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const leftMs = this.#heldUntil - this.#clock.elapsed();
      if (leftMs <= 0) return this.#lose('it could not be renewed in time');
      await this.#clock.sleep(leftMs, signal);
    }
  }

  #lose(why: string): void {
    this.#loss ??= new StorageError('taken', `the lease ${this.#request.name} is lost: ${why}`);
    this.#held.abort(this.#loss);
  }
}
