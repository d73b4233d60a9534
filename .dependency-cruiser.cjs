// Which folder of src may import which. Imports go one way: a folder is above everything it names here, so a circle between
// folders cannot be written down. test/unit/imports.test.ts proves that each rule bites. Types count as imports.

/** The ground floor: everybody may import it, and none of it imports what is above. */
const ground = ['limits.ts', 'problems.ts', 'package-root.ts', 'storage-error.ts', 'runtime', 'settings', 'text'];

/**
 * What each folder may import besides itself and the ground floor, from the bottom to the top. Some of these rooms are still
 * empty: gateway.
 */
const floors = {
  plot: [],
  client: ['trust'],
  service: [],
  fairness: [],
  events: ['fairness'],
  simulate: ['events', 'fairness'],
  prices: ['events'],
  sources: ['prices', 'events'],
  intake: ['client', 'sources', 'prices', 'events'],
  projections: ['events', 'fairness'],
  engines: ['projections', 'events'],
  trust: ['engines', 'events'],
  replay: ['engines', 'projections', 'events'],
  verify: ['replay', 'engines', 'projections', 'events'],
  ledger: ['replay', 'verify', 'engines', 'projections', 'events'],
  backup: ['ledger', 'replay', 'verify', 'trust', 'engines', 'events'],
  coop: ['intake', 'engines', 'events'],
  outbox: ['trust', 'ledger', 'events'],
  audit: ['trust', 'ledger', 'events'],
  analysis: ['ledger', 'engines', 'events', 'fairness'],
  status: ['ledger', 'events', 'fairness'],
  watch: ['status', 'ledger', 'events', 'fairness'],
  metrics: ['jobs', 'watch', 'status', 'outbox', 'ledger', 'events'],
  jobs: ['watch', 'backup', 'status', 'outbox', 'audit', 'intake', 'sources', 'trust', 'ledger', 'verify', 'events'],
  viewer: ['engines'],
  web: ['status', 'analysis', 'ledger', 'events', 'fairness'],
  api: [
    'analysis',
    'metrics',
    'jobs',
    'viewer',
    'web',
    'watch',
    'status',
    'outbox',
    'audit',
    'intake',
    'sources',
    'trust',
    'ledger',
    'replay',
    'projections',
    'events',
    'fairness',
  ],
  gateway: ['sources', 'trust', 'ledger', 'events'],
  daemon: [
    'api',
    'gateway',
    'jobs',
    'watch',
    'outbox',
    'audit',
    'backup',
    'intake',
    'trust',
    'ledger',
    'engines',
    'prices',
    'events',
  ],
  cli: [
    'daemon',
    'api',
    'jobs',
    'backup',
    'outbox',
    'status',
    'analysis',
    'simulate',
    'viewer',
    'coop',
    'prices',
    'sources',
    'intake',
    'service',
    'plot',
    'client',
    'ledger',
    'replay',
    'verify',
    'trust',
    'engines',
    'projections',
    'events',
    'fairness',
  ],
};

/** Pure: no clock, no chance, no I/O. */
const pure = ['fairness', 'events', 'projections', 'simulate', 'prices', 'sources', 'plot', 'text'];

/** Packages of the readers in src/sources: of temporal-polyfill what works instants out, and not its clock. */
const readers = ['protobufjs', 'temporal-polyfill'];

/** These open an engine: where a process starts, and the threads that have one of their own. */
const openers = ['cli', 'daemon', 'analysis', 'replay', 'verify', 'backup', 'engines'];

const folders = (names) => `^src/(${names.map((name) => name.replace('.', '\\.')).join('|')})(/|$)`;
const packages = (...names) => `node_modules/(@types/)?(${names.join('|')})/`;

