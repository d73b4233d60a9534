// Goal: `sources read` says what it would record, finds the folders of Claude Code by itself, and goes on where it was.
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Test, test } from 'tap';
import { claudeRoots } from '../../src/intake/default-roots.js';
import { response, textOf } from '../support/claude-lines.js';
import { temporaryFolder } from '../support/folder.js';
import { run } from './run.js';

/** A home in which Claude Code has left the given files. */
function homeWith(t: Test, ...files: readonly string[]): string {
  const home = temporaryFolder(t);
  for (const [i, path] of files.entries()) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), textOf(response(i + 1)));
  }
  return home;
}

async function responsesOf(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await run(['sources', 'read', 'claude-transcript', ...args, '--json'], { env });
  if (code !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as { uses: { response: string }[] }).uses.map((use) => use.response);
}

test('without a path it reads where Claude Code keeps its transcripts', async (t) => {
  const home = homeWith(t, '.claude/projects/a/s1.jsonl', 'config/claude/projects/a/s2.jsonl', 'x/projects/s3.jsonl');
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config') };
  t.strictSame(await responsesOf([], env), ['msg_2', 'msg_1']);
  t.strictSame(await responsesOf([], { ...env, CLAUDE_CONFIG_DIR: `${join(home, 'x')}, /nowhere` }), ['msg_3']);
  const empty = { env: { HOME: join(home, 'nobody'), XDG_CONFIG_HOME: join(home, 'nobody') } };
  const nothing = await run(['sources', 'read', 'claude-transcript'], empty);
  t.equal(nothing.code, 1);
  t.match(nothing.stderr, /There is nothing to read: no .*nobody\/claude\/projects, no .*nobody\/\.claude\/projects/);
});

test('the folders of Claude Code', async (t) => {
  const roots = (environment: Parameters<typeof claudeRoots>[0]) => claudeRoots(environment, '/home/ada');
  t.strictSame(roots({}), ['/home/ada/.config/claude/projects', '/home/ada/.claude/projects']);
  t.strictSame(roots({ XDG_CONFIG_HOME: '/etc/x' }), ['/etc/x/claude/projects', '/home/ada/.claude/projects']);
  t.strictSame(roots({ CLAUDE_CONFIG_DIR: '/a, /b/projects/,,/a' }), ['/a/projects', '/b/projects']);
  t.strictSame(roots({ CLAUDE_CONFIG_DIR: ' ', XDG_CONFIG_HOME: '' }), roots({}), 'empty is as unset');
});

test('with a cursor the next run says only what is new, and the file is replaced as a whole', async (t) => {
  const home = homeWith(t, 'a.jsonl');
  const cursor = join(temporaryFolder(t), 'cursor');
  t.strictSame(await responsesOf([home, '--cursor', cursor]), ['msg_1']);
  t.strictSame(await responsesOf([home, '--cursor', cursor]), []);
  t.strictSame(readdirSync(dirname(cursor)), ['cursor'], 'nothing else is left');
  writeFileSync(join(home, 'b.jsonl'), textOf(response(1), response(2)));
  t.strictSame(await responsesOf([home, '--cursor', cursor]), ['msg_2']);
  writeFileSync(cursor, 'damage');
  const damaged = await run(['sources', 'read', 'claude-transcript', home, '--cursor', cursor]);
  t.equal(damaged.code, 2);
  t.match(damaged.stderr, /cursor is no cursor, or a damaged one\. Remove it to read everything again/);
});

test('whether a source works here', async (t) => {
  const home = homeWith(t, '.claude/projects/a/s1.jsonl', '.claude/projects/a/s2.jsonl');
  const newest = join(home, '.claude/projects/a/s2.jsonl');
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'none') };
  const ask = (...args: readonly string[]) => run(['sources', 'test', ...args], { env });
  utimesSync(join(home, '.claude/projects/a/s1.jsonl'), 1_700_000_000, 1_700_000_000);
  const works = await ask('claude-transcript', '--json');
  t.equal(works.code, 0);
  t.match(JSON.parse(works.stdout), {
    works: true,
    roots: [{ fault: 'missing' }, { path: join(home, '.claude/projects'), fault: null }],
    files: 2,
    newest: { file: newest, uses: 1, readings: 0, client_versions: ['2.1.332'], skipped: {} },
  });
  writeFileSync(newest, textOf(response(2)).slice(0, 400));
  const older = await ask('claude-transcript');
  t.match(older, { code: 0, stdout: /s2\.jsonl, was written \d+ s ago\.\n.*s1\.jsonl shows: uses 1,/ });
  t.match(older.stdout, /projects: is not there\./);
  writeFileSync(join(home, '.claude/projects/a/s1.jsonl'), '');
  t.match(await ask('claude-transcript'), { code: 1, stdout: /None of the newest files shows anything/ });
  t.match(await ask('gemini-chat'), { code: 1, stdout: /gemini\/tmp: is not there\.\n0 files of gemini-chat/ });
  t.match(await ask('usage-json'), { code: 64, stderr: /Name the file or the folder/ });
});

test('what is wrong with a question is said', async (t) => {
  const unknown = await run(['sources', 'read', 'telegrams', '/tmp']);
  t.equal(unknown.code, 64);
  t.match(unknown.stderr, /"telegrams" is no format that can be read\. There are: .*claude-transcript/);
  const missing = await run(['sources', 'read', 'claude-transcript', '/nowhere/at/all']);
  t.equal(missing.code, 2);
  t.match(missing.stderr, /\/nowhere\/at\/all/);
});
