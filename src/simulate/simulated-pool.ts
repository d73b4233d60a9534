/**
 * The product's own controller in a simulated world: whatever an agent or the provider does becomes a command, is decided,
 * answered and folded as in the ledger, and the agent hears what it would have heard.
 */

import type { CommandBody } from '../events/catalogue.js';
import { findIdentity } from '../events/identities.js';
import type { EpochMs, IdentityName, MicroUsd, PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { defaultPolicy, type PolicyParameters, type WindowRule } from '../fairness/policy.js';
import type {
  Controller,
  MakeController,
  MemberReport,
  ReadingReport,
  UseReport,
  WindowDefinition,
} from './controller.js';
import { type CommandResult, MemoryPool } from './memory-pool.js';

/** Parameters that are to differ from those of a daemon's pool. The windows are those of the world. */
export type PolicyChanges = Partial<Omit<PolicyParameters, 'windows'>>;

/** Makes a controller for one run, as `simulate` asks for it. */
export const simulatedPool =
  (changes: PolicyChanges = {}): MakeController =>
  (windows) =>
    new SimulatedPool(windows, changes);

export class SimulatedPool implements Controller {
  readonly intervalSecondsInitial: number;
  readonly recheckSeconds: number;
  readonly #pool = new MemoryPool('world' as PoolId);
  readonly #policy: PolicyChanges & { readonly windows: WindowRule[] };
  #hasPolicy = false;

  constructor(windows: readonly WindowDefinition[], changes: PolicyChanges = {}) {
    this.#policy = { method_version: 2, ...changes, windows: windows.map(ruleOf) };
    const { interval_s_base: base, recheck_s: recheck } = { ...defaultPolicy, ...changes };
    this.intervalSecondsInitial = base;
    this.recheckSeconds = recheck;
  }

  /** What the controller knows, for whoever wants to look at it during a run. */
  get state(): PoolState {
    return this.#pool.state;
  }

  register(at: number, { name, weight, multiplier, model, collaborativePref }: MemberReport): void {
    const type = findIdentity(this.state, name) === undefined ? 'identity.registered' : 'identity.changed';
    const attributes = { weight, cost_multiplier: multiplier, model, collaborative_pref: collaborativePref };
    this.#take(at, { type, payload: { name: name as IdentityName, ...attributes } });
  }

  pause(at: number, name: string, until: number): void {
    this.#take(at, { type: 'agent.paused', payload: { name: name as IdentityName, until: until as EpochMs } });
  }

  retire(at: number, name: string): void {
    this.#take(at, { type: 'identity.retired', payload: { name: name as IdentityName } });
  }

  report(at: number, { name, mode, costMicroUsd, model, occurredAt }: UseReport): number {
    const payload = { name: name as IdentityName, mode, cost_micro_usd: costMicroUsd as MicroUsd, model };
    return intervalIn(this.#take(at, { type: 'usage.recorded', payload }, occurredAt));
  }

  read(at: number, { measuredAt, windows }: ReadingReport): void {
    const read = windows.map(({ key, percentBp, resetsAt }) => ({
      key,
      percent_bp: percentBp,
      ...(resetsAt === null ? {} : { resets_at: resetsAt as EpochMs }),
    }));
    this.#take(at, { type: 'quota.read', payload: { windows: read } }, measuredAt);
  }

  recheck(at: number, name: string): number | null {
    const taken = this.#take(at, { type: 'agent.advised', payload: { name: name as IdentityName } });
    return taken.events.length === 0 ? null : intervalIn(taken);
  }

  #take(at: number, body: CommandBody, occurredAt?: number): CommandResult {
    if (!this.#hasPolicy) {
      this.#hasPolicy = true;
      this.#take(at, { type: 'policy.set', payload: this.#policy });
    }
    const origin = { actor: 'world', source: 'simulation/1', occurredAt: occurredAt as EpochMs | undefined };
    return this.#pool.take({ ...body, ...origin }, at as EpochMs);
  }
}

function intervalIn({ advice }: CommandResult): number {
  if (advice === undefined) throw new Error('an agent was not answered');
  return advice.interval_s;
}

function ruleOf({ key, seconds, anchor, models, knownBudgetMicroUsd: budget }: WindowDefinition): WindowRule {
  return {
    key,
    length_s: seconds,
    anchor,
    ...(models === undefined ? {} : { models: [...models] }),
    ...(budget === undefined ? {} : { known_budget_micro_usd: budget }),
  };
}
