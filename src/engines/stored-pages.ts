/** Reading a stretch of the log page by page, a page ahead of whoever takes them. */
import type { StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import type { Engine } from './engine.js';

/** Events as stored, in order. */
export async function* storedPages(
  engine: Engine,
  pool: PoolId,
  after: number,
  upTo: number,
  limit: number,
): AsyncGenerator<readonly StoredEvent[]> {
  const read = (last: number) => engine.readEvents(pool, { after: last, upTo, limit });
  let ahead = read(after);
  for (;;) {
    const page = await ahead;
    const last = page.at(-1);
    if (last === undefined) return;
    ahead = read(last.seq);
    ahead.catch(() => undefined);
    yield page;
  }
}
