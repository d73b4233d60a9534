/** Whose each of many observations is: as `attribute`, which is asked once for all that say the same of where they were made. */
import { limits } from '../limits.js';
import type { ClientFacts } from '../sources/source.js';
import type { Whose } from './report.js';
import { attribute, type Surroundings } from './who.js';

/** Whose something is that was used at a place, then, in a session. */
export type WhoseOf = (place: ClientFacts, occurredAt: number | null, session: string | null) => Whose;

/** `at` is when it is asked. Who looks at tmux then says nothing of what was used long before. */
export function whoseOf(around: Surroundings, at: number): WhoseOf {
  const known = new Map<string, Whose>();
  const { tmux: _, ...withoutTmux } = around;
  return (place, occurredAt) => {
    const isRecent = occurredAt === null || at - occurredAt < limits.historyMsMin;
    const { agent, agentName, cwd, host, entrypoint } = place;
    const key = JSON.stringify([agent, agentName, cwd, host, entrypoint, isRecent]);
    const whose = known.get(key) ?? attribute(place, isRecent ? around : withoutTmux);
    known.set(key, whose);
    return whose;
  };
}
