// Goal: the direction of imports and the purity of the core are facts about the source, not intentions.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'tap';

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

const root = resolve(import.meta.dirname, '../../..');
const coreFolders = ['src/events', 'src/fairness', 'src/projections', 'src/plot'];
const clockOrChance =
  /\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bset(Timeout|Interval|Immediate)\b|\bprocess\./;

/** For each rule an import that it must refuse. */
const refused: ReadonlyArray<readonly [rule: string, from: string, to: string]> = [
  ['events-know-fairness', 'src/events/decide.ts', '../projections/change.js'],
  ['fairness-stands-alone', 'src/fairness/policy.ts', '../events/state.js'],
  ['plot-stands-alone', 'src/plot/figure.ts', '../events/days.js'],
  ['rules-know-the-core', 'src/projections/quota-info.ts', '../engines/engine.js'],
  ['core-is-pure', 'src/projections/change.ts', 'node:fs'],
  ['core-needs-no-packages', 'src/events/scalars.ts', 'pino'],
  ['engines-know-the-core', 'src/engines/engine.ts', '../ledger/ledger.js'],
  ['ledger-knows-the-contract', 'src/ledger/batch.ts', '../api/server.js'],
  ['engines-are-opened-in-one-place', 'src/api/server.ts', '../engines/sqlite/engine.js'],
  ['engines-are-separate', 'src/engines/postgres/engine.ts', '../sqlite/engine.js'],
  ['few-open-an-engine', 'src/web/page.ts', '../engines/open.js'],
  ['sqlite-stays-in-its-engine', 'src/jobs/backup.ts', 'better-sqlite3'],
  ['postgres-stays-in-its-engine', 'src/jobs/vacuum.ts', 'pg'],
  ['http-stays-at-the-edge', 'src/ledger/ids.ts', 'fastify'],
  ['ships-without-tests', 'src/cli/main.ts', '../../test/helper.js'],
  ['no-circles', 'src/sources/a.ts', './b.js'],
  ['resolves', 'src/cli/verb.ts', './gone.js'],
];

/** What the imports above lead to. */
const targets: Readonly<Record<string, string>> = {
  'src/engines/open.ts': '',
  'src/engines/sqlite/engine.ts': '',
  'src/events/days.ts': '',
  'src/events/state.ts': '',
  'src/ledger/ledger.ts': '',
  'src/projections/change.ts': '',
  'src/sources/b.ts': "import './a.js';",
  'test/helper.ts': '',
  'tsconfig.json': '{ "compilerOptions": { "module": "NodeNext" } }',
};

test('every import in the source points the allowed way', async (t) => {
  t.same(violationsIn(root), []);
});

test('each rule refuses an import against its direction', async (t) => {
  const packages = ['better-sqlite3', 'fastify', 'pg', 'pino'];
  const files = {
    ...targets,
    ...Object.fromEntries(refused.map(([, from, to]) => [from, `import '${to}';`])),
    ...Object.fromEntries(packages.map((name) => [`node_modules/${name}/index.js`, ''])),
  };
  const folder = t.testdir({});
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const found = violationsIn(folder);
  for (const [rule, from, to] of refused) {
    t.ok(
      found.some((violation) => violation.rule.name === rule && violation.from === from),
      `${rule} refuses ${to} in ${from}`,
    );
  }
});

test('no rule of the import check goes untested', async (t) => {
  const config: { default: { forbidden: ReadonlyArray<{ name: string }> } } = await import(
    join(root, '.dependency-cruiser.cjs')
  );
  t.same(config.default.forbidden.map(({ name }) => name).sort(), refused.map(([rule]) => rule).sort());
});

test('the core reads no clock and draws no random number', async (t) => {
  for (const path of coreFolders.flatMap(sourcesIn)) {
    const line = withoutComments(readFileSync(join(root, path), 'utf8'))
      .split('\n')
      .findIndex((text) => clockOrChance.test(text));
    t.equal(line, -1, path);
  }
});

test('a clock in the core would be noticed', async (t) => {
  for (const code of [
    'at: Date.now()',
    'new Date()',
    'performance.now()',
    'Math.random()',
    'setTimeout(f)',
    'process.env.TZ',
  ]) {
    t.match(code, clockOrChance);
  }
  t.notMatch('new Date(at).toISOString()', clockOrChance);
});

// Every start waits for the threads, and each of them loads its program anew.
test('a storage thread loads what it works with, and neither the rules nor the schemas of events', async (t) => {
  const loaded = loadedBy(join(root, 'dist/src/engines/sqlite/worker.js'));
  t.strictSame(
    [...loaded].filter((name) => !name.startsWith('/') && !name.startsWith('node:')),
    ['better-sqlite3'],
  );
  const folders = new Set([...loaded].map((path) => /dist\/src\/(\w+)\//.exec(path)?.[1]).filter(Boolean));
  t.strictSame([...folders].sort(), ['engines', 'events', 'projections']);
});

/** What a compiled file imports, and what that does: paths, and names of packages. */
function loadedBy(path: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
    /^(?:import|export) (?:[^'"]* from )?['"](.+)['"];$/gm,
  )) {
    if (name.startsWith('.')) loadedBy(join(dirname(path), name), found);
    else found.add(name);
  }
  return found;
}

function violationsIn(folder: string): readonly Violation[] {
  const script = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [script, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout).summary.violations;
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !(folder === 'src/projections' && name.startsWith('replay')))
    .map((name) => join(folder, name));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ''));
}
