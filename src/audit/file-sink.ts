/** The audit trail as a file of JSON lines, opened for each batch: whoever renames it gets a new one, and no line is lost. */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AuditRecord, textOf } from './record.js';
import type { AuditSink } from './sink.js';

export class FileSink implements AuditSink {
  readonly name: string;
  readonly #path: string;

  /** `host`: of several machines on one ledger each has a file of its own. */
  constructor(path: string, host: string) {
    this.#path = path;
    this.name = `file://${host}${path}`;
  }

  /** All of them or none are there, and on the disk. */
  async send(records: readonly AuditRecord[]): Promise<null> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const file = await open(this.#path, 'a+', 0o600);
    try {
      const { size } = await file.stat();
      const lines = records.map((record) => `${textOf(record)}\n`).join('');
      const bytes = Buffer.from((await endsInLine(file, size)) ? lines : `\n${lines}`);
      try {
        await file.appendFile(bytes);
      } catch (error) {
        await file.truncate(size);
        throw error;
      }
      await file.sync();
      return null;
    } finally {
      await file.close();
    }
  }

  close(): void {}
}

/** A machine that lost its power may have left half a line. */
async function endsInLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}
