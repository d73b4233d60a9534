/** The files that a backup adds, on their way to the disk: encrypted, counted, and with the digests that its manifest names. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sha256 } from '../events/chain.js';
import type { Cipher } from './cipher.js';
import type { BackupFile } from './manifest.js';

export class BackupWriter {
  readonly folder: string;
  readonly #id: string;
  readonly #cipher: Cipher;
  /** That were written. */
  bytes = 0;

  constructor(folder: string, id: string, cipher: Cipher) {
    this.folder = folder;
    this.#id = id;
    this.#cipher = cipher;
  }

  async write(name: string, content: Uint8Array): Promise<BackupFile> {
    const whole = `${name}${this.#cipher.ending}`;
    const encrypted = await this.#cipher.encrypt(content);
    const file = await open(join(this.folder, whole), 'wx', 0o600);
    try {
      await file.writeFile(encrypted);
      await file.sync();
    } finally {
      await file.close();
    }
    return this.#written(whole, encrypted.byteLength, sha256(encrypted));
  }

  async writeStream(name: string, content: Readable): Promise<BackupFile> {
    const whole = `${name}${this.#cipher.ending}`;
    const path = join(this.folder, whole);
    const hash = createHash('sha256');
    await pipeline(
      await this.#cipher.encryptStream(content),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }),
    );
    return this.#written(whole, (await stat(path)).size, hash.digest('hex'));
  }

  #written(name: string, bytes: number, digest: string): BackupFile {
    this.bytes += bytes;
    return { name: `${this.#id}/${name}`, bytes, sha256: digest };
  }
}
