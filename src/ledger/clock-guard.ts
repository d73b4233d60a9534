/** The clock of one database's logs: which time events are recorded at, and what people and logs are told where it is doubted. */
import type { Engine } from '../engines/engine.js';
import type { EpochMs } from '../events/scalars.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import { type ClockCorrection, clockAlerts } from './clock-alerts.js';
import { type ClockDoubt, type ClockJump, LogClock } from './log-clock.js';
import type { Pools } from './pools.js';

export class ClockGuard {
  readonly #wall: () => number;
  readonly #clock: Clock;
  readonly #pools: Pools;
  #logClock: LogClock;

  /** `clock` is one to be believed instead of the engine's: only tests and made data have it. */
  constructor(engine: Engine, clock: Clock | undefined, pools: Pools) {
    this.#wall = clock === undefined ? () => engine.wall() : () => clock.now();
    this.#clock = clock ?? systemClock;
    this.#pools = pools;
    this.#logClock = this.#startClock();
  }

  #startClock(): LogClock {
    return new LogClock(this.#wall, this.#clock, () => this.#pools.newestHead());
  }

  /** Looks at the wall clock for the first time since the pools are open. */
  restart(): void {
    this.#logClock = this.#startClock();
  }

  /** As `Ledger.now`. */
  now(): number {
    return this.#logClock.now();
  }

  /** As `Ledger.clockDoubt`. */
  get doubt(): ClockDoubt | null {
    return this.#logClock.doubt;
  }

  /** As `Ledger.clockIsUnconfirmed`. */
  get isUnconfirmed(): boolean {
    return this.#logClock.isUnconfirmed;
  }

  /** As `Ledger.acceptClock`. */
  async accept(reason?: string): Promise<ClockCorrection | null> {
    if (!this.isUnconfirmed) return null;
    const { from, to } = this.#logClock.accept();
    const pools = [...this.#pools];
    const ahead = pools.filter(({ state }) => state.at > to);
    const newest = pools.filter(({ state }) => state.seq > 0).sort((a, b) => b.state.at - a.state.at)[0];
    for (const pool of ahead.length === 0 && newest !== undefined ? [newest] : ahead) {
      await pool.correctClock({ from: Math.max(from, pool.state.at) as EpochMs, to: to as EpochMs, reason });
    }
    await this.watch();
    return { from, to };
  }

  /** As `Ledger.watchClock`. */
  async watch(): Promise<readonly ClockJump[]> {
    const { doubt } = this.#logClock;
    const jumps = this.#logClock.takeJumps();
    for (const pool of this.#pools) {
      for (const command of clockAlerts(pool.state.alerts, doubt, jumps, this.now())) await pool.submitOne(command);
    }
    return jumps;
  }
}
