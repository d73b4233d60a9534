/** Marks of what must not be kept, each random, and where they are found: in bytes as they are, encoded, or compressed. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import Database from 'better-sqlite3';

/** So much of a mark gives it away: some programs cut what they keep. */
const fragmentLength = 12;
/** What every mark begins with: one that was cut to less than a fragment is found by it. A parser that fails quotes ten characters. */
const beginning = 'secretm';

export class Secrets {
  readonly #fragments = new Map<string, readonly string[]>();

  /** The mark of a kind of text; one each time, so that each place is found by itself. */
  readonly of = (kind: string): string => {
    const mark = randomBytes(18).toString('hex');
    const fragment = mark.slice(0, fragmentLength);
    this.#fragments.set(`${kind} (${fragment})`, [fragment, ...base64Of(fragment)]);
    return `SECRETMARK-${kind.replaceAll(/\W/g, '-')}-${mark}`;
  };

  /** Kinds of those that are in the bytes. */
  foundIn(bytes: Uint8Array): readonly string[] {
    const found = new Set<string>();
    for (const opened of formsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) {
      const text = opened.toString('latin1');
      const lower = text.toLowerCase();
      for (const [kind, [fragment = '', ...encoded]] of this.#fragments)
        if (lower.includes(fragment) || encoded.some((one) => text.includes(one))) found.add(kind);
      if (lower.includes(beginning) && found.size === 0) found.add('a mark that was cut');
    }
    return [...found];
  }
}

/** As it stands inside of base64, at each of the three places that it may begin at; without the ends, which depend on what is beside it. */
const base64Of = (text: string): string[] =>
  [0, 1, 2].map((before) =>
    Buffer.from(`${'\0'.repeat(before)}${text}`)
      .toString('base64')
      .slice(before === 0 ? 0 : before + 1, -4),
  );

/** The bytes themselves, and what they are when unpacked. */
function formsOf(bytes: Buffer): Buffer[] {
  const opened = [gunzipSync, inflateSync, brotliDecompressSync].flatMap((open) => {
    try {
      return [open(bytes)];
    } catch {
      return [];
    }
  });
  return [bytes, ...opened];
}

/** All files below a folder, by their path. */
export function filesBelow(folder: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name))] as const),
  );
}

/** What a database holds in blobs, of which each may be packed, as segments are: behind the hashes of their events. */
export function blobsOf(file: string): ReadonlyMap<string, Buffer> {
  const db = new Database(file, { readonly: true });
  const blobs = new Map<string, Buffer>();
  try {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
    for (const table of tables)
      for (const [row, columns] of (db.prepare(`SELECT * FROM "${table}"`).all() as object[]).entries())
        for (const [column, value] of Object.entries(columns))
          if (value instanceof Uint8Array) blobs.set(`${table}.${column} ${row}`, textBehind(Buffer.from(value)));
  } finally {
    db.close();
  }
  return blobs;
}

function textBehind(blob: Buffer): Buffer {
  const head = 44;
  if (blob.toString('latin1', 0, 3) !== 'RSS') return blob;
  return brotliDecompressSync(blob.subarray(head + 32 * blob.readUInt32BE(36)));
}
