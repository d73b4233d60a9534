/** Scenarios told as agents really report: response by response, from several at once, by people, chatterers and logs. */
import type { Grain } from '../grain.js';
import type { PersonSession, Scenario, ScenarioAgent } from '../scenario.js';
import { hourMs, minuteMs } from '../units.js';
import { ada, ben, cleo, daily, day, dora, scenario, three, windows } from './parts.js';

/** A run of up to a quarter of an hour: 3 to 60 responses. */
const grain: Grain = { responses: [3, 60], gapSeconds: [3, 90] };
const told = (agents: readonly ScenarioAgent[], by: Grain = grain) => agents.map((agent) => ({ ...agent, grain: by }));
/** A person's tool reports each response. */
const everySeconds = [10, 60] as const;
/** What a pool gives a name that it does not know. */
const multiplierOfStrangers = 3;

export const responseScenarios: readonly Scenario[] = [
  scenario({
    number: 24,
    name: 'told-by-response',
    description: 'Three equal agents report every response, from up to three sub-agents at once.',
    windows: windows(1200, 90),
    agents: told(three, { ...grain, subagents: [1, 3] }),
  }),
  scenario({
    number: 25,
    name: 'turns-with-silences',
    description: 'Runs are held as turns by two to six sub-agents, which now and then say nothing for minutes.',
    windows: windows(1200, 90),
    agents: told(three, {
      responses: [3, 30],
      gapSeconds: [3, 60],
      subagents: [2, 6],
      silences: { chance: 0.05, seconds: [120, 400] },
      hasTurns: true,
    }),
  }),
  scenario({
    number: 26,
    name: 'read-from-transcripts',
    description: 'Nobody asks an answer to a report; one agent weighs twice as much, one has runs of up to two hours.',
    windows: windows(1400, 110),
    agents: [
      ...told([{ ...ada, weight: 2 }, ben, { ...cleo, costUsd: 0.3, wantsSeconds: 2400 }], {
        ...grain,
        isUnanswered: true,
      }),
      {
        name: 'Long',
        costUsd: 7,
        grain: { responses: [60, 200], gapSeconds: [5, 90], secondsMax: 7200, isUnanswered: true },
      },
    ],
  }),
  scenario({
    number: 27,
    name: 'three-owners',
    description: 'One owner has four agents, one has two, of which one works by day, and one has a single agent.',
    windows: windows(1200, 90),
    agents: told([
      ...['Four 1', 'Four 2', 'Four 3', 'Four 4'].map((name) => ({ name, costUsd: 0.8, group: 'Four' })),
      { name: 'Two 1', costUsd: 1, group: 'Two' },
      { name: 'Two 2', costUsd: 1, group: 'Two', worksAt: daily(8, 18) },
      { name: 'Single', costUsd: 1 },
    ]),
  }),
  scenario({
    number: 28,
    name: 'people-by-response',
    description: 'People work with two of three agents for hours at a time, and every response is reported.',
    windows: windows(1200, 90),
    agents: told([
      { ...ada, collaborativePref: 30, sessions: [session(1.4, 6, 18), session(4.5, 4, 18), session(6.6, 3, 15)] },
      { ...ben, collaborativePref: 20, sessions: [1, 2, 3, 4, 5].map((date) => session(date + 15 / 24, 1.5, 8)) },
      cleo,
    ]),
  }),
  scenario({
    number: 29,
    name: 'chatterbox',
    description: 'A fourth agent has no runs: it reports a few cents every twenty seconds for the first two days.',
    windows: windows(1300, 100),
    agents: [
      ...told(three),
      {
        name: 'Chatterbox',
        costUsd: 0.03,
        joinsAt: 15 * minuteMs,
        chattersSeconds: 20,
        worksAt: (time) => time < day(2),
      },
    ],
  }),
  scenario({
    number: 30,
    name: 'asks-all-the-time',
    description:
      'Two of four agents ask every ten seconds while they wait, one even while it runs, late in a tight week.',
    lengthMs: day(2),
    windows: [
      { key: 'session_5hour', budgetUsd: 90 },
      { key: 'week_all', budgetUsd: 1200, begunAt: day(-5), usedUsd: 860 },
    ],
    agents: told([
      { ...ada, asks: { everySeconds: 10 } },
      { ...ben, asks: { everySeconds: 10, whileRunning: true } },
      cleo,
      dora,
    ]),
  }),
  scenario({
    number: 31,
    name: 'mistyped-names',
    description: 'One run in thirty of two agents goes by a name that nobody has.',
    windows: windows(1200, 90),
    agents: told([
      { ...ada, mistypes: { chance: 1 / 30, as: 'Adda' } },
      { ...ben, mistypes: { chance: 1 / 30, as: 'Bne' } },
      cleo,
    ]).map((agent) => ({ ...agent, multiplier: multiplierOfStrangers })),
  }),
];

/** Small worlds in which one thing is to be seen. */
export const demonstrations: readonly Scenario[] = [
  scenario({
    number: 32,
    name: 'honest-and-chatty',
    description:
      'One agent tells its run of 20 cents in one report, one its run of 1.50 USD in five, twenty seconds apart.',
    lengthMs: day(2),
    windows: [{ key: 'week_all', budgetUsd: 200, begunAt: day(-5), usedUsd: 10 }],
    agents: [
      { name: 'Honest', costUsd: 0.2, costVariation: 0.1 },
      { name: 'Chatty', costUsd: 1.5, costVariation: 0.1, grain: { responses: [5, 5], gapSeconds: [20, 20] } },
    ],
  }),
  scenario({
    number: 33,
    name: 'person-takes-the-window',
    description:
      'Twice a day a person uses most of a five-hour window, one response after the other, beside two agents.',
    lengthMs: day(1),
    windows: [
      { key: 'session_5hour', budgetUsd: 60 },
      { key: 'week_all', budgetUsd: 4000, begunAt: day(-6), usedUsd: 1500 },
    ],
    agents: [
      ...told([ada, ben]),
      {
        name: 'Pat',
        costUsd: 1,
        collaborativePref: 50,
        sessions: [session(10.2 / 24, 2.4, 22), session(20.2 / 24, 2.4, 22)],
        worksAt: () => false,
      },
    ],
  }),
  scenario({
    number: 34,
    name: 'history-arrives',
    description: 'Six hours after the start, within ten seconds, two months of history are told of three agents.',
    lengthMs: day(2),
    windows: [
      { key: 'session_5hour', budgetUsd: 90 },
      { key: 'week_all', budgetUsd: 1200, begunAt: day(-5), usedUsd: 860 },
    ],
    agents: told(three),
    history: [
      {
        at: 6 * hourMs,
        days: { from: 60, until: 6 },
        agents: [
          { name: 'Ada', costUsd: 3, runsPerDay: 6 },
          { name: 'Ben', costUsd: 0.2, runsPerDay: 6, withPeople: 0.5 },
          { name: 'Cleo', costUsd: 1, runsPerDay: 6 },
        ],
      },
    ],
  }),
];

function session(fromDay: number, hours: number, usdPerHour: number): PersonSession {
  return { from: day(fromDay), until: day(fromDay + hours / 24), usdPerHour, everySeconds };
}
