/**
 * Plays the simulated weeks under four controllers and writes docs/fairness-results.md with its pictures. `--seeds N` plays
 * each week N times (10 unless given). `--quick` plays two seeds without the week of fifty agents, and writes nothing.
 * `--set PARAMETER=VALUE` plays with another policy, may be repeated, and writes nothing either.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { policyParameters } from '../../src/fairness/policy.js';
import { packageRoot } from '../../src/package-root.js';
import { scenarios } from '../../src/simulate/scenarios.js';
import { machine } from '../machine.js';
import { contenderNames } from './contenders.js';
import { pictures } from './pictures.js';
import { conclusion, meansTable, report, scenarioTable } from './report.js';
import { resultsOf } from './results.js';
import { verdictsOn } from './verdicts.js';
import type { Week } from './week.js';
import { playAll } from './workers.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const { quick } = values;
const policy = policyParameters
  .omit({ windows: true })
  .partial()
  .parse(Object.fromEntries(values.set.map(assignment)));
const seeds = Number(values.seeds ?? (quick ? 2 : 10));
if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`--seeds ${values.seeds} is no number of seeds`);

const slow = 'fifty-agents';
const played = scenarios.filter(({ name }) => !quick || name !== slow);
const weeks = played
  .flatMap(({ name: scenario }) =>
    contenderNames.flatMap((contender) =>
      Array.from({ length: seeds }, (_, seed): Week => ({ scenario, contender, seed: String(seed), policy })),
    ),
  )
  .sort((a, b) => Number(b.scenario === slow) - Number(a.scenario === slow));

const began = performance.now();
const minutes = () => (performance.now() - began) / 60_000;
const scores = await playAll(weeks, availableParallelism(), showProgress);
const results = resultsOf(played, weeks, scores);
const verdicts = verdictsOn(results);
print(`\nMeans of ${played.length} scenarios, ${seeds} seeds each:\n\n${meansTable(results)}`);
print(`\nOurs / original:\n\n${scenarioTable(results)}\n\n${conclusion(verdicts)}`);
if (!quick && values.set.length === 0) write();
if (verdicts.some(({ met }) => !met)) process.exitCode = 1;

function write(): void {
  const images = join(packageRoot, 'docs', 'images', 'fairness');
  mkdirSync(images, { recursive: true });
  for (const { file, svg } of pictures(results)) writeFileSync(join(images, file), svg);
  const command = `npm run bench:fairness${values.seeds === undefined ? '' : ` -- --seeds ${seeds}`}`;
  const page = report(results, verdicts, { seeds, minutes: minutes(), machine: machine(), command });
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
