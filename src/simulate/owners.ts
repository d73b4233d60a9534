/** Agents of one owner: together they are due what one agent is, or so many times that. */
import { sum } from '../fairness/sum.js';
import { valueAt } from './course.js';
import type { Scenario, ScenarioAgent } from './scenario.js';

/** What an agent weighs beside all others at a time: its part of what its group weighs, where it is in one. */
export function weightAt(agent: ScenarioAgent, { agents }: Scenario, time: number): number {
  const own = ownWeightAt(agent, time);
  if (agent.group === undefined) return own * multiplierAt(agent, time);
  const group = agents.filter(({ group }) => group === agent.group);
  const part = own / sum(group.map((each) => ownWeightAt(each, time)));
  return part * (agent.groupWeight ?? 1) * multiplierAt(agent, time);
}

const ownWeightAt = ({ weight = 1 }: ScenarioAgent, time: number): number => valueAt(weight, time);
const multiplierAt = ({ multiplier = 1 }: ScenarioAgent, time: number): number => valueAt(multiplier, time);
