/**
 * Goal: docs/concepts/fair-share.md says what the code does. Its example and its table of parameters are worked out from
 * the code, its terminal is what the commands print, its pictures of worlds are what they plot, and every part that a
 * docstring names is there. `UPDATE_DOCS=1` writes the generated blocks and pictures instead of comparing them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import tap from 'tap';
import { plan } from '../../src/fairness/plan.js';
import { packageRoot } from '../../src/package-root.js';
import { demonstrations } from '../../src/simulate/scenarios/responses.js';
import { exampleState, workedExample } from '../support/fair-share-example.js';
import { parametersTable } from '../support/fair-share-parameters.js';
import { temporaryFolder } from '../support/folder.js';
import { blockOf, commandsIn, compare } from '../support/generated-block.js';
import { program } from '../support/program.js';

const concept = 'docs/concepts/fair-share.md';
const pathOf = (document: string) => join(packageRoot, document);
const read = (document = concept) => readFileSync(pathOf(document), 'utf8');

tap.test('every part that the sources name is there', async (t) => {
  const headings = new Set([...read().matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading));
  let named = 0;
  for (const file of sourcesIn('src')) {
    const text = readFileSync(file, 'utf8').replace(/\s*\n\s*(\*|\/\/)?\s*/g, ' ');
    for (const [, names] of text.matchAll(/((?:"[^"]+"(?:, | and )?)+) in docs\/concepts\/fair-share\.md/g)) {
      for (const [, name] of (names as string).matchAll(/"([^"]+)"/g)) {
        t.ok(headings.has(name), `“${name}”, named in ${file}`);
        named += 1;
      }
    }
  }
  t.ok(named >= 15, 'the sources do name parts');
});

tap.test('every link leads somewhere', async (t) => {
  const text = read();
  const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading as string));
  for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
    const [file, anchor] = (target as string).split('#');
    if (file !== '') t.ok(existsSync(join(dirname(pathOf(concept)), file as string)), `${target}`);
    else t.ok(anchors.includes(anchor as string), `${target}`);
  }
});

tap.test('the worked example is what the controller works out', async (t) => {
  compare(t, concept, 'example', workedExample());
});

tap.test('the plan of the example is the formula of the text, solved', async (t) => {
  const state = exampleState();
  const { windows, members } = plan(state, Date.UTC(2026, 0, 7) + 1);
  let sum = 0;
  for (const { claim, level, rate, expected } of members.values()) {
    t.ok(Math.abs(rate - (claim.weight * (level ?? 0) - claim.used) / claim.hours) < 1e-9);
    sum += rate * (expected[0] ?? 0);
  }
  t.ok(Math.abs(sum - (windows[0]?.rate ?? 0)) < 1e-6, 'the rates add up to that of the window');
});

tap.test('the table of parameters holds the defaults', async (t) => {
  compare(t, concept, 'parameters', parametersTable());
});

for (const document of ['README.md', concept]) {
  tap.test(`the terminal in ${document} shows what the commands print`, { timeout: 400_000 }, async (t) => {
    const folder = temporaryFolder(t);
    const shown = commandsIn(blockOf(document, 'terminal')).map(
      (command) => `$ ${command}\n${outputOf(command, folder)}`,
    );
    compare(t, document, 'terminal', `\`\`\`console\n${shown.join('\n').trimEnd()}\n\`\`\``);
  });
}

for (const { name } of demonstrations) {
  tap.test(`the picture of ${name} is what the command plots`, async (t) => {
    const picture = `docs/images/fairness/${name}.svg`;
    t.match(read(), `](../images/fairness/${name}.svg)`, 'and it is shown');
    const folder = temporaryFolder(t);
    outputOf(`npx resource-share simulate --scenario ${name} --seeds 1 --plot plot.svg`, folder);
    const plotted = readFileSync(join(folder, 'plot.svg'), 'utf8');
    if (process.env.UPDATE_DOCS === '1') writeFileSync(pathOf(picture), plotted);
    t.ok(read(picture) === plotted, `${picture} (UPDATE_DOCS=1 npm test -- test/docs writes it)`);
  });
}

tap.test('the figures in the README are those of the results', async (t) => {
  const mean = (name: string, column: number) => {
    const row = read('docs/fairness-results.md')
      .split('\n')
      .find((line) => line.startsWith(`| ${name} `));
    return row?.split('|')[column]?.trim();
  };
  const text = read('README.md').replace(/\s+/g, ' ');
  const [ours, original] = ['ours', 'original'].map((name) => ({ off: mean(name, 3), out: mean(name, 6) }));
  t.match(
    text,
    `ends ${ours?.off} % from what is fair for it (under the original server's controller ${original?.off} %)`,
  );
  t.match(text, `for ${ours?.out} hours (${original?.out})`);
});

function sourcesIn(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(packageRoot, folder, name));
}

/** As GitHub makes them. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Stdout of a command as somebody in UTC sees it. */
function outputOf(command: string, folder: string): string {
  const prelude = `npx() { shift; '${process.execPath}' '${program}' "$@"; }\n`;
  const env = {
    ...process.env,
    TZ: 'UTC',
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_DATA_HOME: join(folder, 'share'),
  };
  return execFileSync('bash', ['-c', prelude + command], { cwd: folder, env, encoding: 'utf8' });
}
