// Which part may import which: one way, as docs and test/unit/imports.test.ts say. Types count as imports.
const core = '^src/(events|fairness)/';
const rules = '^src/projections/(?!replay)';
const engineInternals = '^src/engines/(sqlite|postgres)/';

/** Files matching `from` may import, of src, only what matches one of `to`. */
function only(name, comment, from, to) {
  return forbid(name, comment, { path: from }, { path: '^src/', pathNot: to });
}

function forbid(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    only('events-know-fairness', 'The vocabulary knows the controller, limits and problems.', '^src/events/', [
      core,
      '^src/(limits|problems)\\.ts$',
    ]),
    only(
      'fairness-stands-alone',
      'The controller knows numbers and times, and nothing else of src.',
      '^src/fairness/',
      ['^src/fairness/'],
    ),
    only('plot-stands-alone', 'A plot is made of the figures it is given.', '^src/plot/', [
      '^src/plot/',
      '^src/template\\.ts$',
    ]),
    only('rules-know-the-core', 'A projection rule knows no engine, no HTTP and no ledger.', rules, [
      core,
      rules,
      '^src/(limits|problems)\\.ts$',
    ]),
    forbid(
      'core-is-pure',
      'decide, evolve, fairness and projection rules do no I/O and read no clock.',
      { path: [core, rules] },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer)$' },
    ),
    forbid(
      'core-needs-no-packages',
      'zod describes the data; any other package in the core would bring I/O, a clock or chance.',
      { path: [core, rules] },
      { path: 'node_modules/', pathNot: 'node_modules/zod/' },
    ),
    only('engines-know-the-core', 'An engine stores what the core decides.', '^src/engines/', [
      '^src/engines/',
      core,
      rules,
      '^src/(limits|problems|package-root)\\.ts$',
    ]),
    only('ledger-knows-the-contract', 'The ledger runs on any engine.', '^src/ledger/', [
      '^src/ledger/',
      core,
      '^src/projections/',
      '^src/engines/engine\\.ts$',
      '^src/(limits|problems|package-root)\\.ts$',
    ]),
    forbid(
      'engines-are-opened-in-one-place',
      'Everybody else sees the contract, so that engines can be exchanged.',
      { path: '^src/', pathNot: [engineInternals, '^src/engines/open\\.ts$'] },
      { path: engineInternals },
    ),
    forbid(
      'engines-are-separate',
      'One engine knows nothing of the other.',
      { path: '^src/engines/(sqlite|postgres)/' },
      { path: engineInternals, pathNot: '^src/engines/$1/' },
    ),
    forbid(
      'few-open-an-engine',
      'A process opens its engine once, where it starts.',
      { path: '^src/', pathNot: ['^src/(cli|jobs)/', '^src/projections/replay[^/]*\\.ts$'] },
      { path: '^src/engines/open\\.ts$' },
    ),
    forbid(
      'sqlite-stays-in-its-engine',
      'SQL and its driver belong to one folder.',
      { path: '^src/', pathNot: '^src/engines/sqlite/' },
      { path: 'node_modules/(@types/)?better-sqlite3/' },
    ),
    forbid(
      'postgres-stays-in-its-engine',
      'SQL and its driver belong to one folder.',
      { path: '^src/', pathNot: '^src/engines/postgres/' },
      { path: 'node_modules/(@types/)?pg/' },
    ),
    forbid(
      'http-stays-at-the-edge',
      'Requests are parsed at the edge and travel as typed commands.',
      { path: '^src/', pathNot: '^src/(api|web)/' },
      { path: 'node_modules/(@fastify/|fastify[^/]*/)' },
    ),
    forbid('ships-without-tests', 'What runs in production is in src.', { path: '^src/' }, { path: '^(test|bench)/' }),
    forbid('no-circles', 'Imports go one way.', {}, { circular: true }),
    forbid(
      'resolves',
      'An import that resolves to nothing escapes every other rule. What is compiled is there after a build only.',
      {},
      { couldNotResolve: true, pathNot: '(^|/)dist/src/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    moduleSystems: ['es6'],
    combinedDependencies: false,
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
