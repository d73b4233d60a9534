// Agents that are always there and keep to what they are told come out even: in a small world whose budget nobody is told
// and whose wakes cost now more, now less.
import t from 'tap';
import type { EpochMs, PoolId } from '../../src/events/scalars.js';
import { MemoryPool } from '../../src/simulate/memory-pool.js';
import { reading, register, usage } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 20_260_111);
const runs = Number(process.env.RUNS ?? 12);
const weekEnd = noon + hours(168);

interface Agent {
  readonly name: string;
  readonly weight: number;
  /** Mean dollars of a wake. */
  readonly cost: number;
  wakesAt: number;
}

t.comment(`seed ${seed}`);

for (let i = 0; i < runs; i++) {
  t.test(`world ${i}`, async (t) => {
    const random = randomSource(seed + i);
    const agents = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, place): Agent => {
      const weight = [1, 1, 2, 3][Math.floor(random() * 4)] as number;
      return {
        name: `agent ${place}`,
        weight,
        cost: weight * (0.5 + random()),
        wakesAt: noon + minutes(random() * 15),
      };
    });
    const { worst, wakes } = live(agents, random);
    t.ok(worst <= 10, `nobody is further from the level than ${worst.toFixed(1)} of its wakes`);
    t.ok(wakes > 100 * agents.length, `${wakes} wakes`);
  });
}

/** Three days: how far anybody was from the common level after the first, in wakes of its own. */
function live(agents: Agent[], random: () => number): { worst: number; wakes: number } {
  const pool = new MemoryPool('world' as PoolId);
  // An even pace is a wake of everybody in 25 minutes.
  const budget = agents.reduce((sum, { cost }) => sum + cost, 0) * 168 * (60 / 25);
  let [spent, wakes, worst, readAt] = [0, 0, 0, noon + minutes(10)];
  for (const { name, weight } of agents) {
    pool.take(register(name, { weight, cost_multiplier: 1 }), noon as EpochMs);
  }
  for (;;) {
    const next = agents.reduce((first, agent) => (agent.wakesAt < first.wakesAt ? agent : first));
    const at = Math.round(Math.min(next.wakesAt, readAt)) as EpochMs;
    if (at > noon + hours(72)) return { worst, wakes };
    if (readAt < next.wakesAt) {
      const percent = Math.max(0, Math.round((100 * spent) / budget + random() - 0.5));
      pool.take(reading('week_all', percent * 100, { resets_at: weekEnd }), at);
      readAt += minutes(30);
      continue;
    }
    const micro = Math.round(next.cost * (0.4 + 1.2 * random()) * 1e6);
    const { advice } = pool.take(usage(next.name, { cost_micro_usd: micro }), at);
    if (advice === undefined) throw new Error('a use was not answered');
    next.wakesAt = at + advice.interval_s * 1_000 + random() * 60_000;
    spent += micro / 1e6;
    wakes += 1;
    if (at > noon + hours(24)) worst = Math.max(worst, furthest(pool));
  }
}

/** How far the member furthest from the common level is from it, in mean wakes. */
function furthest({ state }: MemoryPool): number {
  const members = [...state.fair.members.values()];
  const omega = members.reduce((sum, member) => sum + member.omega, 0);
  const level = members.reduce((sum, { used }) => sum + used, 0) / omega;
  return Math.max(...members.map((member) => Math.abs(member.used - member.omega * level) / member.wakeCost));
}
