// Writes what is generated from the compiled sources and committed: the JSON Schemas of events and commands, and the dump of
// the database schema. A test compares the files with what this would write.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { createMissingProjections, dumpSchema, migrate } from '../dist/src/engines/sqlite/schema.js';
import { jsonSchemas, schemaText } from '../dist/src/events/json-schema.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

writeEventSchemas('schema/events');
writeDump('schema/sqlite/dump.sql');

function writeEventSchemas(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, document] of jsonSchemas()) writeFileSync(join(folder, name), schemaText(document));
}

function writeDump(path) {
  const db = new Database(':memory:');
  migrate(db);
  createMissingProjections(db);
  writeFileSync(path, dumpSchema(db));
  db.close();
}
