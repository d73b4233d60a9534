/**
 * A long made history, as clients would send it: reports of every kind, late ones, corrections, readings and rejected
 * readings, refusals, pauses, aliases, merges, closed days, changes of the policy, agents that ask again. Repeatable from a seed; ids for corrections come from what was answered.
 */
import { randomSource } from './random.js';

interface Made {
  readonly type: string;
  readonly payload: object;
  readonly key?: string;
  readonly occurred_at?: number;
}

interface Answer {
  readonly status: string;
  readonly id?: string;
}

const models = ['claude-sonnet-4-5', 'claude-opus-4-5', 'claude-opus-4-1', undefined];

export class MixedHistory {
  readonly #random: () => number;
  /** The time commands speak of; whoever moves the ledger's clock moves it, too. */
  now: number;
  /** Ids of uses and readings that later commands may name. */
  readonly #uses: string[] = [];
  readonly #readings: string[] = [];
  readonly #totals = new Map<string, number>();
  #sent: readonly Made[] = [];
  #count = 0;

  constructor(seed: number, now = Date.now()) {
    this.#random = randomSource(seed);
    this.now = now;
  }

  /** The next commands, as the body of POST /v1/events has them. */
  next(count: number): object[] {
    const commands = Array.from({ length: count }, () => this.#command());
    this.#sent = commands;
    return commands;
  }

  /** What became of the commands of the last `next`. */
  answered(answers: readonly Answer[]): void {
    for (const [i, { id }] of answers.entries()) {
      if (id === undefined) continue;
      const type = this.#sent[i]?.type;
      if (type === 'usage.recorded') keepSome(this.#uses, id);
      if (type === 'quota.read') keepSome(this.#readings, id);
    }
  }

  #command(): Made {
    this.#count += 1;
    const roll = this.#random();
    const name = this.#name();
    if (roll < 0.86) return this.#use(name);
    if (roll < 0.9 && this.#uses.length > 0) {
      const difference = { cost_micro_usd: this.#whole(50) - 25, tokens: { output: this.#whole(5) } };
      return {
        type: 'usage.corrected',
        ...this.#around({ corrects: this.#pick(this.#uses), difference, reason: 'counted twice' }),
      };
    }
    if (roll < 0.94) return this.#reading();
    if (roll < 0.945 && this.#readings.length > 0) {
      return { type: 'quota.rejected', ...this.#around({ corrects: this.#pick(this.#readings), reason: 'misread' }) };
    }
    if (roll < 0.96) return { type: 'agent.paused', ...this.#around({ name, until: this.now + this.#whole(1e7) }) };
    if (roll < 0.97) return { type: 'agent.resumed', ...this.#around({ name }) };
    if (roll < 0.98)
      return {
        type: 'identity.changed',
        ...this.#around({ name, weight: 1 + this.#whole(4), model: this.#pick(models) }),
      };
    if (roll < 0.985)
      return { type: 'identity.aliased', ...this.#around({ name, alias: `${name} alias ${this.#whole(3)}` }) };
    if (roll < 0.987) return { type: 'identity.merged', ...this.#around({ from: name, into: this.#name() }) };
    if (roll < 0.99) return { type: 'identity.retired', ...this.#around({ name }) };
    if (roll < 0.993) return { type: 'identity.reinstated', ...this.#around({ name }) };
    if (roll < 0.995) return { type: 'agent.advised', ...this.#around({ name }) };
    if (roll < 0.996) return this.#policy();
    if (roll < 0.997) {
      const refusal = { window: 'session_5hour', until: this.now + this.#whole(2e7), evidence: '429' };
      return { type: 'quota.exhausted', ...this.#around(refusal) };
    }
    return {
      type: 'day.closed',
      payload: { date: new Date(this.now - this.#whole(20) * 86_400_000).toISOString().slice(0, 10) },
    };
  }

  #use(name: string): Made {
    const mode = this.#random() < 0.7 ? 'autonomy' : 'collaboration';
    const roll = this.#random();
    const late = this.#random() < 0.2 ? { occurred_at: this.now - this.#whole(400 * 86_400_000) } : {};
    if (roll < 0.15) {
      const session = `${name} ${this.#whole(5)}`;
      const reset = this.#random() < 0.1;
      const total = (reset ? 0 : (this.#totals.get(session) ?? 0)) + this.#whole(900);
      this.#totals.set(session, total);
      return {
        type: 'usage.recorded',
        ...late,
        ...this.#around({ name, mode, session, total_cost_usd: total / 100, total_tokens: total * 9 }),
      };
    }
    if (roll < 0.25)
      return { type: 'usage.recorded', ...late, ...this.#around({ name, mode, legacy_tokens: this.#whole(200_000) }) };
    const tokens = { input: this.#whole(900), output: this.#whole(4_000), cache_read: this.#whole(90_000) };
    const cost = this.#random() < 0.8 ? { cost_micro_usd: this.#whole(90_000) } : {};
    const instance = { host: `host-${this.#whole(3)}`, pid: this.#whole(9) };
    return { type: 'usage.recorded', ...late, ...this.#around({ name, mode, tokens, instance, ...cost }) };
  }

  #policy(): Made {
    const changes = [
      { interval_s_min: 300 + this.#whole(300) },
      { multiplier_power: this.#whole(2) },
      { method: this.#random() < 0.3 ? 'static' : 'fair' },
      { floor_fraction: this.#random() / 2, horizon_h: 12 + this.#whole(100) },
      { collaboration_charge: this.#random(), carry: this.#random() },
    ];
    return { type: 'policy.set', ...this.#around(this.#pick(changes)) };
  }

  #reading(): Made {
    const windows = ['session_5hour', 'week_all', 'week_sonnet', 'other'].filter(() => this.#random() < 0.6);
    const read = (windows.length > 0 ? windows : ['week_all']).map((key) => ({
      key,
      percent_bp: this.#whole(10_100),
      ...(this.#random() < 0.8 ? { resets_at: this.now + this.#whole(8e8) - 1e8 } : {}),
    }));
    const late = this.#random() < 0.2 ? { occurred_at: this.now - this.#whole(9e7) } : {};
    return { type: 'quota.read', ...late, ...this.#around({ windows: read }) };
  }

  /** Half of all commands have a key, and one in twenty of those is an earlier one. */
  #around(payload: object): { readonly payload: object; readonly key?: string } {
    if (this.#random() < 0.5) return { payload };
    const number = this.#random() < 0.05 ? this.#whole(this.#count) : this.#count;
    return { payload, key: `key ${number}` };
  }

  #name(): string {
    const name = `Agent ${this.#whole(40)}`;
    return this.#random() < 0.1 ? name.toUpperCase() : name;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#whole(values.length)] as T;
  }

  /** A whole number in [0, bound). */
  #whole(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}

function keepSome(ids: string[], id: string): void {
  ids.push(id);
  if (ids.length > 500) ids.shift();
}
