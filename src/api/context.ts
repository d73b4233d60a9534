/** What every area of the API works with. */
import type { FastifyRequest } from 'fastify';
import type { Previews } from '../analysis/preview.js';
import type { AuditTrail } from '../audit/trail.js';
import { defaultPool, type EpochMs, type PoolId, poolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { Intake } from '../intake/intake.js';
import type { Work } from '../jobs/work.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Outcome } from '../ledger/outcome.js';
import type { Outbox } from '../outbox/outbox.js';
import { Problem } from '../problems.js';
import type { ReloadReport } from '../settings/changes.js';
import type { Attempts } from '../trust/attempts.js';
import type { Checkpoints } from '../trust/checkpoints.js';
import type { Keys } from '../trust/keys.js';
import type { Sessions } from '../trust/sessions.js';
import type { WebhookSecrets } from '../trust/webhook-secrets.js';
import type { SqlGate } from '../viewer/gate.js';
import type { Watchdog } from '../watch/watchdog.js';
import type { ApiDocument } from '../web/api-document.js';
import type { Authorities } from './authorities.js';
import type { Connections } from './connections.js';
import type { Feeds } from './events/feeds.js';
import type { LivePages } from './pages/live-pages.js';

export interface Api {
  readonly ledger: Ledger;
  readonly feeds: Feeds;
  readonly previews: Previews;
  /** Pages that are open in browsers. */
  readonly livePages: LivePages;
  readonly connections: Connections;
  readonly intake: Intake<Outcome>;
  readonly keys: Keys;
  readonly secrets: WebhookSecrets;
  readonly sessions: Sessions;
  readonly attempts: Attempts;
  readonly authorities: Authorities;
  readonly outbox: Outbox;
  readonly work: Work;
  /** By which people ask the tables. */
  readonly viewer: SqlGate;
  /** Left out where none are signed. */
  readonly checkpoints: Checkpoints | undefined;
  readonly watchdog: Watchdog;
  /** Left out where there is none. */
  readonly audit: AuditTrail | undefined;
  /** Has the daemon read its settings again. Throws `setting_invalid`; nothing has changed then. */
  readonly reload?: (() => Promise<ReloadReport>) | undefined;
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
