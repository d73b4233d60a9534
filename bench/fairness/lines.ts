/** What happened in a week, as lines of a picture. */

import type { Sample } from '../../src/plot/panel.js';
import { type AgentTrace, toldTo, type WindowTrace } from '../../src/simulate/trace.js';

/** Seconds; a longer wait is drawn as this one. */
export const intervalsShown = { from: 240, to: 21_600 };

/** Percent used. */
export const used = ({ percentBp }: WindowTrace): Sample[] => percentBp.map(({ at, value }) => [at, value / 100]);

/** What an agent was told, in answer to reports and to re-checks. */
export const told = (agent: AgentTrace): Sample[] =>
  toldTo(agent).map(({ at, value }) => [at, Math.min(value, intervalsShown.to)]);
