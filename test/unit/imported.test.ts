// Goal: what `npm test -- fast` runs needs no disk, no process, no socket and no engine, and is most of what only computes.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { importedBy, reachesOut } from '../support/imported.js';

const compiled = resolve(import.meta.dirname, '..');
const fast = readdirSync(compiled, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js') && reachesOut(join(compiled, name)) === null)
  .sort();

t.test('a way out of the process is found, however many files it is away', async (t) => {
  const ways: readonly (readonly [code: string, way: string])[] = [
    ["import { readFileSync } from 'node:fs';", 'node:fs'],
    ["import { connect } from 'node:net';", 'node:net'],
    ["import { spawn } from 'node:child_process';", 'node:child_process'],
    ["import { Worker } from 'node:worker_threads';", 'node:worker_threads'],
    ["import Database from 'better-sqlite3';", 'better-sqlite3'],
    ["export { default } from 'pg';", 'pg'],
    ["import 'pino';", 'pino'],
    ["await fetch('http://localhost');", 'fetch('],
    ["await import('node:http');", 'import('],
    ["process.kill(1, 'SIGTERM');", 'process.kill'],
  ];
  for (const [code, way] of ways) {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'a.test.js'), "import t from 'tap';\nimport { b } from './deep/b.js';\n");
    writeFileSync(join(folder, 'deep', 'b.js'), "export * from './c.js';\n");
    writeFileSync(join(folder, 'deep', 'c.js'), `${code}\n`);
    t.match(reachesOut(join(folder, 'a.test.js')), way, code);
  }
});

t.test('what only computes is fast, across files that import each other', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.js'), "import { createHash } from 'node:crypto';\nimport { b } from './b.js';\n");
  writeFileSync(join(folder, 'b.js'), "import { a } from './a.js';\n");
  t.equal(reachesOut(join(folder, 'a.js')), null);
});

t.test('no fast file loads an engine, a server or a thread', async (t) => {
  for (const name of fast) {
    const loaded = [...importedBy(join(compiled, name))];
    t.notOk(
      loaded.find((path) => /\/src\/(engines\/(sqlite|postgres|open)|api|web|cli\/main)/.test(path)),
      name,
    );
  }
});

t.test('the tests of the controller and of decisions are fast, and those of a ledger are not', async (t) => {
  const missing = readdirSync(compiled, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(fairness\/(?!replay)|property\/fairness-|unit\/decide-).*\.test\.js$/.test(name))
    .filter((name) => !fast.includes(name));
  t.strictSame(missing, []);
  t.notOk(fast.some((name) => /^(api|client|contract|crash|docs|failures|fuzz)\//.test(name)));
});
