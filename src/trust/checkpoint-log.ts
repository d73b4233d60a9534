/** A checkpoint that somebody else held, against the log as it is, from the hashes of its events alone. */
import type { Engine, PoolRecord } from '../engines/engine.js';
import { type Checkpoint, originOf } from './checkpoint.js';
import { TrustError } from './note.js';
import { isSame, rootOf } from './tree.js';
import { treeInMemory } from './tree-log.js';

/** The pool it is of. Throws a `TrustError` where the log is not the one that was signed, or has lost some of it. */
export async function requireLog(
  engine: Pick<Engine, 'eventAt' | 'readHashes'>,
  pools: readonly PoolRecord[],
  { origin, size, root, head }: Checkpoint,
): Promise<PoolRecord> {
  const record = pools.find(({ pool }) => pool === origin.slice(origin.lastIndexOf('/') + 1));
  const first = record === undefined ? null : await engine.eventAt(record.pool, 1);
  if (record === undefined || first === null || originOf(first.id, record.pool) !== origin)
    throw new TrustError('origin', `it is of ${origin}, which is another ledger or pool than any of this one`);
  const { pool, head: newest } = record;
  if (newest.seq < size)
    throw new TrustError(
      'size',
      `it is of ${size} events, and there are ${newest.seq}: ${size - newest.seq} are cut off`,
    );
  const last = await engine.eventAt(pool, size);
  if (head !== null && last?.hash !== head)
    throw new TrustError('head', `event ${size} is not the one that was signed: the log was rewritten`);
  const { size: read, nodes } = await treeInMemory(engine, pool, size);
  if (read !== size) throw new TrustError('size', `of ${size} events only ${read} can be read`);
  if (!isSame(await rootOf(nodes, size), root))
    throw new TrustError(
      'root',
      `the tree of the first ${size} events is not the one that was signed: one was changed`,
    );
  return record;
}
