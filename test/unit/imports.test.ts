// Goal: the direction of imports and the purity of the core are facts about the source, not intentions.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'tap';
import { importedBy } from '../support/imported.js';

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

const root = resolve(import.meta.dirname, '../../..');
const coreFolders = ['events', 'fairness', 'projections', 'simulate', 'prices', 'sources', 'plot', 'text']
  .map((name) => `src/${name}`)
  .filter((folder) => existsSync(join(root, folder)));
const clockOrChance =
  /\bDate\.now\b|\bTemporal\.Now\b|\bfns\/Now\b|\bnew Date\(\)|\bperformance\.|\bMath\.random\b|\brandom(?:UUID|Bytes|Int|Fill|FillSync)\b|\bgetRandomValues\b|\bset(Timeout|Interval|Immediate)\b|\bprocess\./;

/** A clock, or a timer, that `src/runtime/clock.ts` does not know of. */
const ownClock =
  /\bDate\.now\b|\bTemporal\.Now\b|\bfns\/Now\b|\bnew Date\(\)|\bperformance\.|\bhrtime\b|\bset(Timeout|Interval|Immediate)\b|\bnode:timers\b|\bAbortSignal\.timeout\b/;

/** For each rule an import that it must refuse. */
const refused: ReadonlyArray<readonly [rule: string, from: string, to: string]> = [
  ['plot-imports-downwards', 'src/plot/figure.ts', '../events/days.js'],
  ['client-imports-downwards', 'src/client/spool.ts', '../events/days.js'],
  ['service-imports-downwards', 'src/service/unit.ts', '../events/days.js'],
  ['prices-imports-downwards', 'src/prices/price.ts', '../ledger/ledger.js'],
  ['sources-imports-downwards', 'src/sources/transcript.ts', '../ledger/ledger.js'],
  ['intake-imports-downwards', 'src/intake/preview.ts', '../ledger/ledger.js'],
  ['trust-imports-downwards', 'src/trust/keys.ts', '../ledger/ledger.js'],
  ['backup-imports-downwards', 'src/backup/create.ts', '../cli/output.js'],
  ['coop-imports-downwards', 'src/coop/import.ts', '../ledger/ledger.js'],
  ['audit-imports-downwards', 'src/audit/trail.ts', '../engines/engine.js'],
  ['outbox-imports-downwards', 'src/outbox/deliver.ts', '../engines/engine.js'],
  ['gateway-imports-downwards', 'src/gateway/proxy.ts', '../engines/engine.js'],
  ['fairness-imports-downwards', 'src/fairness/policy.ts', '../events/state.js'],
  ['events-imports-downwards', 'src/events/decide.ts', '../projections/change.js'],
  ['simulate-imports-downwards', 'src/simulate/run.ts', '../ledger/ledger.js'],
  ['projections-imports-downwards', 'src/projections/quota-info.ts', '../engines/engine.js'],
  ['engines-imports-downwards', 'src/engines/sealing.ts', '../ledger/ledger.js'],
  ['replay-imports-downwards', 'src/replay/replay.ts', '../ledger/ledger.js'],
  ['verify-imports-downwards', 'src/verify/chain-walk.ts', '../ledger/ledger.js'],
  ['ledger-imports-downwards', 'src/ledger/batch.ts', '../status/status.js'],
  ['analysis-imports-downwards', 'src/analysis/analyse.ts', '../status/status.js'],
  ['status-imports-downwards', 'src/status/windows.ts', '../engines/engine.js'],
  ['watch-imports-downwards', 'src/watch/rule.ts', '../engines/engine.js'],
  ['metrics-imports-downwards', 'src/metrics/metrics.ts', '../engines/engine.js'],
  ['jobs-imports-downwards', 'src/jobs/backup.ts', '../engines/engine.js'],
  ['viewer-imports-downwards', 'src/viewer/gate.ts', '../ledger/ledger.js'],
  ['web-imports-downwards', 'src/web/overview.ts', '../engines/engine.js'],
  ['api-imports-downwards', 'src/api/pools.ts', '../engines/engine.js'],
  ['daemon-imports-downwards', 'src/daemon/start.ts', '../cli/output.js'],
  ['cli-imports-downwards', 'src/cli/serve.ts', '../web/page.js'],
  ['ground-floor-stands-alone', 'src/text/markup.ts', '../events/days.js'],
  ['every-folder-has-a-floor', 'src/attic/box.ts', '../limits.js'],
  ['core-is-pure', 'src/projections/change.ts', 'node:fs'],
  ['clients-need-no-ledger', 'src/client/memory.ts', '../trust/tree-log.js'],
  ['prices-need-one-package', 'src/prices/tables.ts', 'pino'],
  ['core-needs-no-packages', 'src/events/scalars.ts', 'pino'],
  ['readers-need-few-packages', 'src/sources/statusline.ts', 'pino'],
  ['engines-are-opened-in-one-place', 'src/daemon/compose.ts', '../engines/sqlite/engine.js'],
  ['engines-are-separate', 'src/engines/postgres/engine.ts', '../sqlite/engine.js'],
  ['few-open-an-engine', 'src/web/dashboard.ts', '../engines/open.js'],
  ['tools-for-models-stay-in-their-verb', 'src/cli/verbs/tools.ts', '@modelcontextprotocol/sdk/types.js'],
  ['sqlite-stays-in-its-engine', 'src/jobs/vacuum.ts', 'better-sqlite3'],
  ['postgres-stays-in-its-engine', 'src/jobs/analyse.ts', 'pg'],
  ['http-stays-at-the-edge', 'src/ledger/ids.ts', 'fastify'],
  ['the-daemon-simulates-nothing', 'src/daemon/worlds.ts', '../simulate/world.js'],
  ['nobody-imports-cli', 'src/status/status.ts', '../cli/output.js'],
  ['ships-without-tests', 'src/cli/main.ts', '../../test/helper.js'],
  ['no-circles', 'src/client/a.ts', './b.js'],
  ['resolves', 'src/cli/verb.ts', './gone.js'],
];

