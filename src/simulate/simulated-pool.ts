/**
 * The product's own controller in a simulated world: whatever an agent or the provider does becomes a command, is decided,
 * answered and folded as in the ledger, and the agent hears what it would have heard.
 */

import type { TurnId } from '../events/catalogue/turn.js';
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

/** Longer than any run of a world. */
const turnSeconds = 86_400;

interface OpenTurn {
  readonly turn: TurnId;
  readonly token: number;
}

export class SimulatedPool implements Controller {
  readonly intervalSecondsInitial: number;
  readonly recheckSeconds: number;
  readonly #pool = new MemoryPool('world' as PoolId);
  readonly #policy: PolicyChanges & { readonly windows: WindowRule[] };
  /** By the names that the world gave them. */
  readonly #turns = new Map<string, OpenTurn>();
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

  register(at: number, member: MemberReport): void {
    const { name, weight, multiplier, model, collaborativePref, group, groupWeight } = member;
    const type = findIdentity(this.state, name) === undefined ? 'identity.registered' : 'identity.changed';
    const attributes = { weight, cost_multiplier: multiplier, model, collaborative_pref: collaborativePref };
    const owner = group === undefined ? {} : { group, group_weight: groupWeight };
    this.#take(at, { type, payload: { name: name as IdentityName, ...attributes, ...owner } });
  }

  pause(at: number, name: string, until: number): void {
    this.#take(at, { type: 'agent.paused', payload: { name: name as IdentityName, until: until as EpochMs } });
  }

  retire(at: number, name: string): void {
    this.#take(at, { type: 'identity.retired', payload: { name: name as IdentityName } });
  }

  report(at: number, use: UseReport): number {
    return intervalIn(this.#take(at, this.#commandOf(use), use.occurredAt));
  }

  record(at: number, use: UseReport): void {
    this.#take(at, this.#commandOf(use), use.occurredAt, false);
  }

  beginTurn(at: number, name: string, turn: string): void {
    const payload = { name: name as IdentityName, ttl_s: turnSeconds, instance: { host: turn } };
    const { events } = this.#take(at, { type: 'turn.granted', payload });
    const granted = events.find((event) => event.type === 'turn.granted');
    if (granted === undefined) throw new Error(`${turn} was not granted`);
    this.#turns.set(turn, granted.payload);
  }

  endTurn(at: number, turn: string): void {
    const { turn: id, token } = this.#turns.get(turn) as OpenTurn;
    this.#turns.delete(turn);
    this.#take(at, { type: 'turn.released', payload: { turn: id, token } });
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

  #commandOf({ name, mode, costMicroUsd, model, turn }: UseReport): CommandBody {
    const use = { name: name as IdentityName, mode, cost_micro_usd: costMicroUsd as MicroUsd, model };
    const payload = turn === undefined ? use : { ...use, turn: this.#turns.get(turn)?.turn };
    return { type: 'usage.recorded', payload };
  }

  #take(at: number, body: CommandBody, occurredAt?: number, isAnswered = true): CommandResult {
    if (!this.#hasPolicy) {
      this.#hasPolicy = true;
      this.#take(at, { type: 'policy.set', payload: this.#policy });
    }
    const origin = { actor: 'world', source: 'simulation/1', occurredAt: occurredAt as EpochMs | undefined };
    return this.#pool.take({ ...body, ...origin }, at as EpochMs, isAnswered);
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
