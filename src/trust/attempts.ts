/** How often keys were refused: from one address no more than so many a second are looked at, so that nobody tries them through. */
import { limits } from '../limits.js';

/** Refusals of one address within a second. */
const refusalsMax = 10;
const perMs = 1_000;
/** Addresses that are remembered; the oldest is forgotten first. */
const addressesMax = 10_000;
const alertMs = 60_000;
/** Addresses that are told one by one. */
const untoldMax = limits.auditAddressesMax;

/** Null: of all other addresses. */
export interface RefusedFrom {
  readonly address: string | null;
  readonly count: number;
}

interface Refusals {
  since: number;
  count: number;
}

export class Attempts {
  readonly #elapsed: () => number;
  readonly #of = new Map<string, Refusals>();
  /** By address; those beyond the first ones under null. */
  readonly #untold = new Map<string | null, number>();
  #refused = 0;
  #limited = 0;
  #told = Number.NEGATIVE_INFINITY;

  /** `elapsed` in milliseconds that never go back. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Keys that were refused since this process began. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether so many of an address were refused within this second that no more are looked at. */
  isLimited(address: string): boolean {
    const known = this.#of.get(address);
    return known !== undefined && this.#elapsed() - known.since < perMs && known.count >= refusalsMax;
  }

  /** Counts one. True where the address has had so many within this second that it has to wait. */
  note(address: string): boolean {
    this.#refused += 1;
    const teller = this.#untold.has(address) || this.#untold.size < untoldMax ? address : null;
    this.#untold.set(teller, (this.#untold.get(teller) ?? 0) + 1);
    const now = this.#elapsed();
    const known = this.#of.get(address);
    if (known === undefined || now - known.since >= perMs) {
      this.#of.delete(address);
      this.#of.set(address, { since: now, count: 1 });
      if (this.#of.size > addressesMax) this.#of.delete(this.#of.keys().next().value as string);
      return false;
    }
    known.count += 1;
    if (known.count <= refusalsMax) return false;
    this.#limited += 1;
    return true;
  }

  /** What was refused since this was asked last, by address. */
  takeRefused(): readonly RefusedFrom[] {
    const taken = [...this.#untold].map(([address, count]) => ({ address, count }));
    this.#untold.clear();
    return taken;
  }

  /** How many had to wait, where that is to be told: once a minute at most; else 0. */
  toTell(): number {
    const now = this.#elapsed();
    if (this.#limited === 0 || now - this.#told < alertMs) return 0;
    const limited = this.#limited;
    this.#limited = 0;
    this.#told = now;
    return limited;
  }
}
