/** The data directory: whose it is, what it lies on, and whether there is room. */
import { chmodSync, existsSync, statfsSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { folderFault, looseFiles } from '../../../engines/data-folder.js';
import { fractionText } from '../../../text/percent.js';
import { type Check, fault, ok, type Surroundings, skipped, warning } from '../check.js';

const onServer = skipped('A PostgreSQL server has the ledger.');
const none = skipped('There is no data directory yet.');

/** Root looks for the account of the daemon, as of a service that has one of its own; anybody else for oneself. */
function accountOf(writer: Surroundings['writer']): number | undefined {
  const own = process.getuid?.();
  if (own !== 0 || writer === null || writer.host !== hostname()) return own;
  return statSync(`/proc/${writer.pid}`, { throwIfNoEntry: false })?.uid ?? own;
}

export const dataFolder: Check = {
  id: 'data-folder',
  async run({ folder, writer }) {
    if (folder === null) return onServer;
    if (!existsSync(folder)) return none;
    const found = folderFault(folder, accountOf(writer));
    if (found !== null) return fault(`${found}.`, 'Close it to others, or move the ledger into a folder of its own.');
    const loose = looseFiles(folder);
    if (loose.length === 0) return ok(`${folder} is open to one account alone.`);
    return warning(
      `Other accounts can read ${loose.join(', ')}.`,
      'Close it: `chmod -R go= ` with the data directory; `doctor --fix` and the next start do that, too.',
      () => {
        for (const path of loose) chmodSync(path, statSync(path).mode & 0o700);
      },
    );
  },
};

/** Numbers of `statfs(2)`. Locks and memory that processes share do not work over a network, and the ledger lives by both. */
const networkTypes: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  16914839: '9P',
  12805120: 'Ceph',
  1397113167: 'AFS',
};
const fuse = 0x65735546;

export const fileSystem: Check = {
  id: 'file-system',
  async run({ folder }) {
    if (folder === null) return onServer;
    if (!existsSync(folder)) return none;
    const { type } = statfsSync(folder);
    const network = networkTypes[type];
    const remedy = 'Move the data directory to a disk of this machine.';
    if (network !== undefined) return fault(`${folder} is on ${network}, where locks cannot be relied on.`, remedy);
    if (type === fuse) return warning(`${folder} is on a file system in user space (FUSE).`, remedy);
    return ok('The data directory is on a disk of this machine.');
  },
};

const freeFractionMin = 0.2;
const freeBytesMin = 1_073_741_824;

export const diskSpace: Check = {
  id: 'disk-space',
  async run({ folder }) {
    if (folder === null) return onServer;
    if (!existsSync(folder)) return none;
    const { bavail, blocks, bsize } = statfsSync(folder);
    const [free, all] = [bavail * bsize, blocks * bsize];
    const text = `${gigabytes(free)} of ${gigabytes(all)} are free (${fractionText(all === 0 ? 1 : free / all)}).`;
    const remedy = 'Make room: `resource-share archive` compresses old events; see what else is on that disk.';
    if (free < freeBytesMin) return fault(text, remedy);
    return free < freeFractionMin * all ? warning(text, remedy) : ok(text);
  },
};

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
