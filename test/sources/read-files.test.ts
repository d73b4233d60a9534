/** Goal: whatever lies in a folder, what can be read of it is read once, in bounded parts, and the rest is counted. */
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { preview } from '../../src/intake/preview.js';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import type { ReadContext, Source, UseSeen } from '../../src/sources/source.js';
import { type Line, response, textOf } from '../support/claude-lines.js';
import { temporaryFolder } from '../support/folder.js';

const at = Date.parse('2026-11-28T12:00:00Z');

/** A folder with files of the given texts. */
function folderOf(t: Test, files: Readonly<Record<string, string>> = {}): string {
  const root = temporaryFolder(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function read(root: string | readonly string[], source: Source = claudeTranscript) {
  const { observations, skipped } = preview(source, [root].flat(), { at });
  return { responses: (observations as readonly UseSeen[]).map((use) => use.response), skipped };
}

/** A reader of lines that notes what it was given. */
function noting(take: (text: string, context: ReadContext) => void = () => undefined): Source & { seen: string[] } {
  const seen: string[] = [];
  return {
    ...claudeTranscript,
    seen,
    read: (input, context) => {
      const text = Buffer.from(input).toString();
      const whole = context.mayGrow === true ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
      seen.push(whole);
      take(whole, context);
      const state = Number(context.state ?? 0) + whole.split('\n').length - 1;
      return { observations: [], skipped: {}, refused: null, consumed: Buffer.byteLength(whole), state };
    },
  };
}

t.test('files of a folder are read in the order of their paths, others are not', async (t) => {
  const root = folderOf(t, {
    'projects/b/s2.jsonl': textOf(response(2)),
    'projects/a/s1.jsonl': textOf(response(1)),
    'projects/a/s1/subagents/agent-a.jsonl': textOf(response(3)),
    'projects/a/notes.txt': textOf(response(4)),
    'projects/a/empty.jsonl': '',
  });
  mkdirSync(join(root, 'projects/a/folder.jsonl'));
  t.strictSame(read(root), { responses: ['msg_3', 'msg_1', 'msg_2'], skipped: {} });
  t.strictSame(read(join(root, 'projects/a/notes.txt')).responses, ['msg_4'], 'one that is named is');
  t.strictSame(read([join(root, 'projects/b'), join(root, 'projects/a/s1')]).responses, ['msg_2', 'msg_3']);
  t.throws(() => read(join(root, 'missing')), { code: 'ENOENT' });
});

t.test('links are followed, and nothing is read twice', async (t) => {
  const root = folderOf(t, { 'a/s1.jsonl': textOf(response(1)) });
  const elsewhere = folderOf(t, { 's2.jsonl': textOf(response(2)) });
  symlinkSync(root, join(root, 'a/up'));
  symlinkSync(elsewhere, join(root, 'elsewhere'));
  symlinkSync('self.jsonl', join(root, 'self.jsonl'));
  symlinkSync('nowhere', join(root, 'dangling.jsonl'));
  linkSync(join(root, 'a/s1.jsonl'), join(root, 'copy.jsonl'));
  t.strictSame(read(root), {
    responses: ['msg_1', 'msg_2'],
    skipped: { 'folder-seen-before': 1, 'file-seen-before': 1, 'link-loop': 1, 'file-vanished': 1 },
  });
});

t.test('what is no regular file is not opened', async (t) => {
  const root = folderOf(t, { 'z.jsonl': textOf(response(1)) });
  execFileSync('mkfifo', [join(root, 'fifo.jsonl')]);
  symlinkSync('/dev/zero', join(root, 'device.jsonl'));
  t.strictSame(read(root), { responses: ['msg_1'], skipped: { 'not-a-file': 2 } });
  t.strictSame(read(join(root, 'fifo.jsonl')), { responses: [], skipped: { 'not-a-file': 1 } });
});

t.test('a file that becomes a FIFO, vanishes or is cut before it is read stops nothing', async (t) => {
  const root = folderOf(t, { 'a.jsonl': 'a\n', 'b.jsonl': 'b\n', 'c.jsonl': 'c\n', 'd.jsonl': textOf(response(1)) });
  const fifo = join(folderOf(t), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const accepts = (path: string) => {
    if (path === 'c.jsonl') {
      renameSync(fifo, join(root, 'a.jsonl'));
      rmSync(join(root, 'b.jsonl'));
    }
    return claudeTranscript.accepts(path);
  };
  t.strictSame(read(root, { ...claudeTranscript, accepts }), {
    responses: ['msg_1'],
    skipped: { 'not-a-file': 1, 'file-vanished': 1 },
  });
  const cutting = noting((text) => text === 'c\n' && truncateSync(join(root, 'c.jsonl'), 1));
  t.strictSame(preview(cutting, [join(root, 'c.jsonl')], { at }).skipped, { 'file-was-cut': 1 });
});

/** Root may read everything, so it becomes somebody else meanwhile. */
function unprivileged<T>(work: () => T): T {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

t.test('a file or a folder without permission is counted', async (t) => {
  const root = folderOf(t, { 'a.jsonl': 'a\n', 'b/c.jsonl': 'c\n', 'd.jsonl': textOf(response(1)) });
  chmodSync(root, 0o755);
  chmodSync(join(root, 'a.jsonl'), 0);
  chmodSync(join(root, 'b'), 0);
  t.teardown(() => chmodSync(join(root, 'b'), 0o700));
  t.strictSame(
    unprivileged(() => read(root)),
    { responses: ['msg_1'], skipped: { 'no-permission': 2 } },
  );
  const fifo = join(root, 'fifo.jsonl');
  execFileSync('mkfifo', ['-m', '0', fifo]);
  t.strictSame(
    unprivileged(() => read(fifo)),
    { responses: [], skipped: { 'not-a-file': 1 } },
    'a FIFO is not even tried',
  );
  t.strictSame(
    unprivileged(() => read(join(root, 'b'))),
    { responses: [], skipped: { 'no-permission': 1 } },
  );
});

const partBytes = 1_048_576;
const lineBytesMax = 16_777_216;

t.test('a file is read in parts that end with a line, and its reader is told what it kept', async (t) => {
  const lines = Array.from({ length: 30 }, (_, i) => `${i} ${'x'.repeat(150_000)}`);
  const states: unknown[] = [];
  const reader = noting((_, { state }) => states.push(state));
  preview(reader, [join(folderOf(t, { 'a.jsonl': `${lines.join('\n')}\nlast` }), 'a.jsonl')], { at });
  t.equal(reader.seen.join(''), `${lines.join('\n')}\nlast`, 'every byte once');
  t.ok(reader.seen.length > 4 && reader.seen.every((part) => part.length <= partBytes), 'in parts');
  t.strictSame(states.slice(0, 3), [undefined, 6, 12], 'with the state of the part before');
});

t.test('a line may be larger than a part, up to a limit', async (t) => {
  const long = (bytes: number): Line => ({ type: 'user', text: 'x'.repeat(bytes) });
  const file = (...lines: readonly (Line | string)[]) => folderOf(t, { 'a.jsonl': textOf(...lines) });
  t.strictSame(read(file(response(1), long(5 * partBytes), response(2))), {
    responses: ['msg_1', 'msg_2'],
    skipped: {},
  });
  t.strictSame(read(file('x'.repeat(lineBytesMax - 1), response(2))), { responses: ['msg_2'], skipped: {} });
  const tooLong = { responses: ['msg_1', 'msg_2'], skipped: { 'line-too-long': 1 } };
  t.strictSame(read(file(response(1), 'x'.repeat(lineBytesMax), response(2))), tooLong);
  t.strictSame(read(file(response(1), long(40_000_000), response(2))), tooLong);
  t.strictSame(
    read(file(response(1), `${'x'.repeat(40_000_000)}${JSON.stringify(response(3))}`, response(2))),
    tooLong,
  );
  t.strictSame(read(file(response(1), long(40_000_000))), { responses: ['msg_1'], skipped: { 'line-too-long': 1 } });
});

t.test('a document is read whole', async (t) => {
  const root = folderOf(t, { 'a.jsonl': 'x'.repeat(3 * partBytes), 'b.jsonl': '' });
  const reader = { ...noting(), unit: 'document' as const };
  preview(reader, [root], { at });
  t.strictSame(
    reader.seen.map(({ length }) => length),
    [3 * partBytes, 0],
  );
  const some = { ...noting(), isDocument: (path: string) => path === 'a.jsonl' };
  preview(some, [root], { at });
  t.strictSame(
    some.seen.map(({ length }) => length),
    [3 * partBytes],
    'also where only some files of a format are documents',
  );
  truncateSync(join(root, 'b.jsonl'), 67_108_865);
  t.strictSame(preview(reader, [root], { at }).skipped, { 'file-too-large': 1 });
});
