/** The folder of the keys that sign checkpoints, and of the last ones that were signed, as files: nothing is made in it by reading. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readIfThere, writeDurably } from '../runtime/durable-file.js';
import { type Checkpoint, parseCheckpoint } from './checkpoint.js';
import { parseNote, TrustError } from './note.js';

/** In a folder of credentials, as systemd makes one. */
export const credentialName = 'resource-share-key';
export const keyName = 'key.pem';
/** The key before: while it is there, both sign. */
export const oldKeyName = 'key.old.pem';
/** When that one ends by itself, in milliseconds UTC; without it, somebody removes that key. */
export const oldUntilName = 'key.old.until';

/** Private keys as text (PEM). */
export interface SigningKeys {
  readonly key: string | null;
  readonly old: string | null;
  /** Until when the old one signs as well, in milliseconds UTC as text. */
  readonly oldUntil: string | null;
}

export async function readSigningKeys(folder: string, credentials?: string): Promise<SigningKeys> {
  const given = credentials ? await readIfThere(join(credentials, credentialName)) : null;
  return {
    key: given ?? (await readIfThere(join(folder, keyName))),
    old: await readIfThere(join(folder, oldKeyName)),
    oldUntil: await readIfThere(join(folder, oldUntilName)),
  };
}

export async function writeSigningKeys(folder: string, { key, old, oldUntil }: SigningKeys): Promise<void> {
  if (oldUntil !== null) await writeDurably(join(folder, oldUntilName), oldUntil);
  if (key !== null) await writeDurably(join(folder, keyName), key);
  if (old !== null) await writeDurably(join(folder, oldKeyName), old);
}

/** Of the last checkpoint that was signed of a pool of a ledger at this location. */
export function lastPath(folder: string, location: string, pool: string): string {
  const where = location.includes('://') ? location : resolve(location);
  const hash = createHash('sha256').update(where).digest('hex');
  return join(folder, `${hash.slice(0, 16)}-${pool}.checkpoint`);
}

export interface KeptCheckpoint {
  readonly path: string;
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

/** The last checkpoints of all logs that are signed from this folder. */
export async function keptCheckpoints(folder: string): Promise<readonly KeptCheckpoint[]> {
  const kept: KeptCheckpoint[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.checkpoint')) continue;
    const path = join(folder, name);
    const note = await readIfThere(path);
    const checkpoint = note === null ? null : checkpointIn(note);
    if (note !== null && checkpoint !== null) kept.push({ path, note, checkpoint });
  }
  return kept;
}

/** Null where the text is no checkpoint. Who signed it is not looked at. */
export function checkpointIn(note: string): Checkpoint | null {
  try {
    return parseCheckpoint(parseNote(note).text);
  } catch (error) {
    if (error instanceof TrustError) return null;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
