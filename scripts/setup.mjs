// Brings a clone up to date: installs packages when the lock file changed, compiles when a source changed, and returns at
// once when neither did. Every npm script begins with it. `setup.mjs packages` stops after the packages.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const sourceFolders = ['src', 'test', 'bench'];
const packagesStamp = 'node_modules/.resource-share-lock';
const buildStamp = 'dist/.sources';
const compilerState = 'dist/.tsbuildinfo';
const bundler = 'scripts/bundle.mjs';
const program = 'dist/app/main.js';
/** Scripts that browsers run: the bundler alone makes something of them. */
const browserFolder = 'src/web/browser/';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const packages = { isCurrent: packagesAreCurrent, update: installPackages };
const output = { isCurrent: outputIsCurrent, update: build };
setUp(process.argv[2] === 'packages' ? [packages] : [packages, output]);

function setUp(parts) {
  if (parts.every((part) => part.isCurrent())) return;
  try {
    withLock('.setup-lock', () => {
      for (const part of parts) {
        if (!part.isCurrent()) part.update();
      }
    });
  } catch (error) {
    console.error(`setup failed: ${error.message}`);
    process.exitCode = 1;
  }
}

function packagesAreCurrent() {
  return readText(packagesStamp) === packagesKey();
}

/** The lock file, and what the compiled SQLite binding depends on besides it. */
function packagesKey() {
  const { platform, arch, versions } = process;
  return digest([readText('package-lock.json'), platform, arch, versions.modules]);
}

function installPackages() {
  if (!npmInstalledTheSame()) {
    console.error('installing packages (the first time compiles SQLite, about two minutes)…');
    const npm = process.env.npm_execpath ?? '';
    const [command, ...args] = npm.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm'];
    run('npm ci', command, [...args, 'ci', '--no-audit', '--no-fund'], { JOBS: 'max' });
  }
  writeFileSync(packagesStamp, packagesKey());
}

/** Whether an `npm ci` or `npm install` by hand already left what the lock file asks for, with a binding that loads here. */
function npmInstalledTheSame() {
  const wanted = JSON.parse(readText('package-lock.json')).packages;
  const found = JSON.parse(readText('node_modules/.package-lock.json') || '{}').packages ?? {};
  const same = Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || found[path]?.version === version,
  );
  const loadBinding = "new (require('better-sqlite3'))(':memory:').close()";
  return same && spawnSync(process.execPath, ['-e', loadBinding], { stdio: 'ignore' }).status === 0;
}

function outputIsCurrent() {
  const sources = sourceFiles();
  const outputs = [...sources.filter(hasOutput).map(outputOf), program];
  return readText(buildStamp) === buildKey(sources) && outputs.every((path) => existsSync(path));
}

function buildKey(sources) {
  const files = [...sources, 'tsconfig.json', bundler].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${path} ${size} ${mtimeMs}`;
  });
  return digest([packagesKey(), ...files]);
}

function build() {
  const all = sourceFiles();
  const sources = all.filter(hasOutput);
  const key = buildKey(all);
  console.error('compiling…');
  removeOutputsBut(new Set(sources.map(outputOf)));
  compile();
  // The compiler emits only what changed since its last run, and so does not replace an output that somebody deleted.
  if (sources.some((path) => isCompiled(path) && !existsSync(outputOf(path)))) {
    rmSync(compilerState, { force: true });
    compile();
  }
  for (const path of sources.filter((path) => !isCompiled(path))) {
    mkdirSync(dirname(outputOf(path)), { recursive: true });
    copyFileSync(path, outputOf(path));
  }
  run('the bundler', process.execPath, [bundler]);
  writeFileSync(buildStamp, key);
}

function compile() {
  run('the TypeScript compiler', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
}

function sourceFiles() {
  return sourceFolders.flatMap(filesBelow).filter((path) => !path.endsWith('.d.ts'));
}

function hasOutput(path) {
  return !path.startsWith(browserFolder);
}

function isCompiled(path) {
  return path.endsWith('.ts');
}

/** TypeScript becomes JavaScript; every other file (a page, a style, a fixture) is copied as it is. */
function outputOf(path) {
  return join('dist', path.replace(/\.ts$/, '.js'));
}

function removeOutputsBut(kept) {
  for (const path of sourceFolders.flatMap((folder) => filesBelow(join('dist', folder)))) {
    if (!kept.has(path) && !kept.has(path.replace(/\.map$/, ''))) rmSync(path);
  }
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function digest(parts) {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

/** Runs a command with its output on stderr, so that stdout stays the caller's own. */
function run(name, command, args, env = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (error) throw new Error(`${name} did not start: ${error.message}`);
  if (status !== 0) throw new Error(`${name} ended with ${signal ?? `exit code ${status}`}`);
}
