// What can be said about the source without running it, side by side: types, style and formatting, dead code and unused
// dependencies, the direction of imports, licences and install scripts of packages. Only a check that fails shows its output.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const folders = ['src', 'test', 'bench'].filter((folder) => existsSync(folder));

const checks = {
  types: ['scripts/setup.mjs'],
  'types of the pages': ['node_modules/typescript/bin/tsc', '-p', 'src/web/browser'],
  style: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  'dead code': ['node_modules/knip/bin/knip.js', '--no-config-hints'],
  imports: ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', ...folders],
  packages: ['scripts/supply-chain.mjs'],
};
const passed = await Promise.all(Object.entries(checks).map(([name, args]) => check(name, args)));
process.exitCode = passed.every(Boolean) ? 0 : 1;

async function check(name, args) {
  const started = Date.now();
  const { exitCode, output } = await run(args);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s  ${name}`);
  if (exitCode !== 0) console.log(output.trimEnd());
  return exitCode === 0;
}

function run(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return new Promise((done) => child.on('close', (exitCode) => done({ exitCode, output })));
}
