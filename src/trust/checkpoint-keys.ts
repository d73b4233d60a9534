/**
 * What a daemon signs checkpoints with, and the last ones it signed: in a folder of their own, outside the ledger, so that whoever
 * changes or exchanges the ledger has neither.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PoolId } from '../events/scalars.js';
import { Problem } from '../problems.js';
import { readIfThere, writeDurably } from '../runtime/durable-file.js';
import { credentialName, keyName, lastPath, oldKeyName, oldUntilName } from './key-folder.js';
import { keyText, type Signer, signerOf } from './note.js';

/** A key that is made, and not there yet. */
export interface NextKey {
  readonly key: KeyObject;
  /** Puts it in the place of the one before. */
  take(): Promise<void>;
}

export class CheckpointKeys {
  readonly folder: string;
  readonly #given: string | null;
  #keys: readonly KeyObject[] = [];
  /** Of which texts they are, and what was made of them: each checkpoint asks again, and making them took a third of its time. */
  #pems = '';
  readonly #signers = new Map<string, readonly [Signer, ...Signer[]]>();
  #oldUntil: number | null = null;

  private constructor(folder: string, given: string | null) {
    this.folder = folder;
    this.#given = given;
  }

  /** Makes the key where there is none. Throws where the folder cannot be had, or is open to others. */
  static async open(folder: string, credentials?: string | undefined): Promise<CheckpointKeys> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await refuseOpen(folder);
    const given = credentials ? await readIfThere(join(credentials, credentialName)) : null;
    const keys = new CheckpointKeys(folder, given);
    await keys.#read();
    return keys;
  }

  /** As they are now: another process may have exchanged them, and the time of the one before may be over. */
  async reload(now: number): Promise<void> {
    await this.#read();
    if (this.#oldUntil === null || now < this.#oldUntil) return;
    await rm(join(this.folder, oldKeyName), { force: true });
    await rm(join(this.folder, oldUntilName), { force: true });
    await this.#read();
  }

  async #read(): Promise<void> {
    const main = this.#given ?? (await ownKey(this.folder));
    const old = await readIfThere(join(this.folder, oldKeyName));
    const pems = old === null || old === main ? [main] : [main, old];
    if (pems.join() !== this.#pems) {
      this.#keys = pems.map((pem) => ed25519(pem, this.folder));
      this.#pems = pems.join();
      this.#signers.clear();
    }
    const until = await readIfThere(join(this.folder, oldUntilName));
    this.#oldUntil = pems.length === 1 || until === null ? null : Number(until);
  }

  /** When the key before no longer signs; null where nobody has said it. */
  get oldUntil(): number | null {
    return this.#oldUntil;
  }

  /** Throws a `Problem` where the key is not this folder's to exchange, or is being exchanged. */
  next(until: number): NextKey {
    if (this.#given !== null) throw new Problem('ledger_key_kept', 'the key was given as a credential.');
    if (this.#keys.length > 1) throw new Problem('ledger_key_kept', 'it is being exchanged: two keys sign.');
    const { privateKey } = generateKeyPairSync('ed25519');
    const take = async () => {
      const path = join(this.folder, keyName);
      await writeDurably(join(this.folder, oldUntilName), String(until));
      await writeDurably(join(this.folder, oldKeyName), await ownKey(this.folder));
      await writeDurably(path, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
      await this.#read();
    };
    return { key: privateKey, take };
  }

  /** Who signs for a log; the first one is the key that counts. */
  signers(origin: string): readonly [Signer, ...Signer[]] {
    const known = this.#signers.get(origin);
    if (known !== undefined) return known;
    const made = this.#keys.map((key) => signerOf(origin, key)) as [Signer, ...Signer[]];
    this.#signers.set(origin, made);
    return made;
  }

  /** What a witness signs with. */
  witness(name: string): Signer {
    return signerOf(name, this.#keys[0] as KeyObject, true);
  }

  /** The last checkpoint that was signed of a pool of a ledger at this location; null where none was. */
  last(location: string, pool: PoolId): Promise<string | null> {
    return readIfThere(this.lastPath(location, pool));
  }

  async save(location: string, pool: PoolId, origin: string, note: string): Promise<void> {
    const [{ verifier }] = this.signers(origin);
    const path = this.lastPath(location, pool);
    const key = `${keyText(verifier)}\n`;
    if ((await readIfThere(`${path}.vkey`)) !== key) await writeDurably(`${path}.vkey`, key);
    await writeDurably(path, note);
  }

  /** The last checkpoint is no longer the one to go on from, and stays beside it. */
  async setAside(location: string, pool: PoolId): Promise<void> {
    const path = this.lastPath(location, pool);
    await rename(path, `${path}.lost`);
  }

  lastPath(location: string, pool: PoolId): string {
    return lastPath(this.folder, location, pool);
  }
}

async function ownKey(folder: string): Promise<string> {
  const path = join(folder, keyName);
  const found = await readIfThere(path);
  if (found === null) {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    await writeDurably(path, pem);
    return pem;
  }
  if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
  return found;
}

function ed25519(pem: string, folder: string): KeyObject {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`the key for ${folder} is none of Ed25519`);
  return key;
}

async function refuseOpen(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (uid !== process.getuid?.() && process.getuid !== undefined)
    throw new Error(`${folder} belongs to another account`);
  if ((mode & 0o022) !== 0) throw new Error(`other accounts can write to ${folder}`);
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700);
}
