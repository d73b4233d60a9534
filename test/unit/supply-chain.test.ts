// Goal: a package with another licence, or with a script of its own at installation, does not come in unseen.
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { temporaryFolder } from '../support/folder.js';

const files = ['package.json', 'package-lock.json', 'THIRD_PARTY_NOTICES', 'sbom.cdx.json', 'scripts/supply-chain.mjs'];

/** What the check says of this package where its lock file has one more entry. */
function saidOf(
  t: Test,
  entry: object | null,
  name = 'stranger',
): { readonly code: number | null; readonly said: string } {
  const folder = temporaryFolder(t);
  for (const file of files) cpSync(join(packageRoot, file), join(folder, file));
  const path = join(folder, 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  if (entry !== null) lock.packages[`node_modules/${name}`] = { version: '1.0.0', ...entry };
  writeFileSync(path, JSON.stringify(lock));
  const { status, stdout } = spawnSync(process.execPath, [join(folder, 'scripts/supply-chain.mjs')], {
    encoding: 'utf8',
  });
  return { code: status, said: stdout };
}

test('what is there is as it should be', async (t) => {
  t.strictSame(saidOf(t, null), { code: 0, said: '' });
});

test('a licence that nobody has looked at, or none', async (t) => {
  t.match(saidOf(t, { dev: true, license: 'AGPL-3.0' }), {
    code: 1,
    said: /stranger 1\.0\.0 has the licence AGPL-3\.0/,
  });
  t.match(saidOf(t, { dev: true, license: '(MIT AND AGPL-3.0)' }), { code: 1 });
  t.match(saidOf(t, { dev: true, license: '(AGPL-3.0 OR MIT)' }), { code: 0 }, 'one of the two may be chosen');
  t.match(saidOf(t, { dev: true }), { code: 1, said: /stranger 1\.0\.0 names no licence/ });
});

test('a script at installation that nobody has allowed', async (t) => {
  const script = { dev: true, license: 'MIT', hasInstallScript: true };
  t.match(saidOf(t, script), { code: 1, said: /stranger 1\.0\.0 runs a script/ });
  t.match(saidOf(t, { ...script, os: ['win32'] }), { code: 0 }, 'it is never installed here');
});

test('notices and materials that are of another lock file', async (t) => {
  const { code, said } = saidOf(t, { license: 'MIT' });
  t.equal(code, 1);
  t.match(said, /THIRD_PARTY_NOTICES is not about .*stranger@1\.0\.0/);
  t.match(said, /sbom\.cdx\.json is not about .*stranger@1\.0\.0/);
});
