/** Lives a made-up life in a pool, one way or another, and keeps what its agents were told. */
import type { Advice } from '../../src/events/advice.js';
import type { Command } from '../../src/events/command.js';
import type { WindowRule } from '../../src/fairness/policy.js';
import { command, register, usage } from './command.js';
import { Fold, hours, minutes, noon } from './fold.js';
import { type Life, type LifeStep, names, worldWindows } from './lives.js';

const sonnetOnly = { models: ['sonnet'] };
const listed: WindowRule[] = [
  { key: 'session_5hour', length_s: 18_000, anchor: 'use' },
  { key: 'week_all', length_s: 604_800, anchor: 'fixed' },
  { key: 'week_sonnet', length_s: 604_800, anchor: 'fixed', ...sonnetOnly },
];
const contract: WindowRule = {
  key: 'contract',
  length_s: 86_400,
  anchor: 'fixed',
  known_budget_micro_usd: 64_000_000,
  resets_at: noon,
};

/** Changes of the policy; a life begins with one of them. */
const policies: readonly object[] = [
  {},
  { windows: [...listed, contract] },
  { windows: [contract] },
  { windows: [{ ...contract, models: ['opus'], anchor: 'use' }, ...listed] },
  { windows: listed.map((rule) => ({ ...rule, reserve_percent: 20 })) },
  { windows: [listed[1]] },
  { floor_fraction: 0, boost_max: 1_000 },
  { floor_fraction: 0.5, boost_max: 1.5, horizon_h: 24 },
  { carry: 0.5, collaboration_charge: 0.5 },
  { multiplier_power: 0 },
  { interval_s_min: 60, interval_s_base: 120, interval_s_max: 3_600, deadband_log_ratio: 0, step_factor_max: 100 },
  { caution_deviations: 2, unattributed_drift: 0.3, known_relative_deviation: 0.6 },
  { method: 'static' },
  { method: 'fair', large_pool_members: 2, plan_ms_large: 60_000 },
];

export interface Way {
  readonly weights?: number;
  readonly costs?: number;
  /** Registers the members in the opposite order. */
  readonly backwards?: boolean;
  /** Sends every reading once more, and once as if it had been measured earlier. */
  readonly repeatsReadings?: boolean;
  /** Names somebody who leaves before anything happens. */
  readonly ghost?: string;
  readonly planMs?: number;
  /** Version of the controller's method, where not the first. */
  readonly method?: 2;
  /** Called after every command that changed something, before the next. */
  readonly after?: (living: Living) => void;
}

export interface Told {
  readonly answers: 'use' | 'ask';
  readonly at: number;
  readonly name: string;
  readonly advice: Advice;
}

/** One life being lived. */
export class Living {
  readonly fold = new Fold();
  /** What every agent was told, in order. */
  readonly told: Told[] = [];
  readonly #life: Life;
  readonly #way: Way;
  readonly #spent: { at: number; micro: number; model: string | undefined }[] = [];
  readonly #uses: { id: string; micro: number }[] = [];
  readonly #readings: string[] = [];

