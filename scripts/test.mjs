// Runs the compiled tests and closes with `N passed, N failed`, counted in assertions. Without arguments it also measures
// coverage and fails below the minimum. With arguments it runs only the files whose name contains one of them
// (`npm test -- test/unit`, `npm test -- test/api/wire.test.ts`); `npm test -- fast` runs those that stay inside their
// process. What tests a ledger runs once on SQLite and once on PostgreSQL, for which one server is started;
// `ENGINES=sqlite` leaves the other out.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importedBy, reachesOut } from '../dist/test/support/imported.js';
import { runTestFiles } from './test-process.mjs';

const countsFolder = join('coverage', 'tmp');
const engines = process.env.ENGINES?.split(',') ?? ['sqlite', 'postgres'];
const serverVariable = 'RESOURCE_SHARE_TEST_POSTGRES';
/** Two at least, as a file often waits for a process that it started; four at most, as nobody has tried more. */
const processesMax = Math.min(Math.max(2, availableParallelism()), 4);
/** Where the files are that take longest. They begin first, so that no long file is left for the end. */
const longest = [/^test\/crash\//, /^test\/(property|fuzz)\//, /^test\/(browser|cli|docs|fairness)\//];
/** Tests whose engine is chosen from outside get it here. */
const chooser = 'dist/test/support/engines.js';
/** Files that ask what their process has loaded, and so have one of their own. */
const alone = /^test\/api\/start/;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
process.exitCode = await test(process.argv.slice(2));

async function test(words) {
  const filters = words.filter((word) => word !== 'fast');
  const found = testFiles(filters);
  const files = words.includes('fast') ? found.filter((file) => reachesOut(resolve(file)) === null) : found;
  if (files.length === 0) {
    console.error(`no test file matches ${words.join(' ')}`);
    console.log('0 passed, 0 failed');
    return 1;
  }
  const measured = words.length === 0;
  if (measured) {
    rmSync(countsFolder, { recursive: true, force: true });
    mkdirSync(countsFolder, { recursive: true });
  }
  const keysFolder = mkdtempSync(join(tmpdir(), 'resource-share-keys-'));
  const { passed, failed, skipped } = await runOnEngines(files, {
    RESOURCE_SHARE_CHECKPOINTS_KEYS: keysFolder,
    ...(measured ? { NODE_V8_COVERAGE: resolve(countsFolder) } : {}),
  }).finally(() => rmSync(keysFolder, { recursive: true, force: true }));
  const covered = !measured || (await (await import('./coverage.mjs')).reportCoverage(countsFolder));
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 && covered ? 0 : 1;
}

/** Runs each file on its engines, in as many processes as there are processors; a process stays with one engine. */
async function runOnEngines(files, env) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const queues = engines
    .map((engine) => ({ engine, files: files.filter((file) => enginesOf(file).includes(engine)) }))
    .filter((queue) => queue.files.length > 0);
  const starting = queues.some(({ engine }) => engine === 'postgres') ? startServer() : null;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGTERM', stop);
  try {
    const workers = Array.from({ length: processesMax }, async () => {
      for (const { engine, files } of queues) {
        const server = engine === 'postgres' ? { [serverVariable]: (await starting).url } : {};
        const settings = { ...env, ...server, ENGINES: engine };
        while (files.length > 0 && !stopping.signal.aborted) {
          await runTestFiles(takeFrom(files), settings, reporter(engine, counts), stopping.signal);
        }
      }
    });
    await Promise.all(workers);
  } finally {
    process.off('SIGTERM', stop);
    await (await starting)?.stop();
  }
  return counts;
}

/** Gives one process its files, one at a time; undefined when it has had enough. */
function takeFrom(files) {
  let taken = 0;
  let enough = false;
  return () => {
    const isAlone = files.length > 0 && alone.test(sourceOf(files[0]));
    if (enough || (isAlone && taken > 0)) return undefined;
    enough = isAlone;
    taken++;
    return files.shift();
  };
}

/** Compiled test files, chosen by the names of their sources, in the order in which they begin. */
function testFiles(filters) {
  const wanted = filters.map((filter) => filter.replace(/^(\.\/)?(dist\/)?|\.[jt]s$/g, ''));
  const rank = (file) => longest.findIndex((folder) => folder.test(sourceOf(file))) >>> 0;
  return readdirSync(join('dist', 'test'), { recursive: true })
    .map((name) => join('dist', 'test', name))
    .filter((path) => path.endsWith('.test.js'))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.slice('dist/'.length).includes(part)))
    .sort()
    .sort((a, b) => rank(a) - rank(b));
}

/** What is about one engine has its name; what goes through a ledger, on an engine that is chosen, runs on both, the rest once. */
function enginesOf(file) {
  const [named] = /(sqlite|postgres)(?=[^/]*$)/.exec(sourceOf(file)) ?? [];
  if (named !== undefined) return [named];
  const isOfLedger = /^test\/(api|contract|crash|failures|fuzz|property\/(?!fairness-))/.test(sourceOf(file));
  return isOfLedger && importedBy(resolve(file)).has(resolve(chooser)) ? ['sqlite', 'postgres'] : ['sqlite'];
}

/** The server that the environment names, or one of our own. */
async function startServer() {
  const given = process.env[serverVariable];
  if (given) return { url: given, stop: () => undefined };
  const { PostgresServer } = await import('../dist/test/support/postgres-server.js');
  const server = await PostgresServer.start();
  return { url: server.url(), stop: () => server.remove() };
}

/** Counts and prints what a process of tests tells. */
function reporter(engine, counts) {
  return {
    passed: () => counts.passed++,
    skipped: () => counts.skipped++,
    failed(file, result) {
      counts.failed++;
      printFailure(engine, file, result);
    },
    ended(file, ok, milliseconds) {
      const seconds = (milliseconds / 1000).toFixed(1).padStart(6);
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${engine.padEnd(8)}  ${sourceOf(file)}`);
    },
    printed: (text) => process.stdout.write(text),
  };
}

function printFailure(engine, file, { fullname, diag }) {
  const { at, source, diff, stack } = diag ?? {};
  const place = at ? `at ${at.fileName}:${at.lineNumber}:${at.columnNumber}` : '';
  console.log(`not ok  ${engine}  ${sourceOf(file)} > ${fullname}`);
  for (const part of [place, source, diff, stack]) {
    if (part) console.log(part.trimEnd().replace(/^/gm, '    '));
  }
}

function sourceOf(file) {
  return file.replace(/^dist\/(.*)\.js$/, '$1.ts');
}
