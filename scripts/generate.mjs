// Writes the files that are generated from the sources and committed: JSON Schemas, the dump of the database schema, the
// description of the API, and the reference pages. Run `npm run build` first.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEngine } from '../dist/src/engines/open.js';
import { Ledger } from '../dist/src/ledger/ledger.js';
import { generatedFiles } from '../dist/test/support/generated.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const database = mkdtempSync(join(tmpdir(), 'resource-share-generate-'));
const ledger = await Ledger.open(await openEngine(database, 'writer'), {
  database,
  timeZone: 'UTC',
  unknownAgents: 'auto',
});
await ledger.addPool('default');
rmSync('schema/events', { recursive: true, force: true });
for (const [path, text] of await generatedFiles(ledger)) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
await ledger.close();
rmSync(database, { recursive: true });
