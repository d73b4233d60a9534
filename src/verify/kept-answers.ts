/**
 * Each event that came of a keyed request, against the answer that is kept under its key: without it, the same request would
 * count again; with another one, it would be answered wrongly.
 */
import type { Engine, KeyedOutcome, PoolRecord } from '../engines/engine.js';
import { keptFault } from '../engines/kept-answer.js';
import { storedPages } from '../engines/stored-pages.js';
import type { StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import type { Faults } from './finding.js';

/** Asked for at once; the last ones are asked for with some twice, as the statement is always the same. */
const keysAtOnce = 250;

const sql = `SELECT key, digest, seq, answer FROM idempotency WHERE pool = ? AND key IN (${Array(keysAtOnce).fill('?').join(', ')})`;

interface Row {
  readonly key: string;
  readonly digest: Uint8Array;
  readonly seq: number | null;
  readonly answer: string;
}

/** Yields how many events were looked at; returns how many keys they have. */
export async function* checkKeptAnswers(
  engine: Engine,
  { pool, head }: Pick<PoolRecord, 'pool' | 'head'>,
  faults: Faults,
): AsyncGenerator<number, number> {
  let keys = 0;
  let lastKey: string | null = null;
  for await (const page of storedPages(engine, pool, 0, head.seq, limits.walkRowsPage)) {
    const keyed = new Map<string, StoredEvent[]>();
    for (const event of page) {
      if (event.key === null) continue;
      keyed.set(event.key, [...(keyed.get(event.key) ?? []), event]);
      if (event.key !== lastKey) keys += 1;
      lastKey = event.key;
    }
    const kept = await keptUnder(engine, pool, [...keyed.keys()]);
    for (const [key, events] of keyed) {
      const fault = await faultOf(engine, pool, kept.get(key), events);
      if (fault !== null) faults.add(`${pool}: the answer to the request of event ${events[0]?.seq} ${fault}`);
    }
    yield page.at(-1)?.seq ?? 0;
  }
  return keys;
}

async function faultOf(
  engine: Engine,
  pool: PoolId,
  kept: KeyedOutcome | undefined,
  events: readonly StoredEvent[],
): Promise<string | null> {
  if (kept === undefined) return 'is gone: sent again, it would count again';
  const own = keptFault(kept);
  if (own !== null) return own;
  if (events.some(({ seq }) => seq === kept.seq)) return null;
  // The events of one request may lie on two pages.
  const named = kept.seq === null ? null : await engine.eventAt(pool, kept.seq);
  return named?.key === kept.key ? null : 'names an event of another request';
}

async function keptUnder(engine: Engine, pool: PoolId, keys: readonly string[]): Promise<Map<string, KeyedOutcome>> {
  const kept = new Map<string, KeyedOutcome>();
  for (let from = 0; from < keys.length; from += keysAtOnce) {
    const some = keys.slice(from, from + keysAtOnce);
    const asked = [...some, ...Array<string>(keysAtOnce - some.length).fill(some[0] as string)];
    for (const row of await engine.query<Row>(sql, [pool, ...asked])) {
      kept.set(row.key, { ...row, digest: Buffer.from(row.digest).toString('hex') });
    }
  }
  return kept;
}
