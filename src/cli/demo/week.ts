/**
 * A made week: what four agents, one of them under two names, could have used. The same seed gives the same week; only
 * the time it ends at differs. Everything in it says that it is made: names, account, project, and the source.
 */
import type { CommandText } from '../recorder.js';
import { randomSource } from './random.js';

/** What every event of a made week carries as its source. */
export const demoSource = 'demo/1';

/** Something that happens at a time. `correction` may refer to what was recorded before it. */
export interface Happening {
  readonly at: number;
  /** Gets the id of the event that `label` was recorded as. */
  readonly command: (idOf: (label: string) => string) => CommandText;
  readonly label?: string;
}

interface Agent {
  readonly name: string;
  readonly model: string;
  readonly colour: string;
  readonly weight: number;
  /** Hours of the day (UTC) it is at work, and whether on weekends. */
  readonly hours: readonly [number, number];
  readonly weekends: boolean;
  readonly minutesBetween: number;
  /** How much of its work is done together with a person. */
  readonly collaboration: number;
  readonly host: string;
  /** Reports the counters of its session instead of increments. */
  readonly absolute?: boolean;
}

const agents: readonly Agent[] = [
  {
    name: 'Demo Ada',
    model: 'claude-opus-4-5',
    colour: 'teal',
    weight: 2,
    hours: [8, 18],
    weekends: false,
    minutesBetween: 18,
    collaboration: 0.6,
    host: 'demo-desk',
  },
  {
    name: 'Demo Grace',
    model: 'claude-sonnet-4-5',
    colour: 'orange',
    weight: 1,
    hours: [12, 22],
    weekends: true,
    minutesBetween: 24,
    collaboration: 0.4,
    host: 'demo-loft',
  },
  {
    name: 'Demo Alan',
    model: 'claude-sonnet-4-5',
    colour: 'purple',
    weight: 1,
    hours: [0, 24],
    weekends: true,
    minutesBetween: 45,
    collaboration: 0,
    host: 'demo-rack',
  },
  {
    name: 'Demo Edsger',
    model: 'claude-haiku-4-5',
    colour: 'green',
    weight: 1,
    hours: [6, 12],
    weekends: false,
    minutesBetween: 15,
    collaboration: 0.2,
    host: 'demo-attic',
    absolute: true,
  },
];

/** The second name of Ada, seen on day 3 and merged into her on day 4. */
const twin = { ...(agents[0] as Agent), name: 'demo ada laptop', host: 'demo-laptop' };

