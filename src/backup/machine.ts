/**
 * What a new machine needs beside the ledger: its settings and own prices, the keys of clients and whatever else is kept with them, and
 * the key that signs checkpoints. All of it is secret, so it is in a backup only where that is encrypted.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { KeyStore, KeyTableRow } from '../engines/key-store.js';
import { Problem } from '../problems.js';
import { writeDurably } from '../runtime/durable-file.js';
import { readSigningKeys, writeSigningKeys } from '../trust/key-folder.js';

/** Where it is on a machine. */
export interface MachinePlaces {
  /** The configuration file; null where there is none. */
  readonly settings: string | null;
  readonly prices: string | null;
  /** Folder of the key that signs checkpoints. */
  readonly keys: string;
  /** Folder in which systemd gives that key. */
  readonly credentials?: string | undefined;
}

const value = z.union([z.string(), z.number(), z.null(), z.strictObject({ base64: z.string() })]);

const schema = z.strictObject({
  format: z.literal(1),
  settings: z.string().nullable(),
  prices: z.string().nullable(),
  signing: z.strictObject({
    key: z.string().nullable(),
    old: z.string().nullable(),
    /** Older backups do not say. */
    oldUntil: z.string().nullable().default(null),
  }),
  /** Every table of the key store, whichever there are. */
  tables: z.record(z.string(), z.array(z.record(z.string(), value))).nullable(),
});

export type Machine = z.output<typeof schema>;

export async function gatherMachine(store: KeyStore, places: MachinePlaces): Promise<Machine> {
  const text = (path: string | null) => (path === null ? null : readFile(path, 'utf8'));
  const tables = await store.dump();
  return {
    format: 1,
    settings: await text(places.settings),
    prices: await text(places.prices),
    signing: await readSigningKeys(places.keys, places.credentials),
    tables: tables === null ? null : mapped(tables, encoded),
  };
}

export const machineText = (machine: Machine): string => JSON.stringify(machine);

export function parseMachine(text: string): Machine {
  const read = schema.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  throw new Problem('backup_damaged', 'what the backup holds for a new machine is none that this release knows');
}

/** Throws a `Problem` where checkpoints are signed by another key on this machine, which stays. */
export async function refuseOtherKey({ signing }: Machine, folder: string): Promise<void> {
  const there = await readSigningKeys(folder);
  if (signing.key === null || there.key === null || there.key === signing.key) return;
  throw new Problem(
    'backup_refused',
    `${folder} has another key than the one that signs this ledger: name a new folder by the setting checkpoints.keys, for the daemon, too; or restore the ledger alone (--without-machine)`,
  );
}

/** What was put where, for people. The settings and prices are written to new files, as those of this machine may differ; an empty folder gets the signing key. */
export async function putBackMachine(
  machine: Machine,
  store: KeyStore,
  { settings, prices, keys }: MachinePlaces,
): Promise<readonly string[]> {
  const done: string[] = [];
  if (machine.tables !== null) {
    await store.restore(mapped(machine.tables, decoded));
    done.push('API keys, and what is kept with them, are with the ledger');
  }
  if (machine.signing.key !== null) {
    await writeSigningKeys(keys, machine.signing);
    done.push(`the key that signs checkpoints is in ${keys}`);
  }
  for (const [what, text, path] of [
    ['the settings', machine.settings, settings],
    ['own prices', machine.prices, prices],
  ] as const) {
    if (text === null || path === null) continue;
    if (existsSync(path)) throw new Problem('backup_refused', `${path} is there already; move it away first`);
    await writeDurably(path, text);
    done.push(`${what} are in ${path}`);
  }
  return done;
}

type Encoded = z.output<typeof value>;
type Cell = KeyTableRow[string];

const encoded = (cell: Cell): Encoded =>
  cell instanceof Uint8Array ? { base64: Buffer.from(cell).toString('base64') } : cell;
const decoded = (cell: Encoded): Cell =>
  typeof cell === 'object' && cell !== null ? Buffer.from(cell.base64, 'base64') : cell;

type Tables<T> = Readonly<Record<string, readonly Readonly<Record<string, T>>[]>>;

function mapped<From, To>(tables: Tables<From>, map: (cell: From) => To): Record<string, Record<string, To>[]> {
  const row = (cells: Readonly<Record<string, From>>) =>
    Object.fromEntries(Object.entries(cells).map(([column, cell]) => [column, map(cell)]));
  return Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.map(row)]));
}
