// Goal: each shell completes verbs, options, and what may be given to them.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { run } from './run.js';

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

const cases: readonly (readonly [line: string, includes: readonly string[], leavesOut: readonly string[]])[] = [
  ['', ['serve', 'usage', 'completion'], ['list', 'help']],
  ['us', ['usage'], ['serve']],
  ['usage ', ['record', 'list', 'daily', 'summary', '--data'], ['serve', '--mode']],
  ['usage record --mode ', ['autonomy', 'collaboration'], ['record', '--cost']],
  ['usage record Ada --to', ['--tokens', '--total-cost-usd', '--total-tokens'], ['--cost']],
  ['serve --log-level ', ['debug', 'silent'], ['--port']],
  ['--pool usage pools ', ['list', 'add'], ['record']],
  ['completion ', ['bash', 'zsh', 'fish'], []],
];

test('bash', { skip: has('bash') ? false : 'bash is not installed' }, async (t) => {
  const script = (await run(['completion', 'bash'])).stdout;
  for (const [line, includes, leavesOut] of cases) {
    const words = ['resource-share', ...line.split(' ')];
    const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _resource_share; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-s'], { encoding: 'utf8', input: `${script}\n${ask}` });
    const offered = stdout.trim().split('\n');
    t.strictSame(
      includes.filter((word) => !offered.includes(word)),
      [],
      `"${line}" offers ${includes.join(', ')}`,
    );
    t.strictSame(
      leavesOut.filter((word) => offered.includes(word)),
      [],
      `"${line}" does not offer ${leavesOut.join(', ')}`,
    );
    t.equal(stderr, '');
  }
});

test('bash completes files where a file is meant', {
  skip: has('bash') ? false : 'bash is not installed',
}, async (t) => {
  const script = (await run(['completion', 'bash'])).stdout;
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'one.json'), '{}');
  const ask = `COMP_WORDS=(resource-share --config o); COMP_CWORD=2; _resource_share; printf '%s' "\${COMPREPLY[@]}"`;
  t.equal(spawnSync('bash', ['-s'], { encoding: 'utf8', input: `${script}\n${ask}`, cwd: folder }).stdout, 'one.json');
});

for (const shell of ['zsh', 'fish']) {
  test(`${shell} can read its script`, { skip: has(shell) ? false : `${shell} is not installed` }, async (t) => {
    const file = join(temporaryFolder(t), 'script');
    writeFileSync(file, (await run(['completion', shell])).stdout);
    t.match(spawnSync(shell, ['-n', file], { encoding: 'utf8' }), { status: 0, stderr: '' });
  });
}

test('fish completes', { skip: has('fish') ? false : 'fish is not installed' }, async (t) => {
  const file = join(temporaryFolder(t), 'script');
  const script = (await run(['completion', 'fish'])).stdout;
  for (const [line, includes, leavesOut] of cases) {
    const ask = `complete --do-complete 'resource-share ${line}'`;
    writeFileSync(file, `${script}\n${ask}`);
    const { stdout, stderr } = spawnSync('fish', ['--no-config', file], { encoding: 'utf8' });
    const offered = stdout.split('\n').map((each) => each.split('\t')[0] as string);
    const wanted = includes.filter((word) => !word.startsWith('--') || line.endsWith('--to'));
    t.strictSame(
      wanted.filter((word) => !offered.includes(word)),
      [],
      `"${line}" offers ${wanted.join(', ')}`,
    );
    t.strictSame(
      leavesOut.filter((word) => offered.includes(word)),
      [],
      `"${line}"`,
    );
    t.equal(stderr, '');
  }
});

test('another shell is refused in words', async (t) => {
  t.match(await run(['completion', 'ksh']), { code: 64, stderr: /bash, zsh, fish/ });
});
