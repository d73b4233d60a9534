/**
 * The rate at which a window is being used now: sums that decay with a tenth of its length as half-life. "Run-out" in
 * docs/concepts/fair-share.md.
 */
import { squareGrown } from './filter.js';
import { type Burn, hourMs, type Window } from './state.js';

export const noBurn = (): Burn => ({ cost: 0, costSquared: 0, costSquaredTwice: 0, hours: 0, at: 0 });

export const burnHalfLifeHours = (window: Pick<Window, 'lengthMs'>): number => window.lengthMs / hourMs / 10;

export function noteBurn(window: Window, at: number, cost: number, before = 0): void {
  const { burn } = window;
  decay(window, burn, at);
  burn.cost += cost;
  burn.costSquared += squareGrown(before, cost);
  burn.costSquaredTwice += squareGrown(before, cost);
}

/** Takes back cost, or adds to it, by as much as what occurred then still weighs. */
export function correctBurn(window: Window, occurredAt: number, cost: number): void {
  const { burn } = window;
  const hours = Math.max(0, burn.at - occurredAt) / hourMs;
  burn.cost = Math.max(0, burn.cost + cost * 2 ** (-hours / burnHalfLifeHours(window)));
}

/** The sums decayed to a time. Time counts from the first use on. */
export function burnAt(window: Pick<Window, 'lengthMs' | 'burn'>, at: number): Burn {
  const burn = { ...window.burn };
  decay(window, burn, at);
  return burn;
}

function decay(window: Pick<Window, 'lengthMs'>, burn: Burn, at: number): void {
  if (burn.at !== 0 && at > burn.at) {
    const rate = Math.LN2 / burnHalfLifeHours(window);
    const kept = Math.exp((-(at - burn.at) / hourMs) * rate);
    burn.cost *= kept;
    burn.costSquared *= kept;
    burn.costSquaredTwice *= kept * kept;
    burn.hours = burn.hours * kept + (1 - kept) / rate;
  }
  burn.at = Math.max(at, burn.at);
}
