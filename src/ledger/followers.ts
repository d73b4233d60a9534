/**
 * Whoever follows the logs hangs on the stream of commits here: live feeds, the outbox, and what else looks at what is new. A note says
 * how far the log of a pool has reached, and nothing of what is in it: a follower reads from where it is, as fast as it can, and what
 * waits for it meanwhile is the newest note of each pool. So one that is slow costs nothing, loses nothing, and gets nothing twice.
 */
import { filter, finalize, groupBy, map, mergeMap, type Observable, share, throttleTime } from 'rxjs';
import type { PoolId } from '../events/scalars.js';
import type { Committed } from './group-commit.js';

export class Followers {
  readonly #committed$: Observable<Committed>;
  /** Those that somebody follows. */
  readonly #heads = new Map<PoolId, Observable<number>>();

  /** What follows ends with the commits. */
  constructor(committed$: Observable<Committed>) {
    this.#committed$ = committed$.pipe(share());
  }

  /** How far the log of a pool has reached, each time it grew. Of all that follow a pool, one looks which notes are of it. */
  headsOf(pool: PoolId): Observable<number> {
    const known = this.#heads.get(pool);
    if (known !== undefined) return known;
    const heads$ = this.#committed$.pipe(
      filter((committed) => committed.pool === pool),
      map(({ head }) => head),
      finalize(() => this.#heads.delete(pool)),
      share(),
    );
    this.#heads.set(pool, heads$);
    return heads$;
  }

  /** How far logs have reached: of each pool at once, and then the newest note of each time of so long, where there is one. */
  grown(everyMs: number): Observable<Committed> {
    const seldom = { leading: true, trailing: true };
    return this.#committed$.pipe(
      groupBy(({ pool }) => pool),
      mergeMap((ofPool$) => ofPool$.pipe(throttleTime(everyMs, undefined, seldom))),
    );
  }
}
