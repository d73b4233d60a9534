/** Scenarios in which the provider, or what is known of it, makes the trouble. */
import { type Scenario, usualReadings } from '../scenario.js';
import { ada, ben, cleo, daily, day, days, scenario, steps, three, windows } from './parts.js';

export const providerScenarios: readonly Scenario[] = [
  scenario({
    number: 7,
    name: 'budget-cut',
    description: 'Both budgets are cut by a third on the fourth day.',
    windows: windows(steps(1500, 3, 1000), steps(110, 3, 75)),
    agents: three,
  }),
  scenario({
    number: 8,
    name: 'five-hour-binds',
    description: 'The five-hour window is far tighter than the week.',
    windows: windows(4000, 60),
    agents: [
      { ...ada, costUsd: 2 },
      { ...ben, costUsd: 1 },
      { ...cleo, costUsd: 3 },
    ],
  }),
  scenario({
    number: 11,
    name: 'readings-missing',
    description: 'For half a day, twice, no reading arrives, and more are lost than usual.',
    windows: windows(1200, 90),
    readings: { ...usualReadings, lost: 0.08, outages: [days(2, 2.5), days(6.2, 6.7)] },
    agents: three,
  }),
  scenario({
    number: 14,
    name: 'sonnet-binds',
    description: 'Two of four agents are held by a weekly window of their own model.',
    windows: windows(1600, 120, 350),
    agents: [
      { name: 'Opus 1', model: 'opus', costUsd: 1.5 },
      { name: 'Opus 2', model: 'opus', costUsd: 1.5 },
      { name: 'Sonnet 1', model: 'sonnet', costUsd: 1 },
      { name: 'Sonnet 2', model: 'sonnet', costUsd: 1 },
    ],
  }),
  scenario({
    number: 16,
    name: 'dark-use',
    description: 'From the second day on somebody uses the quota in office hours without any report.',
    windows: windows(1200, 100),
    darkUse: [{ model: 'opus', usdPerHour: (time) => (time > day(1.5) && daily(9, 18)(time) ? 5 : 0) }],
    agents: three,
  }),
  scenario({
    number: 17,
    name: 'plenty',
    description: 'There is more quota than three agents can use.',
    windows: windows(6000, 400),
    agents: three,
  }),
  scenario({
    number: 20,
    name: 'known-budget',
    description: 'A weekly limit on spending is known, and there are no readings.',
    windows: [{ key: 'week_all', budgetUsd: 1000, budgetKnown: true }],
    readings: { ...usualReadings, lost: 1 },
    agents: [ada, { ...ben, costUsd: 2 }, { ...cleo, costUsd: 0.5, wantsSeconds: 1200 }],
  }),
  scenario({
    number: 21,
    name: 'installed-mid-week',
    description: 'The controller is installed when 55 % of the week is used and three days are left.',
    lengthMs: day(3),
    windows: [
      { key: 'session_5hour', budgetUsd: 90 },
      { key: 'week_all', budgetUsd: 1200, begunAt: day(-4), usedUsd: 660 },
    ],
    agents: three,
  }),
];
