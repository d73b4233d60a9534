// Files that are generated and committed must be what `node scripts/generate.mjs` would write now.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { createMissingProjections, dumpSchema, migrate } from '../../src/engines/sqlite/schema.js';
import { jsonSchemas, schemaText } from '../../src/events/json-schema.js';
import { packageRoot } from '../../src/package-root.js';

const remedy = 'run `node scripts/generate.mjs`';

t.test('the JSON Schemas are those of the catalogue', async (t) => {
  const folder = join(packageRoot, 'schema', 'events');
  const documents = jsonSchemas();
  t.strictSame(readdirSync(folder).sort(), [...documents.keys()].sort(), remedy);
  for (const [name, document] of documents) {
    t.equal(readFileSync(join(folder, name), 'utf8'), schemaText(document), `${name}: ${remedy}`);
  }
});

t.test('the schema dump is that of an empty database', async (t) => {
  const db = new Database(':memory:');
  migrate(db);
  createMissingProjections(db);
  t.equal(readFileSync(join(packageRoot, 'schema', 'sqlite', 'dump.sql'), 'utf8'), dumpSchema(db), remedy);
  db.close();
});
