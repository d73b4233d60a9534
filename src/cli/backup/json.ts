/** A backup as `--json` prints it. */
import type { Backup } from '../../backup/backup-folder.js';
import { eventsIn, filesOf } from '../../backup/manifest.js';

export function backupJson({ id, manifest, verified }: Backup) {
  if (manifest === null) return { id, damaged: true };
  const { kind, ledger, version, created_at, packing, encrypted, pools, machine } = manifest;
  return {
    id,
    damaged: false,
    kind,
    ledger,
    version,
    created_at,
    packing,
    encrypted,
    machine: machine !== null,
    events: eventsIn(manifest),
    pools: pools.map(({ pool, seq, head, checkpoint }) => ({ pool, seq, head, checkpoint: checkpoint !== null })),
    files: filesOf(manifest).length,
    bytes: filesOf(manifest).reduce((sum, file) => sum + file.bytes, 0),
    verified_at: verified?.verified_at ?? null,
  };
}
