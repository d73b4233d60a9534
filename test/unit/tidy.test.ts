// Goal: a stranger understands the sentences of this project, and a file or a function that is long says why it is one thing.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'tap';
import ts from 'typescript';

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

const root = resolve(import.meta.dirname, '../../..');
const folders = ['src', 'docs', 'schema', 'scripts', 'test', 'bench'];
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
/** This file has to name what it bans. */
const own = 'test/unit/tidy.test.ts';

/** Our own turns of phrase, and what to say instead. A space also stands for the end of a line of a comment. */
const banned: Readonly<Record<string, string>> = {
  anew: 'again',
  'of then': 'historical',
  'of now': 'current',
  '(comes|came) to': 'results in',
  '(held|holds?|holding)( \\w+){0,3} against': 'compared with',
  'reckon(s|ed|ing)?': 'computed',
  "nobody's business": 'ignored',
  'is no matter': 'is safe to ignore, because …',
  '(a wish|wish(es)? for)': 'a request',
};

/** Exported names that had several meanings, or none without the code. */
const bannedNames =
  'place Place placeOf PoolPlace Folder Facts Fact seal Found Taken Given Asked Sent Reached Told Kept Owed Ran Imported Spent Gathered Waiting Ending endingOf answerNo wrongWords cannotRun poolAsked seqAsked nameThen timeOf taken asked runAll withoutMeeting Worker Load Recorder Recorded'.split(
    ' ',
  );
const exported = /^export (?:async )?(?:function\*?|class|interface|type|const|let) (\w+)/gm;

const fileLinesMax = 300;
const functionLinesMax = 70;
const reason = /\blong because\b/i;

test('nobody has to learn our own turns of phrase', async (t) => {
  t.same(
    textFiles().flatMap(([file, text]) => phrasesIn(file, text)),
    [],
  );
});

test('exported names are understood without the code', async (t) => {
  const names = textFiles()
    .filter(([file]) => /^src\/.*\.ts$/.test(file))
    .flatMap(([file, text]) => [...text.matchAll(exported)].map(([, name = '']) => ({ file, name })));
  t.ok(names.length > 500, 'exports are found');
  t.same(
    names.filter(({ name }) => bannedNames.includes(name)),
    [],
  );
});

test('what is long says why it is one thing', async (t) => {
  t.same(
    textFiles()
      .filter(([file]) => /^src\/.*\.ts$/.test(file))
      .flatMap(([file, text]) => longIn(file, text)),
    [],
  );
});

test('the check of phrases bites', async (t) => {
  const lines = [
    '/** Built anew, held',
    ' * against the other. */',
    '-- It comes',
    '-- to nothing.',
    "const text = 'A wish: rows Of Then are reckoned';",
    '// A renewed beckoning; of nowhere; it came from afar; against all odds, a hold.',
  ];
  t.same(
    phrasesIn('a.ts', lines.join('\n')).map(({ line, what }) => `${line}: ${what}`),
    [
      '1: "anew": say "again"',
      '5: "Of Then": say "historical"',
      '3: "comes -- to": say "results in"',
      '1: "held * against": say "compared with"',
      '5: "reckoned": say "computed"',
      '5: "A wish": say "a request"',
    ],
  );
});

test('the check of lengths bites', async (t) => {
  const body = (lines: number) => '  call();\n'.repeat(lines - 2);
  const found = (text: string) => longIn('a.ts', text).map(({ line, what }) => `${line}: ${what}`);
  t.same(found(`/** Works. */\nfunction work() {\n${body(70)}}\n`), [], 'as long as it may be');
  t.same(found(`/** Works. */\nfunction work() {\n${body(71)}}\n`), ['2: work has 71 lines']);
  t.same(found(`/** Works. Long because it is a list. */\nfunction work() {\n${body(71)}}\n`), []);
  t.same(found(`// Long because it is a list.\nexport const work = async () => {\n${body(71)}};\n`), []);
  t.same(found(`class A {\n  work() {\n${body(71)}}\n}\n`), ['2: work has 71 lines'], 'a method');
  t.same(found(`call(() => {\n${body(71)}});\n`), ['1: a function has 71 lines'], 'a function without a name');
  t.same(found('call();\n'.repeat(300)), []);
  t.same(found('call();\n'.repeat(301)), ['1: the file has 301 lines']);
  t.same(found(`/** A table. Long because it has a row for each. */\n${'call();\n'.repeat(301)}`), []);
});

function phrasesIn(file: string, text: string): Finding[] {
  return Object.entries(banned).flatMap(([phrase, instead]) => {
    const pattern = new RegExp(`\\b${phrase.replaceAll(' ', '\\s+(?:(?:\\*|//|--|#)\\s*)?')}\\b`, 'gi');
    return [...text.matchAll(pattern)].map(({ 0: words, index }) => ({
      file,
      line: lineOf(text, index),
      what: `"${words.replace(/\s+/g, ' ')}": say "${instead}"`,
    }));
  });
}

function longIn(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Finding[] = [];
  const lines = text.split('\n').length - 1;
  const head = text.slice(0, source.statements[0]?.getStart(source) ?? 0);
  if (lines > fileLinesMax && !reason.test(head)) found.push({ file, line: 1, what: `the file has ${lines} lines` });
  visit(source);
  return found;

  function visit(node: ts.Node): void {
    if (ts.isFunctionLike(node)) {
      const from = lineAt(node.getStart(source));
      const length = lineAt(node.getEnd()) - from + 1;
      if (length > functionLinesMax && !reason.test(commentsAbove(node)))
        found.push({ file, line: from, what: `${node.name?.getText(source) ?? 'a function'} has ${length} lines` });
    }
    ts.forEachChild(node, visit);
  }

  function lineAt(position: number): number {
    return source.getLineAndCharacterOfPosition(position).line + 1;
  }

  /** What is written above the statement, or the member of a class, that the function stands in. */
  function commentsAbove(node: ts.Node): string {
    let owner = node;
    while (!ts.isStatement(owner) && !ts.isClassElement(owner)) owner = owner.parent;
    return text.slice(owner.getFullStart(), owner.getStart(source));
  }
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function textFiles(): [file: string, text: string][] {
  const inFolders = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs|cjs|md|sql|json|sh)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
  return [...pages, ...inFolders]
    .filter((file) => file !== own)
    .map((file) => [file, readFileSync(join(root, file), 'utf8')]);
}
