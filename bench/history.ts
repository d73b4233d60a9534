/**
 * What the long logs hold: thirty days of forty agents, as their clients would send it. Almost all of it are reports;
 * readings of the quota, corrections, late reports, changes of identities, pauses and closed days are between them, so
 * that every table has rows to build. The same for every run, but for the ids that the ledger gives.
 */
import { randomSource } from '../test/support/random.js';

export const dayMs = 86_400_000;
export const historyDays = 30;
export const agents: readonly string[] = Array.from({ length: 40 }, (_, i) => `Agent-${i}`);
/** The source of the readings, which are few among the events. */
export const readingSource = 'collector/1';

export interface Input {
  readonly type: string;
  readonly payload: object;
  readonly occurred_at?: number;
}

const models = ['claude-sonnet-4-5', 'claude-opus-4-5', 'claude-opus-4-1'];
const fiveHoursMs = 5 * 3_600_000;

export class History {
  readonly #random = randomSource(7);
  #closedDay: number;
  #made = 0;

  constructor(startMs: number) {
    this.#closedDay = Math.floor(startMs / dayMs);
  }

  /** What comes before everything else. */
  beginning(): Input[] {
    return agents.map((name, i) => ({
      type: 'identity.registered',
      payload: { name, model: models[i % models.length], weight: 1 + (i % 3) },
    }));
  }

  /** The next commands, at a time. `corrects` is the id of a use that some of them may correct. */
  next(count: number, now: number, corrects: string | null): Input[] {
    const day = Math.floor(now / dayMs);
    const closing = day > this.#closedDay + 1 ? [this.#closeDay()] : [];
    return [...closing, ...Array.from({ length: count - closing.length }, () => this.#command(now, corrects))];
  }

  #closeDay(): Input {
    this.#closedDay += 1;
    return { type: 'day.closed', payload: { date: new Date(this.#closedDay * dayMs).toISOString().slice(0, 10) } };
  }

  #command(now: number, corrects: string | null): Input {
    this.#made += 1;
    const made = this.#made;
    if (made % 500 === 1) return reading(now);
    if (made % 1_000 === 2 && corrects !== null) return correction(corrects, made);
    const name = agents[made % agents.length] as string;
    if (made % 5_000 === 3) return { type: 'identity.changed', payload: { name, weight: 1 + (made % 4) } };
    if (made % 5_000 === 4) return { type: 'agent.paused', payload: { name, until: now + 600_000 } };
    if (made % 5_000 === 5) return { type: 'agent.resumed', payload: { name } };
    return this.#report(agents[this.#whole(agents.length)] as string, now);
  }

  #report(name: string, now: number): Input {
    const late = this.#random() < 0.002 ? { occurred_at: now - this.#whole(3 * dayMs) } : {};
    const tokens = { input: this.#whole(900), output: 20 + this.#whole(4_000), cache_read: this.#whole(90_000) };
    const report = {
      name,
      mode: this.#random() < 0.7 ? 'autonomy' : 'collaboration',
      cost_micro_usd: 1_000 + this.#whole(90_000),
      tokens,
      session: `${name}/${Math.floor(now / fiveHoursMs)}`,
      context_percentage: this.#whole(100),
      instance: { host: `host-${this.#whole(3)}`, pid: 100 + this.#whole(9) },
    };
    return { type: 'usage.recorded', payload: report, ...late };
  }

  /** A whole number in [0, bound). */
  #whole(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}

/** Windows fill up evenly to nine tenths until they are reset. */
function reading(now: number): Input {
  const windows = [
    { key: 'session_5hour', lengthMs: fiveHoursMs },
    { key: 'week_all', lengthMs: 7 * dayMs },
  ].map(({ key, lengthMs }) => ({
    key,
    percent_bp: Math.floor((9_000 * (now % lengthMs)) / lengthMs),
    resets_at: (Math.floor(now / lengthMs) + 1) * lengthMs,
  }));
  return { type: 'quota.read', payload: { windows } };
}

function correction(corrects: string, made: number): Input {
  const difference = { cost_micro_usd: (made % 50) - 25, tokens: { output: made % 5 } };
  return { type: 'usage.corrected', payload: { corrects, difference, reason: 'counted twice' } };
}
