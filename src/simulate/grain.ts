/** How a run is told: not once at its end, but response by response, from several sub-agents at once. */
import type { Random } from './random.js';
import { minuteMs, type Range, secondMs } from './units.js';

export interface Grain {
  /** Responses of one sub-agent in a run; each is a report. */
  readonly responses: Range;
  /** Seconds from one response of a sub-agent to its next. */
  readonly gapSeconds: Range;
  /** Sub-agents at work at once; one where absent. */
  readonly subagents?: Range;
  /** Now and then a sub-agent says nothing for long. */
  readonly silences?: { readonly chance: number; readonly seconds: Range };
  /** A run that would take longer takes this long, in seconds; 900 where absent. */
  readonly secondsMax?: number;
  /** Whether each run is held as a turn, which its reports name. */
  readonly hasTurns?: boolean;
  /** Nobody wants an answer to a report: the agent asks once its run is over. */
  readonly isUnanswered?: boolean;
}

/** One report of a run. */
export interface Response {
  /** Since the run began. */
  readonly afterMs: number;
  /** Its part of what the run costs; all parts are 1. */
  readonly part: number;
}

const secondsMaxUsual = 900;
/** Costs of responses differ by as much as they are. */
const costVariation = 1;

/** The responses of one run, in order of time. */
export function responsesOf(grain: Grain, random: Random): Response[] {
  const { subagents = [1, 1], secondsMax = secondsMaxUsual } = grain;
  const lanes = Math.round(random.uniform(...subagents));
  const responses = Array.from({ length: lanes }, (_, lane) => laneOf(grain, lane === 0 ? 0 : minuteMs, random)).flat();
  responses.sort((a, b) => a.afterMs - b.afterMs);
  const lastsMs = responses.at(-1)?.afterMs ?? 0;
  const haste = Math.min(1, (secondsMax * secondMs) / lastsMs);
  const costs = responses.reduce((sum, { part }) => sum + part, 0);
  return responses.map(({ afterMs, part }) => ({ afterMs: haste * afterMs, part: part / costs }));
}

/** The responses of one sub-agent, which begins within some time; their parts are not to scale. */
function laneOf({ responses, gapSeconds, silences }: Grain, beginsWithinMs: number, random: Random): Response[] {
  let afterMs = random.uniform(0, beginsWithinMs);
  return Array.from({ length: Math.max(1, Math.round(spread(responses, random))) }, () => {
    afterMs += spread(gapSeconds, random) * secondMs;
    if (silences !== undefined && random.uniform() < silences.chance) {
      afterMs += random.uniform(...silences.seconds) * secondMs;
    }
    return { afterMs, part: random.lognormal(1, costVariation) };
  });
}

/** As often between 3 and 6 as between 30 and 60. */
function spread([least, most]: Range, random: Random): number {
  return Math.exp(random.uniform(Math.log(least), Math.log(most)));
}
