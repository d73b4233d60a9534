/** What keeps happening while a demo is served: its agents go on in small steps, so that the page moves. */
import { parseCommand } from '../../events/command.js';
import type { PoolId } from '../../events/scalars.js';
import type { Chore } from '../../jobs/chore.js';
import { defaultPoolName } from '../../settings/default-pool.js';
import { type Agent, agents, costOf } from './cast.js';
import { demoSource } from './happening.js';
import { randomSource } from './random.js';

const origin = { actor: 'local', source: demoSource };
const everyMs = 3_000;
const seed = 7;

/** So little at a time that all of them together stay within what the made provider gives in five hours. */
function stepOf({ name, model }: Agent, random: () => number): object {
  const tokens = {
    input: Math.round(5 + 20 * random()),
    cache_read: Math.round(500 + 1_000 * random()),
    output: Math.round(5 + 20 * random()),
  };
  return { name, mode: 'autonomy', model, project: 'demo', cost_micro_usd: costOf(model, tokens), tokens };
}

export function liveDemo(): Chore {
  const random = randomSource(seed);
  let steps = 0;
  return {
    kind: 'live-demo',
    schedule: { everyMs, atStart: true },
    async run({ ledger, log }) {
      const agent = agents[steps % agents.length] as Agent;
      steps += 1;
      const command = { type: 'usage.recorded', payload: stepOf(agent, random) };
      const outcome = await ledger.submitOne(defaultPoolName as PoolId, parseCommand(command, origin));
      if (outcome.status === 'rejected') log.debug({ detail: outcome.detail }, 'a step of the demo was refused');
    },
  };
}
