// Files that are generated and committed must be what `node scripts/generate.mjs` would write now.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { generatedFiles } from '../support/generated.js';
import { temporaryLedger } from '../support/ledger.js';

t.test('generated files are up to date', async (t) => {
  const { ledger } = await temporaryLedger(t);
  const files = await generatedFiles(ledger);
  for (const [path, text] of files) {
    t.equal(readFileSync(join(packageRoot, path), 'utf8'), text, `${path} (node scripts/generate.mjs writes it)`);
  }
  const schemas = readdirSync(join(packageRoot, 'schema/events')).map((name) => `schema/events/${name}`);
  t.same(
    schemas.filter((path) => !files.has(path)),
    [],
    'no schema is left from a type that is gone',
  );
});
