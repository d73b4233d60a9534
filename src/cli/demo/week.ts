/**
 * A made week: what four agents that share one quota could have used, obeying what they are told. The same seed and end
 * give the same week. Everything in it says that it is made: names, account, project, and the source.
 */
import { agents, twin } from './cast.js';
import { DemoAgent, type Stay } from './demo-agent.js';
import { type Actor, type Answer, dayMs, daysMade, type Happening, minuteMs } from './happening.js';
import { gracePause, Incidents } from './incidents.js';
import { Provider } from './provider.js';
import { randomSource } from './random.js';

export const startOf = (end: number): number => end - daysMade * dayMs;

/** Yields what happens, in the order of time; what it is recorded as, and what the agent is told, decides how it goes on. */
export function* makeWeek(end: number, seed: number): Generator<Happening, void, Answer> {
  const random = randomSource(seed);
  const start = startOf(end);
  const provider = new Provider(start, random);
  const workers = new Map<string, DemoAgent>();
  for (const agent of [...agents, twin])
    workers.set(agent.name, new DemoAgent(agent, stayOf(agent.name, start, end), provider, random));
  const reportOf = (label: string) => {
    const [, name = '', report] = /^(.*) (\d+)$/.exec(label) ?? [];
    return workers.get(name)?.reports[Number(report)];
  };
  const actors: readonly Actor[] = [new Incidents(start, end, reportOf), ...workers.values(), provider];
  for (;;) {
    const actor = actors.reduce((first, other) => (other.at < first.at ? other : first));
    const { at } = actor;
    if (at >= end) return;
    const command = actor.act();
    // Not within the brackets of `hear?.()`: they are left out where nobody hears.
    const answer = command === null ? { id: '', interval: undefined } : yield { at, command };
    actor.hear?.(answer);
  }
}

function stayOf(name: string, start: number, end: number): Stay {
  if (name === twin.name) return { start, from: start + 3 * dayMs, until: start + 3.5 * dayMs };
  const pause: Stay['pause'] = name === 'Demo Grace' ? [start + gracePause.from, start + gracePause.ended] : undefined;
  return { start, from: start + minuteMs, until: end, pause };
}
