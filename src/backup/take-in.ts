/** The events of a backup, taken into a ledger: their chain is verified, and what comes of it compared with the manifest. */
import { Importer } from '../ledger/import.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import { countText } from '../text/number.js';
import { requireLog } from '../trust/checkpoint-log.js';
import { checkpointIn } from '../trust/key-folder.js';
import { TrustError } from '../trust/note.js';
import type { BackupObserver } from './create.js';
import { eventsIn, type Manifest } from './manifest.js';
import type { OpenedBackup } from './unpack.js';

/** Behind what the ledger holds already. Gives how many there were. */
export async function takeIn(
  ledger: Ledger,
  backup: OpenedBackup,
  { signal, onProgress }: BackupObserver,
): Promise<number> {
  const { manifest } = backup;
  const total = eventsIn(manifest);
  let done = 0;
  let taken = 0;
  for (const { pool, seq } of manifest.pools) {
    // In this order, as their numbers are in the ids of rows.
    await ledger.addEmptyPool(pool);
    const { seq: after } = await ledger.head(pool);
    done += after;
    const lines = async function* () {
      for await (const some of backup.lines(pool, after)) {
        signal?.throwIfAborted();
        yield some;
        done += some.length;
        onProgress?.({ phase: 'taking in', unit: 'events', done, total });
      }
    };
    if (after < seq) taken += (await new Importer(ledger, pool).run(lines())).events;
  }
  return taken;
}

/** Throws a `Problem` where the logs do not end as the manifest says, or are not those that were signed. */
export async function requireHeads(ledger: Ledger, { pools, id }: Manifest): Promise<void> {
  for (const { pool, seq, head, checkpoint } of pools) {
    const found = await ledger.head(pool);
    if (found.seq !== seq || (seq > 0 && found.hash !== head)) {
      const what = `ends at event ${countText(found.seq)}, ${found.hash.slice(0, 16)}…`;
      throw new Problem(
        'backup_damaged',
        `the log of ${pool} ${what}, and the backup ${id} says ${countText(seq)}, ${head.slice(0, 16)}…`,
      );
    }
    const signed = checkpoint === null ? null : checkpointIn(checkpoint);
    if (signed === null) continue;
    await requireLog(ledger.treeStore, await ledger.treeStore.pools(), signed).catch((error) => {
      if (!(error instanceof TrustError)) throw error;
      throw new Problem('backup_damaged', `the log of ${pool} is not the one that was signed: ${error.message}`);
    });
  }
}
