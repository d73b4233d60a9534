/**
 * The product in a simulated world: a pool without storage, which decides, folds and answers as a ledger does. Besides,
 * it notes what its filter makes of each reading, for a chart.
 */
import type { Command, CommandOf } from '../../events/command.js';
import { MemoryPool } from '../../events/memory-pool.js';
import type { EpochMs, IdentityName, MicroUsd, PoolId } from '../../events/scalars.js';
import { defaultPolicy, type WindowRule } from '../../fairness/policy.js';
import type {
  Controller,
  MemberReport,
  ReadingReport,
  UseReport,
  WindowDefinition,
} from '../../fairness/simulate/controller.js';
import { viewWindow } from '../../fairness/window-view.js';
import type { PolicyChange } from '../policy-input.js';

/** What the controller thought of a window after a reading, in percent. */
export interface Estimate {
  readonly at: number;
  readonly key: string;
  readonly percent: number;
  readonly deviation: number;
}

type Body = { [T in Command['type']]: Pick<CommandOf<T>, 'type' | 'payload'> }[Command['type']];

export class ProductController implements Controller {
  readonly intervalSecondsInitial: number;
  readonly recheckSeconds: number;
  readonly #pool = new MemoryPool('simulated' as PoolId);
  readonly #policy: PolicyChange;
  readonly #note: (estimate: Estimate) => void;
  #begun = false;

  /** Windows of the policy take the place of those of the world. */
  constructor(
    windows: readonly WindowDefinition[],
    change: PolicyChange = {},
    note: (estimate: Estimate) => void = () => {},
  ) {
    this.#policy = { windows: windows.map(ruleOf), ...change };
    this.#note = note;
    this.intervalSecondsInitial = change.interval_s_base ?? defaultPolicy.interval_s_base;
    this.recheckSeconds = change.recheck_s ?? defaultPolicy.recheck_s;
  }

  register(at: number, { name, weight, multiplier, model, collaborativePref }: MemberReport): void {
    const identity = this.#pool.state.identities.get(name.toLowerCase());
    const payload = {
      name: name as IdentityName,
      weight,
      cost_multiplier: multiplier,
      model,
      collaborative_pref: collaborativePref,
    };
    if (identity === undefined) return this.#take(at, { type: 'identity.registered', payload });
    if (identity.retiredAt !== null) this.#take(at, { type: 'identity.reinstated', payload: { name: payload.name } });
    this.#take(at, { type: 'identity.changed', payload });
  }

  pause(at: number, name: string, until: number): void {
    this.#take(at, { type: 'agent.paused', payload: { name: name as IdentityName, until: until as EpochMs } });
  }

  retire(at: number, name: string): void {
    this.#take(at, { type: 'identity.retired', payload: { name: name as IdentityName } });
  }

  report(at: number, { name, mode, costMicroUsd, model, occurredAt }: UseReport): number {
    const payload = { name: name as IdentityName, mode, model, cost_micro_usd: costMicroUsd as MicroUsd };
    const { advice } = this.#ask(at, { type: 'usage.recorded', payload }, occurredAt);
    return advice?.interval_s ?? this.intervalSecondsInitial;
  }

  read(at: number, { measuredAt, windows }: ReadingReport): void {
    const read = windows.map(({ key, percentBp, resetsAt }) => ({
      key,
      percent_bp: percentBp,
      resets_at: resetsAt === null ? undefined : (resetsAt as EpochMs),
    }));
    this.#take(at, { type: 'quota.read', payload: { windows: read } }, measuredAt);
    const { fair } = this.#pool.state;
    for (const window of fair.windows.values()) {
      if (window.lastRead === null) continue;
      const { key, percent, deviation } = viewWindow(fair, window, at);
      this.#note({ at, key, percent, deviation });
    }
  }

  recheck(at: number, name: string): number | null {
    const { events, advice } = this.#ask(at, { type: 'agent.advised', payload: { name: name as IdentityName } });
    return events.length > 0 ? (advice?.interval_s ?? null) : null;
  }

  #take(at: number, body: Body, occurredAt?: number): void {
    this.#ask(at, body, occurredAt);
  }

  #ask(at: number, body: Body, occurredAt?: number) {
    if (!this.#begun) {
      this.#begun = true;
      this.#pool.take(commandOf({ type: 'policy.set', payload: this.#policy }), at as EpochMs);
    }
    return this.#pool.take(commandOf(body, occurredAt), at as EpochMs);
  }
}

function commandOf(body: Body, occurredAt?: number): Command {
  return { ...body, occurredAt: occurredAt as EpochMs | undefined, actor: 'local', source: 'simulate/1' } as Command;
}

function ruleOf({ key, seconds, anchor, models, knownBudgetMicroUsd }: WindowDefinition): WindowRule {
  return {
    key,
    length_s: seconds,
    anchor,
    ...(models === undefined ? {} : { models: [...models] }),
    ...(knownBudgetMicroUsd === undefined ? {} : { known_budget_micro_usd: knownBudgetMicroUsd }),
  };
}