  constructor(life: Life, way: Way = {}) {
    this.#life = life;
    this.#way = way;
    const version = way.method === undefined ? {} : { method_version: way.method };
    this.#setPolicy(life.policy, {
      plan_ms: way.planMs ?? life.planMs,
      plan_ms_large: way.planMs ?? 30_000,
      ...version,
    });
    const members = way.backwards ? life.members.toReversed() : life.members;
    if (way.ghost !== undefined) {
      this.#take(register(way.ghost, { weight: 50 }));
      this.#take(command('identity.retired', { name: way.ghost }));
    }
    for (const one of members) this.#take(register(this.#name(one.who), this.#weighted(one.attributes)));
    for (const one of life.steps) this.#live(one);
  }

  get intervals(): number[] {
    return this.told.map(({ advice }) => advice.interval_s);
  }

  #live(one: LifeStep): void {
    switch (one.step) {
      case 'wait':
        this.fold.at += one.ms;
        return;
      case 'use':
        return this.#use(one);
      case 'read':
        return this.#read(one);
      case 'pause': {
        const until = one.hours === undefined ? {} : { until: this.fold.at + hours(one.hours) };
        return this.#take(command('agent.paused', { name: this.#name(one.who), ...until }));
      }
      case 'resume':
        return this.#take(command('agent.resumed', { name: this.#name(one.who) }));
      case 'retire':
        return this.#take(command('identity.retired', { name: this.#name(one.who) }));
      case 'reinstate':
        return this.#take(command('identity.reinstated', { name: this.#name(one.who) }));
      case 'change':
        return this.#take(command('identity.changed', { name: this.#name(one.who), ...this.#weighted(one.to) }));
      case 'merge':
        return this.#take(command('identity.merged', { from: this.#name(one.who), into: this.#name(one.into) }));
      case 'correct':
        return this.#correct(one.target, one.quarters);
      case 'reject': {
        const corrects = this.#readings[one.target % this.#readings.length];
        if (corrects !== undefined) this.#take(command('quota.rejected', { corrects, reason: 'made up' }));
        return;
      }
      case 'exhaust': {
        const until = one.hours === undefined ? {} : { until: this.fold.at + hours(one.hours) };
        const window = worldWindows[one.window]?.key;
        return this.#take(command('quota.exhausted', { window, ...until, evidence: 'made up' }));
      }
      case 'ask':
        return this.#ask(this.#name(one.who));
      case 'policy':
        return this.#setPolicy(one.change);
    }
  }

  #use({ who, micro, collaboration, model, lateMs, quiet }: LifeStep & { step: 'use' }): void {
    const { fold } = this;
    this.#spent.push({ at: fold.at - lateMs, micro, model });
    const name = this.#name(who);
    if (!fold.state.identities.has(name.toLowerCase())) this.#take(register(name, this.#weighted({})));
    const mode = collaboration ? 'collaboration' : 'autonomy';
    const report = { mode, cost_micro_usd: micro * (this.#way.costs ?? 1), ...(model === undefined ? {} : { model }) };
    fold.advises = !quiet;
    fold.advice = null;
    const taken = fold.one('usage.recorded', usage(name, report, lateMs > 0 ? { occurred_at: fold.at - lateMs } : {}));
    this.#uses.push({ id: taken.id, micro });
    if (fold.advice !== null) this.told.push({ answers: 'use', at: fold.at, name, advice: fold.advice });
    this.#way.after?.(this);
  }

  #read(one: LifeStep & { step: 'read' }): void {
    const { fold } = this;
    const measuredAt = fold.at - one.lateMs;
    const windows = one.windows.map((i) => this.#percentOf(i, measuredAt, one));
    const read = command('quota.read', { windows }, { occurred_at: measuredAt });
    this.#take(read);
    const id = fold.events.at(-1)?.id;
    if (id !== undefined) this.#readings.push(id);
    if (!this.#way.repeatsReadings) return;
    this.#take(read);
    this.#take(command('quota.read', { windows }, { occurred_at: measuredAt - minutes(3) }));
  }

  /** What a source would show of a window: the hidden truth, with noise. */
  #percentOf(i: number, at: number, read: LifeStep & { step: 'read' }): object {
    const { key, lengthMs, models } = worldWindows[i] as (typeof worldWindows)[number];
    const begin = at - (at % lengthMs);
    const counted = this.#spent.filter(
      (use) =>
        use.at >= begin && use.at <= at && (models === undefined || models.some((word) => use.model?.includes(word))),
    );
    const spent =
      counted.reduce((sum, { micro }) => sum + micro / 1e6, 0) + (this.#life.outside * (at - begin)) / hours(1);
    const percent = read.wild ? read.wildPercent : (100 * spent) / (this.#life.budgets[i] ?? 1) + read.noise;
    const shown = Math.min(101, Math.max(0, read.earlyReset ? percent / 10 : percent));
    const end = begin + lengthMs + (read.earlyReset ? hours(2) : 0);
    return {
      key,
      percent_bp: read.rounded ? Math.round(shown) * 100 : Math.round(shown * 100),
      ...(read.withReset && end > at ? { resets_at: end } : {}),
      ...(key === 'week_opus' ? { duration_s: 604_800 } : {}),
    };
  }

  #correct(target: number, quarters: number): void {
    const use = this.#uses[target % this.#uses.length];
    if (use === undefined) return;
    const micro = Math.floor((use.micro * quarters) / 4);
    use.micro -= micro;
    const difference = { cost_micro_usd: -micro * (this.#way.costs ?? 1) };
    this.#take(command('usage.corrected', { corrects: use.id, difference, reason: 'made up' }));
  }

  #ask(name: string): void {
    const decision = this.fold.decide(command('agent.advised', { name }));
    if (!decision.accepted || decision.advice === undefined) return;
    this.told.push({ answers: 'ask', at: this.fold.at, name, advice: decision.advice });
    this.#take(command('agent.advised', { name }));
  }

  #setPolicy(choice: number, more: object = {}): void {
    const { costs = 1 } = this.#way;
    const { windows, ...change } = policies[choice % policies.length] as { windows?: WindowRule[] };
    const rules = windows?.map((rule) => {
      const { known_budget_micro_usd: budget, ...rest } = rule;
      return budget === undefined ? rest : { ...rest, known_budget_micro_usd: budget * costs };
    });
    const planMs = this.#way.planMs === undefined ? {} : { plan_ms: this.#way.planMs, plan_ms_large: this.#way.planMs };
    const prior = { wake_cost_micro_usd_prior: 500_000 * costs };
    const payload = { ...more, ...change, ...planMs, ...prior, ...(rules === undefined ? {} : { windows: rules }) };
    this.#take(command('policy.set', payload));
  }

  #weighted(given: object): object {
    const { weight = 1, ...rest } = given as { weight?: number };
    return { ...rest, weight: weight * (this.#way.weights ?? 1) };
  }

  #name = (who: number): string => names[who] as string;

  /** Takes a command unless the pool has a reason to refuse it. */
  #take(command: Command): void {
    if (!this.fold.decide(command).accepted) return;
    if (this.fold.take(command).length > 0) this.#way.after?.(this);
  }
}
