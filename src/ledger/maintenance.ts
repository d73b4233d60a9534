/**
 * Maintenance of the whole ledger: the log of every pool says that it began, and that it is over. Whether it goes on follows from the logs
 * and the time, on every node alike.
 */
import type { Command } from '../events/command.js';
import { maintenanceAt } from '../events/maintenance.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Maintenance, PoolState } from '../events/state.js';
import { Problem } from '../problems.js';
import type { Outcome } from './outcome.js';
import { byLedger } from './own-commands.js';

/** What it needs of a ledger. */
interface Pools {
  readonly poolNames: readonly PoolId[];
  now(): number;
  stateAfter(pool: PoolId): PoolState;
  submitOne(pool: PoolId, command: Command): Promise<Outcome>;
}

type Reading = Pick<Pools, 'poolNames' | 'now' | 'stateAfter'>;

/** The maintenance that goes on in any pool, the one that ends last; null where none does. */
export function maintenanceOf(ledger: Reading): Maintenance | null {
  const at = ledger.now();
  let found: Maintenance | null = null;
  for (const pool of ledger.poolNames) {
    const maintenance = maintenanceAt(ledger.stateAfter(pool), at);
    if (maintenance !== null && (found === null || maintenance.until > found.until)) found = maintenance;
  }
  return found;
}

export interface MaintenanceAsked {
  readonly until: EpochMs;
  readonly reason: string | undefined;
}

/** Begins it in every pool; where it goes on, it ends at the new time. Throws `invalid_field`. */
export async function beginMaintenance(
  ledger: Pools,
  { until, reason }: MaintenanceAsked,
  actor: string,
): Promise<void> {
  for (const pool of withEvents(ledger))
    await submit(ledger, pool, { type: 'maintenance.began', payload: { until, reason }, actor, source });
}

/** Ends it in every pool, before its time. Whether it went on in any. */
export async function endMaintenance(ledger: Pools, actor: string): Promise<boolean> {
  const wasOn = maintenanceOf(ledger) !== null;
  for (const pool of withEvents(ledger))
    await submit(ledger, pool, { type: 'maintenance.ended', payload: { early: true }, actor, source });
  return wasOn;
}

/** Has the log of each pool whose maintenance has run out say so, once, however many nodes call this. Gives those pools. */
export async function noteEndedMaintenance(ledger: Pools): Promise<PoolId[]> {
  const ended: PoolId[] = [];
  for (const pool of ledger.poolNames) {
    const { maintenance } = ledger.stateAfter(pool);
    if (maintenance === null || maintenance.isEnded || ledger.now() < maintenance.until) continue;
    const payload = { early: false };
    const { receipt } = await submit(ledger, pool, { type: 'maintenance.ended', payload, ...byLedger });
    if (receipt !== undefined) ended.push(pool);
  }
  return ended;
}

const source = 'maintenance/1';

/** A pool without events may be imported into. */
const withEvents = (ledger: Reading): PoolId[] => ledger.poolNames.filter((pool) => ledger.stateAfter(pool).seq > 0);

async function submit(
  ledger: Pools,
  pool: PoolId,
  command: Command,
): Promise<Exclude<Outcome, { status: 'rejected' }>> {
  const outcome = await ledger.submitOne(pool, command);
  if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
  return outcome;
}
