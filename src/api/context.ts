/** What every area of the API works with. */
import type { FastifyRequest } from 'fastify';
import { defaultPool, type EpochMs, type PoolId, poolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import type { ApiDocument } from '../web/api-document.js';
import type { Connections } from './connections.js';
import type { Feeds } from './events/feeds.js';

export interface Api {
  readonly ledger: Ledger;
  readonly feeds: Feeds;
  readonly connections: Connections;
  /** Of OpenAPI; made when it is first asked for. */
  readonly document: () => Promise<ApiDocument>;
  /** Set once the server takes no new work. */
  draining: boolean;
}

/** The pool that `?pool=` names, or the default one. Throws `pool_unknown`. */
export function poolOf(ledger: Ledger, name: unknown): PoolId {
  const wanted = name ?? defaultPool;
  if (wanted === defaultPool && ledger.hasPool(defaultPool)) return defaultPool;
  const parsed = poolId.safeParse(wanted);
  if (!parsed.success || !ledger.hasPool(parsed.data)) {
    throw new Problem('pool_unknown', `there is no pool ${String(wanted).slice(0, 100)}`);
  }
  return parsed.data;
}

/** The time of an answer about a pool: that of the clock, but not before its last event. */
export const nowFor = (ledger: Ledger, { at }: PoolState): EpochMs => Math.max(ledger.now(), at) as EpochMs;

/** As `poolOf`, for routes that ignore all other query parameters. */
export const poolFromQuery = (ledger: Ledger, request: FastifyRequest): PoolId =>
  poolOf(ledger, (request.query as { pool?: unknown }).pool);
