// Puts the program together in `dist/app`: a daemon that starts finds, reads and compiles 72 files instead of 291, 60 of which
// were the languages of zod, and takes a fifth less time (docs/decisions/0007-speed.md). Packages stay where they are, but for
// zod, rxjs and temporal-polyfill, of which what nobody uses is left out (zod is imported as a namespace for that), for
// zod-openapi, which must have the same zod, and for the tables of prices, of which what the price book takes is kept.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const inside = ['zod', 'rxjs', 'temporal-polyfill', 'zod-openapi', 'get-east-asian-width', '@modelcontextprotocol/sdk'];
const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
// For Node the package names its CommonJS build, of which nothing can be left out.
const alias = { rxjs: fileURLToPath(new URL('../node_modules/rxjs/dist/esm/index.js', import.meta.url)) };
const outdir = 'dist/app';
/** 60 KB of JSON are there in 1 ms; the 830 KB of code that they are made of took 40 ms. */
const priceTables = {
  name: 'price tables',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]prices[\\/]tables\.ts$/ }, async () => {
      const { tablePrices } = await import('../dist/src/prices/tables.js');
      const text = JSON.stringify(JSON.stringify(tablePrices()));
      return { contents: `export const tablePrices = () => JSON.parse(${text});`, loader: 'js' };
    });
  },
};

/** A server that asks its client for nothing needs no validator: a compiler of schemas, and what that needs, stay away. */
const noValidator = {
  name: 'no validator',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]sdk[\\/]dist[\\/]esm[\\/]validation[\\/]ajv-provider\.js$/ }, () => ({
      contents: 'export class AjvJsonSchemaValidator {}',
      loader: 'js',
    }));
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  // The program, and the threads and processes that it starts by these names, from any of the files.
  entryPoints: [
    'src/cli/main.ts',
    'src/verify/walk-worker.ts',
    'src/engines/sqlite/worker.ts',
    'src/replay/replay-worker.ts',
    'src/backup/backup-worker.ts',
    'src/analysis/preview-worker.ts',
    'src/engines/sqlite/query-child.ts',
  ],
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  alias,
  plugins: [priceTables, noValidator],
  external: Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !inside.includes(name)),
  // Without the comment that names the map: Node would read all of them wherever it counts coverage, which made a verb take
  // 0.37 s there instead of 0.30 s, and write 3.4 MB instead of 0.8 MB. `coverage.mjs` finds them by their names.
  sourcemap: 'external',
  logLevel: 'warning',
});

await bundlePages();

/**
 * The scripts and styles of the pages: names that hold a hash of what is in them, each also compressed, and a list by which the
 * program finds them.
 */
async function bundlePages() {
  const folder = 'src/web/browser';
  const assets = `${outdir}/assets`;
  const { outputFiles, metafile } = await build({
    entryPoints: ['page.ts', 'docs.ts', 'sql.ts', 'page.css'].map((name) => `${folder}/${name}`),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outdir: assets,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const icon = readFileSync(`${folder}/icon.svg`);
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  mkdirSync(assets, { recursive: true });
  const names = { 'icon.svg': iconName };
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint?.startsWith(folder)) names[basename(entryPoint).replace(/\.ts$/, '.js')] = basename(path);
  }
  for (const { path, contents } of [...outputFiles, { path: iconName, contents: icon }]) {
    const file = `${assets}/${basename(path)}`;
    writeFileSync(file, contents);
    if (extname(file) === '.map') continue;
    writeFileSync(`${file}.br`, brotliCompressSync(contents));
    writeFileSync(`${file}.gz`, gzipSync(contents, { level: 9 }));
  }
  writeFileSync(`${assets}/names.json`, `${JSON.stringify(names, null, 2)}\n`);
}
