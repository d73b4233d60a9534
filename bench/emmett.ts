/**
 * Emmett's SQLite store, doing what the ledger does: the same payloads, on a disk of the same durability. It is a package
 * of its own (`bench/emmett`), installed when it is first needed: its driver compiles a second SQLite, for minutes, which
 * nobody should wait for who only wants to start the ledger.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';
import { startChild } from './child.js';
import type { EmmettTask } from './emmett-process.js';
import type { Speed } from './in-process.js';

const lockFile = 'package-lock.json';
const manifests = ['package.json', lockFile, '.npmrc'];
const folder = join(packageRoot, '.bench', 'emmett');

export class Emmett {
  static readonly settings =
    'Emmett 0.42.4 appends by `appendToStream` to one stream, over one connection of its driver (sqlite3 5.1.7): WAL, which it sets itself, and `synchronous=FULL`. It keeps no projections meanwhile.';
  static readonly missing = 'Emmett is not installed here, and its figures are left out.';

  /** Installs it if need be, but not in a quick run; null where it cannot be had. */
  static async find(quick: boolean): Promise<Emmett | null> {
    if (!isInstalled() && !quick) install();
    return isInstalled() ? new Emmett() : null;
  }

  /** Appends in batches. */
  append(payloads: readonly object[], size: number, events: number): Promise<Speed> {
    return run<Speed>({ kind: 'append', payloads, size, events });
  }

  /** Events per second of a projection that is built from the beginning of the log; see `emmett-process.ts`. */
  rebuild(payloads: readonly object[], events: number): Promise<number> {
    return run<number>({ kind: 'rebuild', payloads, events });
  }
}

function run<T>(task: EmmettTask): Promise<T> {
  return startChild<T>(new URL('./emmett-process.js', import.meta.url).href, { folder, task }).result;
}

function isInstalled(): boolean {
  const [wanted, found] = [join(packageRoot, 'bench/emmett', lockFile), join(folder, lockFile)];
  const binding = join(folder, 'node_modules/sqlite3/build/Release/node_sqlite3.node');
  return existsSync(binding) && existsSync(found) && readFileSync(wanted).equals(readFileSync(found));
}

function install(): void {
  process.stderr.write('installing Emmett, to compare with; its driver is compiled, which takes minutes, once…\n');
  mkdirSync(folder, { recursive: true });
  for (const file of manifests) cpSync(join(packageRoot, 'bench/emmett', file), join(folder, file));
  spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, JOBS: 'max' },
  });
}
