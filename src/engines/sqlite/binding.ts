/** The compiled binding of SQLite. It is compiled where it is installed, so there is no digest that it could be compared with here. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';

export interface Binding {
  /** Of SQLite. */
  readonly version: string;
  /** SHA-256 of the binding, in hexadecimal, for whoever compares machines. */
  readonly digest: string;
}

export function binding(): Binding {
  const db = new Database(':memory:');
  const version = db.prepare('SELECT sqlite_version()').pluck().get() as string;
  db.close();
  const root = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  const bytes = readFileSync(join(root, 'build/Release/better_sqlite3.node'));
  return { version, digest: createHash('sha256').update(bytes).digest('hex') };
}
