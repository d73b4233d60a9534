/** Runs every projection over new events, and gathers the changes of a batch. */
import type { FoldedEvent } from '../events/envelope.js';
import type { PoolState } from '../events/state.js';
import type { Change } from './change.js';
import { claudeIdentities } from './claude-identities.js';
import { dailyResourceShare } from './daily-resource-share.js';
import { fairAllocations } from './fair-allocations.js';
import { meteredSessions } from './metered-sessions.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { quotaInfo } from './quota-info.js';
import { resourceShareIncrements } from './resource-share-increments.js';
import { usageMeters } from './usage-meters.js';
import { usageSessions } from './usage-sessions.js';

/** In the order in which they are applied and shown. */
export const projections: readonly Projection[] = [
  resourceShareIncrements,
  dailyResourceShare,
  quotaInfo,
  claudeIdentities,
  fairAllocations,
  usageSessions,
  usageMeters,
  meteredSessions,
];

export class Projector {
  readonly #accumulators: readonly Accumulator[];

  constructor(poolRef: PoolRef, chosen: readonly Projection[] = projections) {
    this.#accumulators = chosen.map((projection) => projection.fold(poolRef));
  }

  /** As `Accumulator.add`. */
  add(event: FoldedEvent, state: PoolState, withAllocations = true): void {
    for (const accumulator of this.#accumulators) accumulator.add(event, state, withAllocations);
  }

  /** The changes gathered since the last call. */
  take(): Change[] {
    return this.#accumulators.flatMap((accumulator) => accumulator.take());
  }
}
