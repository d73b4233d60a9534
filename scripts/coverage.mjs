// Line coverage of src/, from what V8 counted in every process and worker thread of a test run. c8 merges the counts and maps
// them from the compiled output back to the TypeScript.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Report } from 'c8';

export const linesPercentMin = 95;

/** Prints the files below the minimum and the sum; says whether the sum reaches it. */
export async function reportCoverage(countsFolder) {
  keepOwnCounts(countsFolder);
  addMaps(countsFolder);
  const files = await coveredFiles(countsFolder);
  const total = files.reduce((sum, { lines }) => addLines(sum, lines), { covered: 0, total: 0 });
  const low = files.filter(({ lines }) => percent(lines) < linesPercentMin);

  console.log(
    `coverage: ${describe(total)} in ${files.length} files, ${low.length} of them below ${linesPercentMin} %`,
  );
  for (const { path, lines, missing } of low.sort((a, b) => percent(a.lines) - percent(b.lines))) {
    console.log(`  ${describe(lines).padEnd(28)} ${path}  lines ${missing}`);
  }
  const enough = percent(total) >= linesPercentMin;
  if (!enough) console.log(`coverage failed: at least ${linesPercentMin} % of lines must run in tests`);
  return enough;
}

/** Cuts every record to our own scripts: c8 loads all of them at once, and node_modules is most of each. */
function keepOwnCounts(folder) {
  const own = ['src', 'app'].map((part) => pathToFileURL(join('dist', part) + sep).href);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const result = readResult(path).filter(({ url }) => own.some((start) => url.startsWith(start)));
    if (result.length === 0) rmSync(path);
    else writeFileSync(path, JSON.stringify({ result }));
  }
}

/**
 * The counts of a record, without the source maps behind them: c8 finds those of `dist/src` beside the scripts. A process that
 * was killed while it wrote leaves half a record.
 */
function readResult(path) {
  const record = readFileSync(path);
  const end = record.indexOf('],"timestamp":');
  try {
    return JSON.parse(`${record.toString('utf8', 0, end)}]}`).result;
  } catch {
    return [];
  }
}

/** The bundle does not name its source maps; Node's own form of a record says where they are. */
function addMaps(folder) {
  const maps = readdirSync(join('dist', 'app'))
    .filter((name) => name.endsWith('.js.map'))
    .map((name) => {
      const script = resolve('dist', 'app', name.slice(0, -'.map'.length));
      return [pathToFileURL(script).href, { data: JSON.parse(readFileSync(`${script}.map`, 'utf8')) }];
    });
  writeFileSync(
    join(folder, 'maps.json'),
    JSON.stringify({ result: [], 'source-map-cache': Object.fromEntries(maps) }),
  );
}

const sources = resolve('src') + sep;

async function coveredFiles(tempDirectory) {
  const report = new Report({
    all: true,
    src: ['dist/src'],
    include: ['dist/src/**', 'dist/app/**'],
    exclude: filesWithoutCode('dist/src'),
    extension: ['.js'],
    reporter: [],
    resolve: '',
    omitRelative: true,
    tempDirectory,
  });
  const map = await report.getCoverageMapFromAllCoverageFiles();
  return map
    .files()
    .filter((path) => path.endsWith('.ts') && path.startsWith(sources))
    .map((path) => {
      const file = map.fileCoverageFor(path);
      return {
        path: relative('', path),
        lines: file.toSummary().data.lines,
        missing: ranges(file.getUncoveredLines().map(Number)),
      };
    });
}

/** A module of nothing but types is never loaded, so no test could cover it. */
function filesWithoutCode(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.js') && !hasCode(readFileSync(path, 'utf8')));
}

function hasCode(script) {
  const code = script.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^export \{\};$/gm, '');
  return code.trim() !== '';
}

function addLines(a, b) {
  return { covered: a.covered + b.covered, total: a.total + b.total };
}

function percent({ covered, total }) {
  return total === 0 ? 100 : (100 * covered) / total;
}

function describe(lines) {
  return `${percent(lines).toFixed(1)} % of ${lines.total} lines`;
}

/** `[3, 4, 5, 9]` as `3-5 9`. */
function ranges(numbers) {
  const found = [];
  for (const n of numbers) {
    const last = found.at(-1);
    if (last?.to === n - 1) last.to = n;
    else found.push({ from: n, to: n });
  }
  return found.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(' ');
}
