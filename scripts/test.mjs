// Runs the compiled tests with tap and closes with `N passed, N failed`, counted in assertions. Without arguments it also
// measures coverage and fails below the minimum; with arguments it runs only the files whose name contains one of them:
// `npm test -- test/unit`, `npm test -- test/api/wire.test.ts`. What tests a ledger runs once on SQLite and once on
// PostgreSQL, for which one server is started; `ENGINES=sqlite` leaves the other out.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser } from 'tap-parser';

const countsFolder = join('coverage', 'tmp');
const engines = process.env.ENGINES?.split(',') ?? ['sqlite', 'postgres'];
const serverVariable = 'RESOURCE_SHARE_TEST_POSTGRES';
let stopping = false;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
process.exitCode = await test(process.argv.slice(2));

async function test(filters) {
  const files = testFiles(filters);
  if (files.length === 0) {
    console.error(`no test file matches ${filters.join(' ')}`);
    console.log('0 passed, 0 failed');
    return 1;
  }
  const measured = filters.length === 0;
  if (measured) {
    rmSync(countsFolder, { recursive: true, force: true });
    mkdirSync(countsFolder, { recursive: true });
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const env = measured ? { NODE_V8_COVERAGE: resolve(countsFolder) } : {};
  for (const engine of engines) await testOn(engine, files, env, counts);
  const { passed, failed, skipped } = counts;
  const covered = !measured || (await (await import('./coverage.mjs')).reportCoverage(countsFolder));
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 && covered ? 0 : 1;
}

async function testOn(engine, files, env, counts) {
  const own = files.filter((file) => enginesOf(sourceOf(file)).includes(engine));
  if (own.length === 0 || stopping) return;
  const server = engine === 'postgres' ? await startServer() : null;
  try {
    const settings = server === null ? {} : { [serverVariable]: server.url };
    await runTap(engine, own, { ...env, ...settings, ENGINES: engine }, counts);
  } finally {
    await server?.stop();
  }
}

/** What is about one engine has its name; what goes through a ledger runs on both, the rest once. */
function enginesOf(file) {
  const [named] = /(sqlite|postgres)(?=[^/]*$)/.exec(file) ?? [];
  if (named !== undefined) return [named];
  return /^test\/(api|contract|crash|failures|fuzz|property\/(?!fairness-))/.test(file)
    ? ['sqlite', 'postgres']
    : ['sqlite'];
}

/** The server that the environment names, or one of our own. */
async function startServer() {
  const given = process.env[serverVariable];
  if (given) return { url: given, stop: () => undefined };
  const { PostgresServer } = await import('../dist/test/support/postgres-server.js');
  const server = await PostgresServer.start();
  return { url: server.url(), stop: () => server.remove() };
}

/** Compiled test files, chosen by the names of their sources. */
function testFiles(filters) {
  const wanted = filters.map((filter) => filter.replace(/^(\.\/)?(dist\/)?|\.[jt]s$/g, ''));
  return readdirSync(join('dist', 'test'), { recursive: true })
    .map((name) => join('dist', 'test', name))
    .filter((path) => path.endsWith('.test.js'))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.slice('dist/'.length).includes(part)))
    .sort();
}

async function runTap(engine, files, env, counts) {
  const failedBefore = counts.failed;
  const tap = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', '--reporter=tap', ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const stop = () => {
    stopping = true;
    tap.kill('SIGTERM');
  };
  process.once('SIGTERM', stop);

  const results = new Parser();
  results.on('pass', () => counts.passed++);
  results.on('skip', () => counts.skipped++);
  results.on('todo', () => counts.skipped++);
  results.on('fail', (result) => {
    counts.failed++;
    printFailure(engine, result);
  });
  results.on('assert', (result) => printFile(engine, result));
  showPrinted(results);
  const parsed = new Promise((done) => results.on('complete', done));
  tap.stdout.pipe(results);

  const [exitCode] = await new Promise((done) => tap.on('close', (...how) => done(how)));
  const { ok } = await parsed;
  process.off('SIGTERM', stop);
  // A runner that broke off has failed, even if no assertion before it did.
  if ((exitCode !== 0 || !ok) && counts.failed === failedBefore) {
    console.log(`tap ended with exit code ${exitCode} before it finished`);
    counts.failed += 1;
  }
}

function printFile(engine, { ok, name, time }) {
  const seconds = ((time ?? 0) / 1000).toFixed(1).padStart(6);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${engine.padEnd(8)}  ${sourceOf(name)}`);
}

function printFailure(engine, { fullname, diag }) {
  const { at, exitCode, signal, source, diff, stack } = diag ?? {};
  const place = at ? `at ${at.fileName}:${at.lineNumber}:${at.columnNumber}` : '';
  const end = signal || exitCode ? `the process ended with ${signal ?? `exit code ${exitCode}`}` : '';
  console.log(`not ok  ${engine}  ${sourceOf(fullname)}`);
  for (const part of [place, end, source, diff, stack]) {
    if (part) console.log(part.trimEnd().replace(/^/gm, '    '));
  }
}

/** What a test printed arrives between its results. */
function showPrinted(parser) {
  parser.on('extra', (text) => process.stdout.write(text));
  parser.on('child', showPrinted);
}

function sourceOf(name) {
  return name.replace(/^dist\/(.*?\.test)\.js/, '$1.ts');
}
