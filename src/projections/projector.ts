/** Runs every projection over new events, and gathers the changes of a batch. */
import type { FoldedEvent } from '../events/envelope.js';
import type { PoolState } from '../events/state.js';
import type { Change } from './change.js';
import { claudeIdentities } from './claude-identities.js';
import { dailyResourceShare } from './daily-resource-share.js';
import { fairAllocations } from './fair-allocations.js';
import type { Folder, PoolPlace, Projection } from './projection.js';
import { quotaInfo } from './quota-info.js';
import { resourceShareIncrements } from './resource-share-increments.js';
import { usageSessions } from './usage-sessions.js';

/** In the order in which they are applied and shown. */
export const projections: readonly Projection[] = [
  resourceShareIncrements,
  dailyResourceShare,
  quotaInfo,
  claudeIdentities,
  fairAllocations,
  usageSessions,
];

export class Projector {
  readonly #folders: readonly Folder[];

  constructor(place: PoolPlace, chosen: readonly Projection[] = projections) {
    this.#folders = chosen.map((projection) => projection.fold(place));
  }

  /** As `Folder.add`. */
  add(event: FoldedEvent, state: PoolState, figures = true): void {
    for (const folder of this.#folders) folder.add(event, state, figures);
  }

  /** The changes gathered since the last call. */
  take(): Change[] {
    return this.#folders.flatMap((folder) => folder.take());
  }
}
