/** The tables of the log as the ledger has them, for what is inserted without it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';

/** All numbered migrations of an engine, as one script. */
export function logSchema(engine: 'sqlite' | 'postgres'): string {
  const folder = join(packageRoot, 'schema', engine);
  const migrations = readdirSync(folder).filter((name) => /^\d+_/.test(name));
  return migrations
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}
