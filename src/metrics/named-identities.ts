/**
 * Which identities have figures of their own. Each name is a series of its own for whoever stores them, so that there are so many at most;
 * all others are `other`. Who has a name keeps it as long as the process runs: a counter would otherwise go back.
 */
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';

export const otherName = 'other';

export class NamedIdentities {
  readonly #named = new Set<string>();

  /** Gives names to as many as may have one, the first ones first. */
  admit(pool: PoolId, names: Iterable<string>): void {
    for (const name of names) {
      if (this.#named.size >= limits.metricIdentitiesMax) return;
      this.#named.add(keyOf(pool, name));
    }
  }

  labelOf(pool: PoolId, name: string): string {
    return this.#named.has(keyOf(pool, name)) ? name : otherName;
  }
}

const keyOf = (pool: PoolId, name: string): string => `${pool}\n${name}`;
