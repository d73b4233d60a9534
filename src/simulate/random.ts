/** Repeatable random numbers: the same text gives the same numbers, another text gives unrelated ones. */
import { hashOf, mixed } from '../fairness/hash.js';

export class Random {
  readonly #state: Uint32Array;

  constructor(seed: string) {
    let hash = hashOf(seed);
    this.#state = Uint32Array.from({ length: 4 }, () => {
      hash = (hash + 0x9e37_79b9) | 0;
      return mixed(hash);
    });
  }

  /** In [from, until); xoshiro128** with 32 bits of resolution. */
  uniform(from = 0, until = 1): number {
    return from + (until - from) * (this.#next() / 0x1_0000_0000);
  }

  /** Mean 0, standard deviation 1 (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** `variation` is the standard deviation as a fraction of the mean. */
  lognormal(mean: number, variation: number): number {
    const variance = Math.log(1 + variation * variation);
    return mean * Math.exp(Math.sqrt(variance) * this.normal() - variance / 2);
  }

  #next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const crossed = d ^ b;
    const folded = c ^ a;
    this.#state.set([a ^ crossed, b ^ folded, folded ^ (b << 9), rotated(crossed, 11)]);
    return result;
  }
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