function forbid(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

const floorRules = Object.entries(floors).map(([folder, below]) =>
  forbid(
    `${folder}-imports-downwards`,
    `src/${folder} imports ${['the ground floor', ...below].join(', ')}.`,
    { path: folders([folder]) },
    { path: '^src/', pathNot: folders([folder, ...below, ...ground]) },
  ),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...floorRules,
    forbid(
      'ground-floor-stands-alone',
      'What everybody imports imports nobody.',
      { path: folders(ground) },
      { path: '^src/', pathNot: folders(ground) },
    ),
    forbid(
      'every-folder-has-a-floor',
      'A new folder of src gets its place in the table above.',
      { path: '^src/', pathNot: folders([...ground, ...Object.keys(floors)]) },
      {},
    ),
    forbid(
      'core-is-pure',
      'What is pure does no I/O and reads no clock.',
      { path: folders(pure) },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer)$' },
    ),
    forbid(
      'core-needs-no-packages',
      'zod describes the data; any other package in the core would bring I/O, a clock or chance.',
      { path: folders(pure.filter((folder) => folder !== 'sources' && folder !== 'prices')) },
      { path: 'node_modules/', pathNot: packages('zod') },
    ),
    forbid(
      'readers-need-few-packages',
      'What a reader of foreign formats works with is as pure as the reader.',
      { path: folders(['sources']) },
      { path: 'node_modules/', pathNot: packages('zod', ...readers) },
    ),
    forbid(
      'clients-need-no-ledger',
      'What a client verifies by is formats and hashes, and nothing that opens a ledger.',
      { path: folders(['client']) },
      { path: folders(['trust']), pathNot: '^src/trust/(note|checkpoint|proof|ledger-proof)\\.ts$' },
    ),
    forbid(
      'prices-need-one-package',
      'Of the package of prices the data is used, which is part of it.',
      { path: folders(['prices']) },
      { path: 'node_modules/', pathNot: packages('zod', '@pydantic/genai-prices') },
    ),
    forbid(
      'engines-are-opened-in-one-place',
      'Everybody else sees the contract, so that engines can be exchanged.',
      { path: '^src/', pathNot: folders(['engines']) },
      { path: folders(['engines/sqlite', 'engines/postgres']) },
    ),
    forbid(
      'engines-are-separate',
      'One engine knows nothing of the other.',
      { path: '^src/engines/(sqlite|postgres)/' },
      { path: folders(['engines/sqlite', 'engines/postgres']), pathNot: '^src/engines/$1/' },
    ),
    forbid(
      'few-open-an-engine',
      'A process opens its engine once, where it starts.',
      { path: '^src/', pathNot: folders(openers) },
      { path: '^src/engines/open\\.ts$' },
    ),
    forbid(
      'sqlite-stays-in-its-engine',
      'SQL and its driver belong to one folder.',
      { path: '^src/', pathNot: folders(['engines/sqlite']) },
      { path: packages('better-sqlite3') },
    ),
    forbid(
      'postgres-stays-in-its-engine',
      'SQL and its driver belong to one folder.',
      { path: '^src/', pathNot: folders(['engines/postgres']) },
      { path: packages('pg') },
    ),
    forbid(
      'http-stays-at-the-edge',
      'Requests are parsed at the edge and travel as typed commands.',
      { path: '^src/', pathNot: folders(['api', 'web']) },
      { path: 'node_modules/(@fastify/|fastify[^/]*/)' },
    ),
    forbid(
      'tools-for-models-stay-in-their-verb',
      'Their protocol is loaded by one verb, and by no other.',
      { path: '^src/', pathNot: folders(['cli/mcp']) },
      { path: packages('@modelcontextprotocol') },
    ),
    forbid(
      'the-daemon-simulates-nothing',
      'Worlds to try controllers in are no part of a running daemon.',
      { path: '^src/', pathNot: folders(['simulate', 'cli']) },
      { path: folders(['simulate']) },
    ),
    forbid(
      'nobody-imports-cli',
      'The command line is the top floor.',
      { path: '^src/', pathNot: folders(['cli']) },
      { path: folders(['cli']) },
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
