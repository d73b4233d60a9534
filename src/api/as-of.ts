/** Questions about the past: which seq is meant, and what a name stood for then. */
import type { FastifyReply } from 'fastify';
import { findIdentity, findOwner } from '../events/identities.js';
import { foldName, type PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { instantOf, type Moment } from './query.js';

export interface AsOf {
  readonly as_of_seq?: number | undefined;
  readonly as_of?: Moment | undefined;
}

/** The seq asked for; undefined for now. Throws `seq_beyond_head`. */
export async function seqFromQuery(
  ledger: Ledger,
  pool: PoolId,
  { as_of_seq: seq, as_of: moment }: AsOf,
): Promise<number | undefined> {
  if (seq !== undefined && moment !== undefined) {
    throw new Problem('request_invalid', 'as_of and as_of_seq exclude each other', [
      { field: 'as_of', message: 'stands beside as_of_seq: send one' },
    ]);
  }
  if (moment !== undefined) {
    const at = instantOf(moment, ledger.state(pool).timeZone);
    if (at > ledger.now()) throw new Problem('seq_beyond_head', 'as_of lies in the future');
    return ledger.seqAt(pool, at);
  }
  if (seq === undefined) return undefined;
  const head = await ledger.head(pool);
  if (seq > head.seq) throw new Problem('seq_beyond_head', `the log of ${pool} ends at ${head.seq}`);
  return seq;
}

/** Aborted when whoever asked goes away before the answer is sent. */
export function whenGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const leave = () => {
    if (!raw.writableFinished)
      gone.abort(new Problem('request_invalid', 'the connection was closed before the answer'));
  };
  if (raw.destroyed) leave();
  else raw.once('close', leave);
  return gone.signal;
}

/** The name whose rows a table held: aliases lead to their owner, and merges are followed up to `seq`. */
export async function nameAsOf(ledger: Ledger, pool: PoolId, name: string, seq: number | undefined): Promise<string> {
  const state = ledger.state(pool);
  if (seq === undefined) return findIdentity(state, name)?.name ?? name;
  let found: string = findOwner(state, name)?.name ?? name;
  for (const { from, into } of await mergesUpTo(ledger, pool, seq)) {
    if (foldName(from) === foldName(found)) found = into;
  }
  return found;
}

async function mergesUpTo(ledger: Ledger, pool: PoolId, seq: number): Promise<{ from: string; into: string }[]> {
  const merges: { from: string; into: string }[] = [];
  for (let after = 0; ; ) {
    const page = { after, upTo: seq, types: ['identity.merged'], limit: limits.scanRowsPage };
    const events = await ledger.readEvents(pool, page);
    for (const event of events) if (event.type === 'identity.merged') merges.push(event.payload);
    const last = events.at(-1);
    if (last === undefined || events.length < limits.scanRowsPage) return merges;
    after = last.seq;
  }
}
