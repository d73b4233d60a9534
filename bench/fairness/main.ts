/**
 * Plays the simulated weeks under four controllers and writes docs/fairness-results.md with its pictures. `--seeds N` plays
 * each week N times (10 unless given). `--quick` plays two seeds of what is told run by run, without the week of fifty agents,
 * `--by-response` what is told response by response; both write nothing. `--set PARAMETER=VALUE` plays with another policy, may
 * be repeated, and writes nothing either.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { policyParameters } from '../../src/fairness/policy.js';
import { packageRoot } from '../../src/package-root.js';
import type { Scenario } from '../../src/simulate/scenario.js';
import { toldByResponse, toldByRun } from '../../src/simulate/scenarios.js';
import { machine } from '../machine.js';
import { responseTable } from './by-response.js';
import { type ContenderName, contendersByResponse, contendersByRun } from './contenders.js';
import { pictures } from './pictures.js';
import { report } from './report.js';
import { resultsOf } from './results.js';
import { conclusion, meansTable, scenarioTable } from './score-tables.js';
import { verdictsOn } from './verdicts.js';
import type { Week } from './week.js';
import { playAll } from './workers.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'by-response': { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const { quick, 'by-response': isByResponse } = values;
const policy = policyParameters
  .omit({ windows: true })
  .partial()
  .parse(Object.fromEntries(values.set.map(assignment)));
const seeds = Number(values.seeds ?? (quick ? 2 : 10));
if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`--seeds ${values.seeds} is no number of seeds`);

/** They take longest, and so come first. */
const slow = ['fifty-agents', 'three-owners'];
const byRun = isByResponse ? [] : toldByRun.filter(({ name }) => !quick || !slow.includes(name));
const byResponse = quick && !isByResponse ? [] : toldByResponse;
const weeks = [...weeksOf(byRun, contendersByRun), ...weeksOf(byResponse, contendersByResponse)].sort(
  (a, b) => Number(slow.includes(b.scenario)) - Number(slow.includes(a.scenario)),
);

const began = performance.now();
const minutes = () => (performance.now() - began) / 60_000;
const scores = await playAll(weeks, availableParallelism(), showProgress);
const results = resultsOf(byRun, contendersByRun, weeks, scores);
const responseResults = resultsOf(byResponse, contendersByResponse, weeks, scores);
const verdicts = verdictsOn([...results, ...responseResults]);
if (results.length > 0) {
  print(`\nMeans of ${results.length} scenarios, ${seeds} seeds each:\n\n${meansTable(results, contendersByRun)}`);
  print(`\nOurs / original:\n\n${scenarioTable(results)}`);
}
if (responseResults.length > 0) print(`\nTold response by response:\n\n${responseTable(responseResults)}`);
print(`\n${conclusion(verdicts)}`);
if (!quick && !isByResponse && values.set.length === 0) write();
if (verdicts.some(({ met }) => !met)) process.exitCode = 1;

function weeksOf(scenarios: readonly Scenario[], contenders: readonly ContenderName[]): Week[] {
  return scenarios.flatMap(({ name: scenario }) =>
    contenders.flatMap((contender) =>
      Array.from({ length: seeds }, (_, seed): Week => ({ scenario, contender, seed: String(seed), policy })),
    ),
  );
}

function write(): void {
  const images = join(packageRoot, 'docs', 'images', 'fairness');
  mkdirSync(images, { recursive: true });
  for (const { file, svg } of pictures(results, responseResults)) writeFileSync(join(images, file), svg);
  const command = `npm run bench:fairness${values.seeds === undefined ? '' : ` -- --seeds ${seeds}`}`;
  const page = report(
    { byRun: results, byResponse: responseResults, verdicts },
    { seeds, minutes: minutes(), machine: machine(), command },
  );
  writeFileSync(join(packageRoot, 'docs', 'fairness-results.md'), page);
  print('Wrote docs/fairness-results.md and docs/images/fairness');
}

/** `horizon_h=24`: numbers are numbers, the rest is text. */
function assignment(text: string): [name: string, value: unknown] {
  const [name = '', value = ''] = text.split('=');
  return [name, Number.isNaN(Number.parseFloat(value)) ? value : Number(value)];
}

/** A line for every tenth of the weeks. */
function showProgress(done: number): void {
  const tenth = (count: number) => Math.floor((10 * count) / weeks.length);
  if (tenth(done) === tenth(done - 1)) return;
  process.stderr.write(`${done} of ${weeks.length} weeks in ${minutes().toFixed(1)} minutes\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
