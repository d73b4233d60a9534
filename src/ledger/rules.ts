/** By what a ledger decides commands, and what its events change in the tables. */
import { decide } from '../events/decide.js';
import type { Projection } from '../projections/projection.js';
import { projections } from '../projections/projector.js';

export interface Rules {
  readonly decide: typeof decide;
  readonly projections: readonly Projection[];
}

export const ownRules: Rules = { decide, projections };