/** What the imports above lead to. */
const targets: Readonly<Record<string, string>> = {
  'src/cli/output.ts': '',
  'src/client/b.ts': "import './a.js';",
  'src/engines/engine.ts': '',
  'src/trust/tree-log.ts': '',
  'src/engines/open.ts': '',
  'src/engines/sqlite/engine.ts': '',
  'src/events/days.ts': '',
  'src/events/state.ts': '',
  'src/ledger/ledger.ts': '',
  'src/limits.ts': '',
  'src/projections/change.ts': '',
  'src/simulate/world.ts': '',
  'src/web/page.ts': '',
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

test('outside the command line, the client and browsers, one file reads the time and waits for it', async (t) => {
  const readers = sourcesIn('src')
    .filter((path) => !/^src\/(cli|client|web\/browser)\//.test(path))
    .filter((path) => ownClock.test(withoutComments(readFileSync(join(root, path), 'utf8'))));
  t.strictSame(readers, ['src/runtime/clock.ts']);
});

test('a clock in the core would be noticed', async (t) => {
  for (const code of [
    'at: Date.now()',
    'new Date()',
    'performance.now()',
    'Temporal.Now.instant()',
    "import { instant } from 'temporal-polyfill/fns/Now'",
    'Math.random()',
    'randomInt(6)',
    'crypto.getRandomValues(bytes)',
    'setTimeout(f)',
    'process.env.TZ',
  ]) {
    t.match(code, clockOrChance);
  }
  t.notMatch('new Date(at).toISOString()', clockOrChance);
});

// Every start waits for the threads, and each of them loads its own program.
test('a storage thread loads what it works with, and neither the rules nor the schemas of events', async (t) => {
  const loaded = importedBy(join(root, 'dist/src/engines/sqlite/worker.js'));
  t.strictSame(
    [...loaded].filter((name) => !name.startsWith('/') && !name.startsWith('node:')),
    ['better-sqlite3'],
  );
  const folders = new Set([...loaded].map((path) => /dist\/src\/(\w+)\//.exec(path)?.[1]).filter(Boolean));
  t.strictSame([...folders].sort(), ['engines', 'events', 'projections', 'runtime', 'settings']);
});

// The tables of prices take 40 ms, and most daemons are told what their uses cost.
test('a daemon that starts loads no prices', async (t) => {
  for (const name of ['daemon/start', 'daemon/daemon', 'daemon/open-ledger', 'cli/in-process-client']) {
    const loaded = [...importedBy(join(root, `dist/src/${name}.js`))];
    t.notOk(
      loaded.find((path) => /genai-prices|\/src\/prices\//.test(path)),
      name,
    );
  }
});

function violationsIn(folder: string): readonly Violation[] {
  const script = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [script, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout).summary.violations;
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ''));
}
