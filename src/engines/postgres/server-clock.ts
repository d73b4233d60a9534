/**
 * The clock of the server, which counts for all nodes: what it said last, and the time that passed since. An answer took its
 * time, so it only says between which bounds the server's clock is, and the difference to it moves no more than it must.
 */
import type { Clock } from '../../runtime/clock.js';

/** The server's time as a column, in milliseconds UTC. */
export const serverTimeSql = 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS server_time';

export class ServerClock {
  readonly #clock: Clock;
  /** What is to be added to the monotonic clock; null before the first answer. */
  #difference: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds UTC. Before the server has said it, the machine's. */
  now(): number {
    return this.#difference === null ? this.#clock.now() : Math.floor(this.#difference + this.#clock.elapsed());
  }

  /** Asks something whose rows hold the server's time. */
  async ask<R extends { readonly server_time: number }>(query: () => Promise<readonly R[]>): Promise<readonly R[]> {
    const sentAt = this.#clock.elapsed();
    const rows = await query();
    const [row] = rows;
    if (row === undefined) return rows;
    const [least, most] = [row.server_time - this.#clock.elapsed(), row.server_time - sentAt];
    this.#difference = Math.min(Math.max(this.#difference ?? least, least), most);
    return rows;
  }
}
