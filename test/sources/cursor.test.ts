/** Goal: who reads again is told what is new, whatever happened to the files meanwhile, and nothing twice. */
import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadCursor, saveCursor } from '../../src/intake/cursor.js';
import { preview } from '../../src/intake/preview.js';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import type { Source, UseSeen } from '../../src/sources/source.js';
import { type Line, response, textOf } from '../support/claude-lines.js';
import { temporaryFolder } from '../support/folder.js';

/** A file that is read again and again. */
function followed(t: Test, source: Source = claudeTranscript) {
  const root = temporaryFolder(t);
  const file = join(root, 'a.jsonl');
  const cursor = join(root, 'cursor');
  const next = () => {
    const { cursor: reached, ...found } = preview(source, [root], { at: 0, cursor: loadCursor(cursor, source) });
    saveCursor(cursor, source, reached);
    return found;
  };
  return {
    root,
    file,
    cursor,
    next,
    /** The responses that the next run says, with their input. */
    news: () =>
      (next().observations as readonly UseSeen[]).map(({ response, tokens }) => `${response} ${tokens.input}`),
  };
}

t.test('what is appended is new, and a line without an end waits', async (t) => {
  const { file, news } = followed(t);
  const line = JSON.stringify(response(2));
  writeFileSync(file, textOf(response(1)) + line.slice(0, 100));
  t.strictSame(news(), ['msg_1 10']);
  t.strictSame(news(), [], 'nothing is said twice');
  appendFileSync(file, line.slice(100));
  t.strictSame(news(), []);
  appendFileSync(file, '\n');
  t.strictSame(news(), ['msg_2 10']);
});

t.test('a response that is told again is news where it is larger', async (t) => {
  const { file, news } = followed(t);
  writeFileSync(file, textOf(response(1), response(2)));
  news();
  appendFileSync(file, textOf(response(1, { input_tokens: 9 }), response(2, { input_tokens: 11 })));
  t.strictSame(news(), ['msg_2 11']);
  writeFileSync(join(file, '../fork.jsonl'), textOf(response(1), response(2)));
  t.strictSame(news(), [], 'copies in other files are none');
});

t.test('a file that was cut is read from its beginning', async (t) => {
  const { file, news } = followed(t);
  writeFileSync(file, textOf(response(1), response(2)));
  news();
  writeFileSync(file, textOf(response(3)));
  t.strictSame(news(), ['msg_3 10']);
});

/** A response whose line ends with more bytes than are compared. */
const padded = (id: number) => ({ ...response(id), padding: 'x'.repeat(5_000) });

t.test('a file in the place of another is read from its beginning', async (t) => {
  const { file, news } = followed(t);
  const other = `${file}.new`;
  writeFileSync(file, textOf(response(1), padded(8)));
  news();
  writeFileSync(other, textOf(response(3), padded(8), response(4)));
  renameSync(other, file);
  t.strictSame(news(), ['msg_3 10', 'msg_4 10'], 'even where the bytes before the place are the same');
});

t.test('a file that was rewritten in its place is read from its beginning', async (t) => {
  const { file, news } = followed(t);
  const time = new Date('2026-11-28T10:00:00Z');
  const write = (modified: Date, ...lines: readonly Line[]) => {
    writeFileSync(file, textOf(...lines));
    utimesSync(file, modified, modified);
  };
  write(time, response(1), response(2));
  t.strictSame(news(), ['msg_1 10', 'msg_2 10']);
  write(time, response(3), response(4));
  t.strictSame(news(), ['msg_3 10', 'msg_4 10'], 'as its last bytes show');
  write(time, response(5), response(6), response(7));
  t.strictSame(news(), ['msg_5 10', 'msg_6 10', 'msg_7 10'], 'also where it is longer');
  write(time, response(1), padded(9));
  t.strictSame(news(), ['msg_9 10']);
  write(new Date(time.getTime() + 1), response(8), padded(9));
  t.strictSame(news(), ['msg_8 10'], 'or its time, where those are the same');
});

t.test('a file that vanished is forgotten, and what it held is not', async (t) => {
  const { file, news, cursor } = followed(t);
  writeFileSync(file, textOf(response(1)));
  news();
  rmSync(file);
  t.strictSame(news(), []);
  t.strictSame(loadCursor(cursor, claudeTranscript).files, {});
  writeFileSync(file, textOf(response(1), response(2)));
  t.strictSame(news(), ['msg_2 10']);
});

t.test('a line that is too long is left out once, also where it grows from run to run', async (t) => {
  const { file, next } = followed(t);
  writeFileSync(file, 'x'.repeat(17_000_000));
  t.strictSame(next().skipped, { 'line-too-long': 1 });
  appendFileSync(file, 'x'.repeat(1_000));
  t.strictSame(next().skipped, {});
  appendFileSync(file, `${JSON.stringify(response(2))}\n${textOf(response(1))}`);
  const { skipped, observations } = next();
  t.strictSame([skipped, observations.length], [{}, 1]);
  t.match(observations, [{ response: 'msg_1' }]);
});

t.test('a reader finds what it kept of the part before', async (t) => {
  const states: unknown[] = [];
  const source: Source = {
    ...claudeTranscript,
    read: (input, { state }) => {
      states.push(state);
      return { observations: [], skipped: {}, refused: null, consumed: input.length, state: { read: states.length } };
    },
  };
  const { file, next } = followed(t, source);
  writeFileSync(file, 'a\n');
  next();
  appendFileSync(file, 'b\n');
  next();
  writeFileSync(file, 'c\n');
  next();
  t.strictSame(states, [undefined, { read: 1 }, undefined]);
});

t.test('a document is read again where it changed', async (t) => {
  const seen: string[] = [];
  const source: Source = {
    ...claudeTranscript,
    unit: 'document',
    read: (input) => {
      seen.push(Buffer.from(input).toString());
      return { observations: [], skipped: {}, refused: null, consumed: input.length };
    },
  };
  const { file, next } = followed(t, source);
  for (const text of ['[1]', '[1]', '[2]', '[2]\n']) {
    if (seen.at(-1) !== text) writeFileSync(file, text);
    next();
  }
  t.strictSame(seen, ['[1]', '[2]', '[2]\n']);
});

t.test('a cursor is whole, of its format, and of the version of its reader', async (t) => {
  const { file, cursor, news } = followed(t);
  writeFileSync(file, textOf(response(1)));
  news();
  const newer = { ...claudeTranscript, version: claudeTranscript.version + 1 };
  t.strictSame(loadCursor(cursor, newer), { files: {}, known: [] }, 'a reader that reads differently begins again');
  t.throws(() => loadCursor(cursor, { ...claudeTranscript, format: 'other' }), /is a cursor of claude-transcript/);
  const bytes = JSON.stringify(loadCursor(cursor, claudeTranscript));
  for (const damaged of ['', '{}', 'x', `{"cursor":1}\n${bytes}`, bytes]) {
    writeFileSync(cursor, damaged);
    t.throws(() => news(), /is no cursor, or a damaged one/, damaged.slice(0, 20));
  }
});

t.test('a cursor that cannot be written leaves nothing behind', async (t) => {
  const { root } = followed(t);
  mkdirSync(join(root, 'folder/within'), { recursive: true });
  t.throws(() => saveCursor(join(root, 'folder'), claudeTranscript, { files: {}, known: [] }), /rename/);
  t.strictSame(readdirSync(root), ['folder']);
});
