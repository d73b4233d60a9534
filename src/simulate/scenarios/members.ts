/** Scenarios in which the agents differ, or do not do as they are told. */
import { Random } from '../random.js';
import type { Scenario, ScenarioAgent } from '../scenario.js';
import { hourMs } from '../units.js';
import { ada, ben, cleo, day, days, dora, scenario, three, windows } from './parts.js';

export const memberScenarios: readonly Scenario[] = [
  scenario({
    number: 1,
    name: 'three-equal',
    description: 'Three equal agents are always on.',
    windows: windows(1200, 90),
    agents: three,
  }),
  scenario({
    number: 2,
    name: 'heavy-and-light',
    description: 'One agent has costly runs, two have cheap ones and want few.',
    windows: windows(900, 90),
    agents: [
      { name: 'Heavy', costUsd: 4, costVariation: 0.6 },
      { name: 'Light', costUsd: 0.3, wantsSeconds: 1800 },
      { name: 'Lighter', costUsd: 0.3, wantsSeconds: 2400 },
    ],
  }),
  scenario({
    number: 3,
    name: 'idle-returns',
    description: 'One of three agents is away for three days and comes back.',
    windows: windows(1200, 90),
    agents: [ada, ben, { ...cleo, away: [days(1, 4)] }],
  }),
  scenario({
    number: 4,
    name: 'newcomer',
    description: 'A fourth agent joins in the middle of the week.',
    windows: windows(1200, 90),
    agents: [...three, { name: 'Newcomer', costUsd: 1, joinsAt: day(3.5) }],
  }),
  scenario({
    number: 6,
    name: 'price-differences',
    description: 'Models differ in price, and the quota counts them at rates of its own.',
    windows: windows(1300, 110),
    quotaFactors: { opus: 1.15, haiku: 0.9 },
    agents: [
      { name: 'Opus', model: 'opus', multiplier: 5, costUsd: 2.5 },
      { name: 'Sonnet', model: 'sonnet', multiplier: 3, costUsd: 1.5 },
      { name: 'Haiku', model: 'haiku', multiplier: 1, costUsd: 0.5 },
      { name: 'Second Opus', model: 'opus', multiplier: 5, costUsd: 2 },
    ],
  }),
  scenario({
    number: 9,
    name: 'fifty-agents',
    description: 'Fifty agents with runs of very different cost are always on.',
    windows: windows(9000, 650),
    agents: fifty(),
  }),
  scenario({
    number: 10,
    name: 'unequal-weights',
    description: 'Four equal agents have weights of 4, 2, 1 and 1.',
    windows: windows(1200, 100),
    agents: [
      { ...ada, weight: 4 },
      { ...ben, weight: 2 },
      { ...cleo, weight: 1 },
      { ...dora, weight: 1 },
    ],
  }),
  scenario({
    number: 12,
    name: 'ignores-the-interval',
    description: 'A fourth agent runs every 700 seconds whatever it is told.',
    windows: windows(1300, 90),
    agents: [...three, { name: 'Rogue', costUsd: 0.6, ignoresSeconds: 700 }],
  }),
  scenario({
    number: 13,
    name: 'late-reporter',
    description: 'A fourth agent with costly runs reports them six hours late.',
    windows: windows(1200, 100),
    agents: [...three, { name: 'Late', costUsd: 1.5, reportsLateMs: 6 * hourMs }],
  }),
  scenario({
    number: 18,
    name: 'bursty-agent',
    description: 'The runs of one of four agents vary wildly, and twice cost many times as much.',
    windows: windows(1200, 100),
    agents: [
      ada,
      {
        ...ben,
        costVariation: 1.2,
        bursts: [
          { ...days(2, 2.4), factor: 6 },
          { ...days(5, 5.2), factor: 8 },
        ],
      },
      cleo,
      dora,
    ],
  }),
];

function fifty(): ScenarioAgent[] {
  const random = new Random('fifty agents');
  return Array.from({ length: 50 }, (_, i) => ({
    name: `Agent ${String(i + 1).padStart(2, '0')}`,
    costUsd: Math.round(100 * random.lognormal(0.7, 0.6)) / 100,
    costVariation: 0.6,
  }));
}
