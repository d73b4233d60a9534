/** A made agent at work: it wakes, uses some tokens, reports, and waits as long as it is told. */
import type { CommandText } from '../ledger-client.js';
import { type Agent, costOf, nextAtWork, visits } from './cast.js';
import { type Actor, type Answer, minuteMs } from './happening.js';
import type { Provider } from './provider.js';

/** When an agent is in the world, and when it is not to run. */
export interface Stay {
  /** Begin of the made week. */
  readonly start: number;
  readonly from: number;
  readonly until: number;
  readonly pause?: readonly [from: number, until: number] | undefined;
}

/** While a person works with an agent, a report goes out every few minutes. */
const visitReportMs = 6 * minuteMs;
/** Until an agent was told how long to wait. */
const firstWaitSeconds = 900;

export class DemoAgent implements Actor {
  at: number;
  readonly #agent: Agent;
  readonly #stay: Stay;
  readonly #provider: Provider;
  readonly #random: () => number;
  /** Id of the event of each of its reports. */
  readonly reports: string[] = [];
  #acted: number;
  #session = { day: '', cost: 0, tokens: 0 };

  constructor(agent: Agent, stay: Stay, provider: Provider, random: () => number) {
    this.#agent = agent;
    this.#stay = stay;
    this.#provider = provider;
    this.#random = random;
    this.#acted = stay.from;
    this.at = this.#nextTime(stay.from + Math.floor(10 * minuteMs * random()));
  }

  act(): CommandText | null {
    const now = this.at;
    const { name, model, host, absolute } = this.#agent;
    this.#acted = now;
    const together = this.#visitAt(now);
    const draw = this.#random();
    const tokens = {
      input: Math.round(300 + 3_000 * draw),
      cache_read: Math.round(30_000 + 130_000 * this.#random()),
      output: Math.round(250 + 3_500 * this.#random()),
    };
    const cost = costOf(model, tokens);
    this.#provider.use(now, model, cost);
    const amounts = absolute === true ? this.#counters(now, cost, tokens) : { cost_micro_usd: cost, tokens };
    return {
      type: 'usage.recorded',
      payload: {
        name,
        mode: together ? 'collaboration' : 'autonomy',
        model,
        project: 'demo',
        instance: { host },
        context_percentage: Math.round(10 + 70 * draw),
        ...amounts,
      },
    };
  }

  /** Obeys, but for the seconds a wake takes, and for having nothing to do. */
  hear({ id, interval = firstWaitSeconds }: Answer): void {
    this.reports.push(id);
    const own = (this.#agent.minutesOwn ?? 0) * minuteMs * (0.8 + 0.4 * this.#random());
    const wait = Math.max(interval * 1_000, own) + Math.floor((20 + 100 * this.#random()) * 1_000);
    this.at = this.#nextTime(this.#acted + Math.floor(wait));
  }

  /** Moves the time at which it wants to run to one at which it may: not paused, at work, or earlier where a person comes. */
  #nextTime(wanted: number): number {
    const { start, until, pause } = this.#stay;
    let at = nextAtWork(this.#agent, wanted);
    if (pause !== undefined && at >= pause[0] && at < pause[1]) at = nextAtWork(this.#agent, pause[1]);
    for (const { name, from, ms } of visits) {
      if (name !== this.#agent.name) continue;
      const next = Math.max(this.#acted + visitReportMs, start + from);
      if (next < start + from + ms) at = Math.min(at, next);
    }
    return at < until ? at : Number.POSITIVE_INFINITY;
  }

  #visitAt(now: number): boolean {
    const { start } = this.#stay;
    return visits.some(
      ({ name, from, ms }) => name === this.#agent.name && now >= start + from && now < start + from + ms,
    );
  }

  /** The counters of its session, which is a new one each day. */
  #counters(now: number, cost: number, tokens: { input: number; cache_read: number; output: number }): object {
    const day = new Date(now).toISOString().slice(0, 10);
    if (day !== this.#session.day) this.#session = { day, cost: 0, tokens: 0 };
    this.#session.cost += cost;
    this.#session.tokens += tokens.input + tokens.cache_read + tokens.output;
    return {
      session: `demo-${this.#agent.name.slice(5)}-${day}`,
      total_cost_usd: this.#session.cost / 1e6,
      total_tokens: this.#session.tokens,
    };
  }
}
