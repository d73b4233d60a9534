/**
 * The time that events are recorded at. It follows the wall clock, which a person, a server or a flat battery may set to anything,
 * as long as that agrees with the time that has passed by the machine's monotonic clock. A jump is not believed for a minute, and
 * not at all where it would put the log into the future or a month ahead: the time then goes on by what passes, and people decide.
 */
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';

/** Why the wall clock is not believed. Times are milliseconds UTC. */
export interface ClockDoubt {
  /** `behind`: events were recorded at later times already. `ahead`: nothing was recorded for very long. */
  readonly kind: 'behind' | 'ahead';
  /** What the wall clock says. */
  readonly wall: number;
  /** When the newest event was recorded. */
  readonly head: number;
}

/** The wall clock jumped, and is believed after all. */
export interface ClockJump {
  /** Milliseconds; below 0 where it went back. */
  readonly by: number;
  /** What the log's time was. */
  readonly from: number;
}

export class LogClock {
  readonly #wall: () => number;
  readonly #clock: Clock;
  readonly #newestHead: () => number;
  /** The time believed last, and when that was by the monotonic clock. */
  #believed = 0;
  #at = 0;
  /** How long the machine had slept by then. */
  #slept = 0;
  /** A jump that is not believed yet: by how much, and since when by the monotonic clock. */
  #jump: { readonly by: number; readonly since: number } | null = null;
  /** How far the log is ahead of the wall clock, and when that was by the monotonic clock. */
  #lead = 0;
  #leadAt = 0;
  #doubt: ClockDoubt | null = null;
  #jumps: ClockJump[] = [];

  /**
   * `wall` is the clock that counts, in milliseconds UTC: the machine's, or that of a server that many machines share.
   * `newestHead` gives when the newest event of any pool was recorded; 0 where there is none.
   */
  constructor(wall: () => number, clock: Clock, newestHead: () => number) {
    this.#wall = wall;
    this.#clock = clock;
    this.#newestHead = newestHead;
    this.#begin();
  }

  /** Milliseconds UTC. It goes back only where the wall clock went back behind no event. */
  now(): number {
    this.#look();
    const passed = this.#clock.elapsed() - this.#at;
    return Math.floor(this.#believed + passed + this.#leadNow());
  }

  /** Why nothing is to be recorded now; null where it may be. */
  get doubt(): ClockDoubt | null {
    this.#look();
    return this.#doubt;
  }

  /** Whether the wall clock jumped a moment ago, and is not believed yet. */
  get isUnconfirmed(): boolean {
    this.#look();
    return this.#jump !== null;
  }

  /** The jumps that were believed since this was last asked. */
  takeJumps(): readonly ClockJump[] {
    this.#look();
    const jumps = this.#jumps;
    this.#jumps = [];
    return jumps;
  }

  /** Somebody says that the wall clock is right. Gives the time that the log had, and the one it has from now on. */
  accept(): { readonly from: number; readonly to: number } {
    const from = Math.max(this.now(), this.#newestHead());
    const to = Math.floor(this.#wall());
    this.#believe(to, 0);
    return { from, to };
  }

  #begin(): void {
    const wall = this.#wall();
    const head = this.#newestHead();
    const doubt = doubtOf(wall, head);
    this.#believe(doubt === null ? wall : head, doubt === null ? head - wall : 0);
    if (doubt === null) return;
    // It was there before anybody looked: no minute has to pass.
    this.#jump = { by: wall - head, since: Number.NEGATIVE_INFINITY };
    this.#doubt = doubt;
  }

  #look(): void {
    const wall = this.#wall();
    const elapsed = this.#clock.elapsed();
    const by = wall - (this.#believed + elapsed - this.#at);
    if (Math.abs(by) <= limits.clockJumpMs) this.#agree(wall, elapsed);
    else if (this.#jump === null || Math.abs(by - this.#jump.by) > limits.clockJumpMs)
      this.#noteJump(by, wall, elapsed);
    else if (elapsed - this.#jump.since >= limits.clockConfirmMs) this.#judge(by, wall);
  }

  /** Small differences are what a time server corrects all day. */
  #agree(wall: number, elapsed: number): void {
    this.#believed = wall;
    this.#at = elapsed;
    this.#jump = null;
    this.#doubt = null;
  }

  #noteJump(by: number, wall: number, elapsed: number): void {
    const slept = this.#clock.uptime() - elapsed - this.#slept;
    if (Math.abs(by - slept) <= limits.clockJumpMs) this.#believe(wall, this.#leadNow());
    else this.#jump = { by, since: elapsed };
  }

  #judge(by: number, wall: number): void {
    const head = this.#newestHead();
    const wasInDoubt = this.#doubt !== null;
    this.#doubt = doubtOf(wall, head);
    if (this.#doubt !== null) return;
    // People knew of a doubt already.
    if (!wasInDoubt) this.#jumps.push({ by, from: this.#believed + this.#clock.elapsed() - this.#at });
    this.#believe(wall, head - wall);
  }

  #believe(wall: number, lead: number): void {
    const elapsed = this.#clock.elapsed();
    this.#agree(wall, elapsed);
    this.#slept = this.#clock.uptime() - elapsed;
    this.#lead = Math.max(0, lead);
    this.#leadAt = elapsed;
  }

  /** A log that is ahead goes a tenth slower than the world, so that it is not ahead for ever. */
  #leadNow(): number {
    return Math.max(0, this.#lead - (this.#clock.elapsed() - this.#leadAt) / 10);
  }
}

/** An empty log cannot tell. */
function doubtOf(wall: number, head: number): ClockDoubt | null {
  if (head === 0) return null;
  if (head - wall > limits.clockBehindMsMax) return { kind: 'behind', wall, head };
  if (wall - head > limits.clockAheadMsMax) return { kind: 'ahead', wall, head };
  return null;
}
