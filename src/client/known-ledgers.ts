/**
 * What a client knows of ledgers: a file that says, for each, the key that it trusts, and the newest checkpoint of it that it has
 * verified. The key is trusted at the first contact, where nobody says it.
 */
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readIfThere, writeDurably } from '../runtime/durable-file.js';

/** The ledger is not the one that was known, or does not prove that it is: nothing is sent to it. */
export class LedgerChanged extends Error {
  override readonly name = 'LedgerChanged';
}

export interface Receipt {
  readonly seq: number;
  readonly hash: string;
  /** Of the report. */
  readonly key?: string | undefined;
  /** Time of the first checkpoint that was seen since and does not cover it, by the clock of the ledger. */
  readonly uncovered_at?: number | undefined;
  /** When it was first said that none covers it. */
  readonly missed_at?: number | undefined;
}

export interface Known {
  /** As text. */
  readonly key: string | null;
  /** The key that somebody said, where `key` took its place since. */
  readonly said?: string | undefined;
  /** The newest checkpoint that was verified. */
  readonly note: string | null;
  /** When it was last asked for, in milliseconds UTC. */
  readonly checked_at: number;
  /** Those that no checkpoint has covered yet, the oldest first. */
  readonly receipts: readonly Receipt[];
}

/** Which ledger, and where it is kept what is known of it. */
export interface LedgerName {
  readonly path: string;
  /** What the daemon is called by. */
  readonly name: string;
  readonly pool?: string | undefined;
  /** The key of the ledger, as text, where somebody says it. */
  readonly key?: string | undefined;
}

const unknown: Known = { key: null, note: null, checked_at: 0, receipts: [] };
/** What was read and what is written belong together: one change after the other, of this process and of others. */
let last: Promise<unknown> = Promise.resolve();
/** A lock that is older was left behind by a process that died. */
const lockMsMax = 5_000;
const pollMs = 10;

export async function knownOf(ledger: LedgerName): Promise<Known> {
  return (await allIn(ledger.path))[placeOf(ledger)] ?? unknown;
}

export function changeKnown(ledger: LedgerName, change: (known: Known) => Known): Promise<void> {
  const changed = last.then(() =>
    locked(ledger.path, async () => {
      const all = await allIn(ledger.path);
      const place = placeOf(ledger);
      const text = JSON.stringify({ ...all, [place]: change(all[place] ?? unknown) }, null, 2);
      await writeDurably(ledger.path, `${text}\n`);
    }),
  );
  last = changed.catch(() => undefined);
  return changed;
}

async function locked(path: string, work: () => Promise<void>): Promise<void> {
  const lock = `${path}.lock`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      await writeFile(lock, '', { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = await stat(lock).catch(() => null);
    if (found !== null && Math.abs(Date.now() - found.mtimeMs) > lockMsMax) await rm(lock, { force: true });
    else await wait(pollMs);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** The reports that were acknowledged, and are in no checkpoint that was signed since. */
export async function missedReports(path: string): Promise<readonly Receipt[]> {
  const all = Object.values(await allIn(path));
  return all.flatMap(({ receipts }) => receipts.filter(({ missed_at }) => missed_at !== undefined));
}

/** The key that counts: the one that somebody says, but for one that has taken its place since. Null: the first one that is shown. */
export function trustedKey({ key: said }: LedgerName, known: Known): string | null {
  return said === undefined || said === known.said ? known.key : said;
}

/** What is known once a key was seen that is, or takes the place of, the one that counted. */
export function withTrusted({ key: said }: LedgerName, known: Known, key: string): Known {
  return said === undefined || said === key ? { ...known, key } : { ...known, key, said };
}

/** In words, with what is to be done. */
export const changedText = ({ path, name }: LedgerName, check: string, what: string): string =>
  `the ledger of ${name} is not the one that was known (${check}): ${what}. Nothing is sent; what is known of it is in ${path}`;

async function allIn(path: string): Promise<Readonly<Record<string, Known>>> {
  const text = await readIfThere(path);
  if (text === null) return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new LedgerChanged(`${path}, which says what is known of ledgers, cannot be read`);
  }
}

const placeOf = ({ name, pool }: LedgerName): string => (pool === undefined ? name : `${name} ${pool}`);
