/** Scenarios in which the time of day or week matters, or people come and go. */
import { type PersonSession, type Scenario, usualReadings } from '../scenario.js';
import { dayMs, hourMs, weekMs } from '../units.js';
import { ada, ben, cleo, daily, day, days, dora, scenario, steps, windows } from './parts.js';

/** Two weeks, the second of which counts. */
const secondWeek = { lengthMs: 2 * weekMs, scored: { from: weekMs, until: 2 * weekMs } };

export const calendarScenarios: readonly Scenario[] = [
  scenario({
    number: 5,
    name: 'human-bursts',
    description: 'People work with two of three agents for hours at a time.',
    windows: windows(1200, 90),
    agents: [
      { ...ada, collaborativePref: 30, sessions: [session(1.4, 6, 18), session(4.5, 4, 18), session(6.6, 3, 15)] },
      { ...ben, collaborativePref: 20, sessions: [1, 2, 3, 4, 5].map((date) => session(date + 15 / 24, 1.5, 8)) },
      cleo,
    ],
  }),
  scenario({
    number: 15,
    name: 'day-workers',
    description: 'Three agents work by day and one around the clock, and both windows are tight.',
    windows: windows(950, 75),
    agents: [
      { name: 'Day 1', costUsd: 1, worksAt: daily(8, 18) },
      { name: 'Day 2', costUsd: 1.4, worksAt: daily(9, 19) },
      { name: 'Night', costUsd: 1 },
      { name: 'Day 3', costUsd: 0.8, worksAt: daily(8, 20) },
    ],
  }),
  scenario({
    number: 19,
    name: 'weekdays-only',
    description: 'Nobody works at the weekend, and one agent only by day; the second week counts.',
    ...secondWeek,
    windows: windows(1200, 100),
    agents: [
      { ...ada, worksAt: onWeekdays },
      { ...ben, costUsd: 1.4, worksAt: (time) => onWeekdays(time) && daily(8, 20)(time) },
      { ...cleo, costUsd: 0.8, worksAt: onWeekdays },
    ],
  }),
  scenario({
    number: 22,
    name: 'one-weekday-worker',
    description: 'One of three agents rests at the weekend; the second week counts.',
    ...secondWeek,
    windows: windows(1200, 90),
    agents: [ada, { ...ben, costUsd: 1.3 }, { ...cleo, costUsd: 0.9, worksAt: onWeekdays }],
  }),
  scenario({
    number: 23,
    name: 'everything-changes',
    description:
      'A larger plan, a switch of models, an outage over the reset, late readings and dark use come in a second week.',
    ...secondWeek,
    windows: windows(steps(1200, 7, 1700), steps(90, 7, 125), steps(700, 7, 900)),
    readings: { ...usualReadings, outages: [days(6.6, 7.6)], lateMs: steps(0, 7, 2 * hourMs) },
    darkUse: [{ model: 'opus', usdPerHour: (time) => (time > weekMs ? 2 : 0) }],
    agents: [
      { ...ada, model: steps('sonnet', 9, 'opus'), multiplier: steps(3, 9, 5), costUsd: steps(1, 9, 2.6) },
      { ...ben, model: 'opus', multiplier: 5, costUsd: 2 },
      { ...cleo, model: 'sonnet', multiplier: 3, costUsd: 1.2, wantsSeconds: 1500 },
      { ...dora, model: 'opus', multiplier: 5, costUsd: 1.7, away: [days(2, 3.5), days(9.5, 11)] },
    ],
  }),
];

function session(fromDay: number, hours: number, usdPerHour: number): PersonSession {
  return { from: day(fromDay), until: day(fromDay + hours / 24), usdPerHour };
}

/** The scenarios' weeks begin on a Thursday, as 1970 did: the days off are the sixth and the seventh. */
function onWeekdays(time: number): boolean {
  return time % weekMs < 5 * dayMs;
}
