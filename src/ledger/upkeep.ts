/** What has to happen in the pools although nobody from outside asks for it: jobs, and a daemon that starts, call this. */
import { type Engine, type Loss, lossText } from '../engines/engine.js';
import type { Command } from '../events/command.js';
import { lapsedCount } from '../events/decide/lapse.js';
import type { PoolId } from '../events/scalars.js';
import { Problem } from '../problems.js';
import type { ClockGuard } from './clock-guard.js';
import type { Outcome } from './outcome.js';
import { adoptMethod, expireTurns, forgetLapsed, lossAlert } from './own-commands.js';
import type { PoolLedger } from './pool-ledger.js';
import type { Pools } from './pools.js';

type SubmitOne = (pool: PoolId, command: Command) => Promise<Outcome>;

export class Upkeep {
  readonly #engine: Engine;
  readonly #pools: Pools;
  readonly #guard: ClockGuard;
  readonly #submitOne: SubmitOne;

  /** `submitOne` is that of the ledger, which refuses while the clock is in doubt. */
  constructor(engine: Engine, pools: Pools, guard: ClockGuard, submitOne: SubmitOne) {
    this.#engine = engine;
    this.#pools = pools;
    this.#guard = guard;
    this.#submitOne = submitOne;
  }

  /** As `Ledger.tellLosses`. */
  async tellLosses(): Promise<void> {
    const losses = await this.#engine.losses();
    if (losses.length === 0) return;
    const told = new Map<PoolLedger, Loss[]>();
    for (const loss of losses) {
      if (await this.#isBack(loss)) continue;
      const written = [...this.#pools].filter(({ state }) => state.seq > 0);
      const teller = written.find(({ pool }) => pool === loss.expected?.pool) ?? written[0];
      if (teller === undefined) return;
      told.set(teller, [...(told.get(teller) ?? []), loss]);
    }
    for (const [pool, lost] of told) await pool.submitOne(lossAlert(`${lossText(lost)}: started without what is lost`));
    await this.#engine.lossesTold();
  }

  async #isBack({ expected }: Loss): Promise<boolean> {
    const pool = expected === null ? undefined : this.#pools.find(expected.pool);
    if (expected === null || pool === undefined) return false;
    return (await this.#engine.eventAt(pool.pool, expected.seq))?.hash === expected.hash;
  }

  /** As `Ledger.adoptMethod`. */
  async adoptMethod(): Promise<void> {
    for (const { pool, state } of this.#pools) {
      if (this.#guard.isUnconfirmed) return;
      if (state.seq === 0 || state.fair.policy.method_version !== undefined) continue;
      const outcome = await this.#submitOne(pool, adoptMethod);
      if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
    }
  }

  /** As `Ledger.expireTurns`. */
  async expireTurns(): Promise<number> {
    let expired = 0;
    for (const pool of this.#pools) {
      for (let due = this.#dueIn(pool); due; due = this.#dueIn(pool)) {
        const before = pool.state.turns.size;
        const outcome = await pool.submitOne(expireTurns);
        if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
        expired += Math.max(0, before - pool.state.turns.size);
      }
    }
    return expired;
  }

  #dueIn(pool: PoolLedger): boolean {
    const { turnsDueAt } = pool.state;
    return turnsDueAt !== null && turnsDueAt <= this.#guard.now();
  }

  /** As `Ledger.forgetLapsed`. */
  async forgetLapsed(): Promise<number> {
    let forgotten = 0;
    if (this.#guard.isUnconfirmed) return forgotten;
    for (const pool of this.#pools) {
      const found = lapsedCount(pool.state, this.#guard.now());
      if (found > 0) await pool.submit({ commands: forgetLapsed });
      forgotten += found;
    }
    return forgotten;
  }
}