/** US dollars per million tokens: input, cache read, output. */
const prices: Readonly<Record<string, readonly [number, number, number]>> = {
  'claude-opus-4-5': [5, 0.5, 25],
  'claude-sonnet-4-5': [3, 0.3, 15],
  'claude-haiku-4-5': [1, 0.1, 5],
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const daysMade = 7;

/** Budgets that the made readings are percentages of, in micro-USD. */
const budgets = { session_5hour: 5_000_000, week_all: 40_000_000, week_sonnet: 15_000_000 } as const;

export function makeWeek(end: number, seed: number): Happening[] {
  const random = randomSource(seed);
  const start = end - daysMade * dayMs;
  const uses = [...agents, twin].flatMap((agent) => usesOf(agent, start, end, random));
  const happenings = [
    ...registrations(start),
    ...uses.map(({ happening }) => happening),
    ...readings(start, end, uses),
    ...incidents(start),
    ...closings(start, end),
  ];
  return happenings.filter(({ at }) => at >= start && at < end).sort((a, b) => a.at - b.at);
}

interface Use {
  readonly happening: Happening;
  readonly at: number;
  readonly model: string;
  readonly costMicroUsd: number;
}

function registrations(start: number): Happening[] {
  return agents.map(({ name, model, colour, weight, collaboration }, i) =>
    at(start + (i + 1) * 1_000, 'identity.registered', {
      name,
      model,
      colour,
      weight,
      collaborative_pref: Math.round(collaboration * 100),
    }),
  );
}

function usesOf(agent: Agent, start: number, end: number, random: () => number): Use[] {
  const from = agent === twin ? start + 3 * dayMs : start + minuteMs;
  const until = agent === twin ? from + dayMs / 2 : end;
  const uses: Use[] = [];
  let session = { cost: 0, tokens: 0 };
  for (let now = from; now < until; now += agent.minutesBetween * minuteMs * (0.6 + 0.8 * random())) {
    const [draw, together] = [random(), random() < agent.collaboration];
    if (!isAtWork(agent, now)) {
      session = { cost: 0, tokens: 0 };
      continue;
    }
    const tokens = {
      input: Math.round(300 + 3_000 * draw),
      cache_read: Math.round(30_000 + 170_000 * random()),
      output: Math.round(250 + 3_500 * random()),
    };
    const costMicroUsd = costOf(agent.model, tokens);
    session = {
      cost: session.cost + costMicroUsd,
      tokens: session.tokens + tokens.input + tokens.cache_read + tokens.output,
    };
    const amounts = agent.absolute
      ? {
          session: `demo-${agent.name.slice(5)}-${dayOf(now)}`,
          total_cost_usd: session.cost / 1e6,
          total_tokens: session.tokens,
        }
      : { cost_micro_usd: costMicroUsd, tokens };
    const happening = at(
      Math.floor(now),
      'usage.recorded',
      {
        name: agent.name,
        mode: together ? 'collaboration' : 'autonomy',
        model: agent.model,
        project: 'demo',
        instance: { host: agent.host },
        context_percentage: Math.round(10 + 70 * draw),
        ...amounts,
      },
      `${agent.name} ${uses.length}`,
    );
    uses.push({ happening, at: Math.floor(now), model: agent.model, costMicroUsd });
  }
  return uses;
}

function isAtWork({ hours, weekends }: Agent, now: number): boolean {
  const time = new Date(now);
  const weekend = time.getUTCDay() === 0 || time.getUTCDay() === 6;
  return (weekends || !weekend) && time.getUTCHours() >= hours[0] && time.getUTCHours() < hours[1];
}

function costOf(model: string, tokens: { input: number; cache_read: number; output: number }): number {
  const [input, cacheRead, output] = prices[model] as readonly [number, number, number];
  return Math.round(tokens.input * input + tokens.cache_read * cacheRead + tokens.output * output);
}

/** Every half hour, what a provider's usage page would show. The week resets on day 5. */
function readings(start: number, end: number, uses: readonly Use[]): Happening[] {
  const weekReset = start + 4.5 * dayMs;
  const made: Happening[] = [];
  for (let now = start + 10 * minuteMs; now < end; now += 30 * minuteMs) {
    const sessionStart = now - ((now - start) % (5 * hourMs));
    const weekStart = now < weekReset ? weekReset - 7 * dayMs : weekReset;
    const used = (from: number, counts: (use: Use) => boolean) =>
      uses
        .filter((use) => use.at >= from && use.at <= now && counts(use))
        .reduce((sum, use) => sum + use.costMicroUsd, 0);
    const window = (key: keyof typeof budgets, cost: number, resetsAt: number) => ({
      key,
      percent_bp: Math.min(10_000, Math.round((10_000 * cost) / budgets[key])),
      resets_at: resetsAt,
    });
    const windows = [
      window(
        'session_5hour',
        used(sessionStart, () => true),
        sessionStart + 5 * hourMs,
      ),
      window(
        'week_all',
        used(weekStart, () => true),
        weekStart + 7 * dayMs,
      ),
      window(
        'week_sonnet',
        used(weekStart, ({ model }) => model.includes('sonnet')),
        weekStart + 7 * dayMs,
      ),
    ];
    made.push(at(now, 'quota.read', { windows, account: 'demo account (made up)' }));
  }
  return made;
}

/** What goes wrong in a week, and how it is put right. */
function incidents(start: number): Happening[] {
  const day = (days: number, hours: number) => start + days * dayMs + hours * hourMs;
  const alert = { rule: 'demo-overdue', dedupe_key: 'demo-overdue:edsger' };
  return [
    at(day(1, 9.05), 'agent.paused', {
      name: 'Demo Grace',
      until: day(1, 12),
      reason: 'made up: maintenance of the demo loft',
    }),
    at(day(1, 11.3), 'agent.resumed', { name: 'Demo Grace', reason: 'made up: done early' }),
    {
      at: day(2, 20),
      command: (idOf) => ({
        type: 'usage.corrected',
        payload: {
          corrects: idOf('Demo Alan 3'),
          difference: { cost_micro_usd: -1_000, tokens: { output: -50 } },
          reason: 'made up: counted a retry',
        },
      }),
    },
    at(
      day(2, 21),
      'quota.read',
      { windows: [{ key: 'week_sonnet', percent_bp: 1 }], account: 'demo account (made up)' },
      'misread',
    ),
    {
      at: day(2, 21.2),
      command: (idOf) => ({
        type: 'quota.rejected',
        payload: { corrects: idOf('misread'), reason: 'made up: the screen was misread' },
      }),
    },
    at(day(4, 8), 'identity.merged', { from: twin.name, into: 'Demo Ada' }),
    at(day(5, 15), 'alert.raised', {
      ...alert,
      subject: 'Demo Edsger',
      text: 'made up: Demo Edsger has not reported for 3 intervals',
    }),
    at(day(5, 15.5), 'alert.acknowledged', { dedupe_key: alert.dedupe_key, reason: 'made up: it is the weekend' }),
  ];
}

/** Days are closed as the nightly job closes them; those that are not over by then are left open. */
function closings(start: number, end: number): Happening[] {
  const made: Happening[] = [];
  for (let now = start + 2 * dayMs; now < end; now += dayMs)
    made.push(at(now, 'day.closed', { date: dayOf(now - 2 * dayMs) }));
  return made;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const at = (time: number, type: string, payload: object, label?: string): Happening => ({
  at: Math.floor(time),
  command: () => ({ type, payload }),
  ...(label === undefined ? {} : { label }),
});
