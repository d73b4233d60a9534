/** What a shadow depends on beside the log: another release must not take up what this one left. */
import { stateFormat } from '../events/state.js';
import type { ProjectionTables } from './projection.js';

/** Increased when a position says other things. */
const positionFormat = 2;

export const shadowRules = (projections: readonly ProjectionTables[]): string =>
  [
    `position@${positionFormat}`,
    `state@${stateFormat}`,
    ...projections.map(({ name, version }) => `${name}@${version}`),
  ].join(' ');
