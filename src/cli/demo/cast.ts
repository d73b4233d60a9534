/** Who takes part in a made week: four agents, one of them under two names for a while, and the people they work with. */
import { dayMs, hourMs, minuteMs } from './happening.js';

export interface Agent {
  readonly name: string;
  readonly model: string;
  readonly colour: string;
  readonly weight: number;
  /** Hours of the day (UTC) it is at work, and whether on weekends. */
  readonly hours: readonly [number, number];
  readonly weekends: boolean;
  /** It has work for a wake every so many minutes only, whatever it is offered. */
  readonly minutesOwn?: number;
  /** How much of its work it prefers to do together with a person, in percent. */
  readonly collaborative: number;
  readonly host: string;
  /** Reports the counters of its session instead of increments. */
  readonly absolute?: boolean;
}

export const agents: readonly Agent[] = [
  {
    name: 'Demo Ada',
    model: 'claude-opus-4-5',
    colour: 'teal',
    weight: 1,
    hours: [7, 19],
    weekends: false,
    collaborative: 60,
    host: 'demo-desk',
  },
  {
    name: 'Demo Grace',
    model: 'claude-sonnet-4-5',
    colour: 'orange',
    weight: 1,
    hours: [0, 24],
    weekends: true,
    collaborative: 20,
    host: 'demo-loft',
  },
  {
    name: 'Demo Alan',
    model: 'claude-sonnet-4-5',
    colour: 'purple',
    weight: 2,
    hours: [0, 24],
    weekends: true,
    collaborative: 0,
    host: 'demo-rack',
  },
  {
    name: 'Demo Edsger',
    model: 'claude-haiku-4-5',
    colour: 'green',
    weight: 1,
    hours: [0, 24],
    weekends: true,
    minutesOwn: 75,
    collaborative: 0,
    host: 'demo-attic',
    absolute: true,
  },
];

/** The second name of Ada, seen on day 3, whichever day and hour that is, and merged into her on day 4. */
export const twin: Agent = {
  ...(agents[0] as Agent),
  name: 'demo ada laptop',
  hours: [0, 24],
  weekends: true,
  host: 'demo-laptop',
};

/** People who work with an agent: from when on in the week, and for how long. The last of them is still there at its end. */
export const visits: readonly { readonly name: string; readonly from: number; readonly ms: number }[] = [
  { name: 'Demo Ada', from: 0.4 * dayMs, ms: 2 * hourMs },
  { name: 'Demo Grace', from: 1.6 * dayMs, ms: hourMs },
  { name: 'Demo Ada', from: 2.4 * dayMs, ms: 1.5 * hourMs },
  { name: 'Demo Ada', from: 4.4 * dayMs, ms: 2 * hourMs },
  { name: 'Demo Ada', from: 5.5 * dayMs, ms: hourMs },
  { name: 'Demo Grace', from: 7 * dayMs - 25 * minuteMs, ms: hourMs },
];

/** US dollars per million tokens: input, cache read, output. */
const prices: Readonly<Record<string, readonly [number, number, number]>> = {
  'claude-opus-4-5': [5, 0.5, 25],
  'claude-sonnet-4-5': [3, 0.3, 15],
  'claude-haiku-4-5': [1, 0.1, 5],
};

export interface Tokens {
  readonly input: number;
  readonly cache_read: number;
  readonly output: number;
}

/** Micro-USD. */
export function costOf(model: string, tokens: Tokens): number {
  const [input, cacheRead, output] = prices[model] as readonly [number, number, number];
  return Math.round(tokens.input * input + tokens.cache_read * cacheRead + tokens.output * output);
}

/** The next time from `now` on at which an agent is at work; whole quarters of an hour are looked at. */
export function nextAtWork({ hours, weekends }: Agent, now: number): number {
  for (let at = now; ; at = (Math.floor(at / (15 * minuteMs)) + 1) * 15 * minuteMs) {
    const time = new Date(at);
    const weekend = time.getUTCDay() === 0 || time.getUTCDay() === 6;
    if ((weekends || !weekend) && time.getUTCHours() >= hours[0] && time.getUTCHours() < hours[1]) return at;
  }
}
