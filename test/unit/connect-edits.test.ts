// Goal: settings of a client change by what is added and by nothing else, and undo takes exactly that out again.
import fc from 'fast-check';
import jsonc from 'jsonc-parser';
import { parse } from 'smol-toml';
import t from 'tap';
import { undone } from '../../src/cli/connect/change.js';
import { claudeEditor } from '../../src/cli/connect/claude-settings.js';
import { codexEditor } from '../../src/cli/connect/codex-settings.js';
import { diffText } from '../../src/cli/connect/diff.js';
import { type SettingsEditor, SettingsFault } from '../../src/cli/connect/editor.js';
import { geminiEditor } from '../../src/cli/connect/gemini-settings.js';
import { digestOf } from '../../src/cli/connect/record.js';
import { shellEditor, shellLines } from '../../src/cli/connect/shell-lines.js';

const wish = { url: 'http://127.0.0.1:8765', pool: undefined, identity: undefined, replace: false };
const everything = { statusLine: 'resource-share statusline', hooks: true, telemetry: true };
const claude = claudeEditor({ ...wish, ...everything });

/** As it is after `connect`, and after `connect --undo`. */
function throughUndo(editor: SettingsEditor, before: string | null, meanwhile = (text: string): string => text) {
  const { text, entries } = editor.edit(before);
  const record = { before, after: digestOf(text), entries, folders: [], former: null };
  return { text, undone: undone(meanwhile(text), editor, record) };
}

const faultOf = (editor: SettingsEditor, text: string): string => {
  try {
    editor.edit(text);
  } catch (error) {
    if (error instanceof SettingsFault) return error.message;
    throw error;
  }
  return 'none';
};

t.test('what is added to Claude Code, in a file that is indented', async (t) => {
  const before = '{\n    "model": "opus",\n    "hooks": {\n        "Stop": []\n    }\n}\n';
  t.equal(
    claudeEditor({ ...wish, identity: 'Ada B', ...everything }).edit(before).text,
    `{
    "model": "opus",
    "hooks": {
        "Stop": [],
        "UserPromptSubmit": [
            {
                "hooks": [
                    {
                        "type": "http",
                        "url": "http://127.0.0.1:8765/v1/hooks/claude?agent=Ada+B",
                        "timeout": 1
                    }
                ]
            }
        ],
        "StopFailure": [
            {
                "hooks": [
                    {
                        "type": "http",
                        "url": "http://127.0.0.1:8765/v1/hooks/claude?agent=Ada+B",
                        "timeout": 1
                    }
                ]
            }
        ]
    },
    "statusLine": {
        "type": "command",
        "command": "resource-share statusline"
    },
    "env": {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:8765/v1/logs",
        "OTEL_RESOURCE_ATTRIBUTES": "agent.id=Ada%20B"
    }
}
`,
  );
});

t.test('comments, commas too many, one line, CRLF, a byte order mark and tabs stay', async (t) => {
  for (const before of [
    '{"a":1}',
    '{ }',
    '{}\n',
    '{\n}',
    '\n{\n\t"a": [1,\n2], // why\n\t"env": { "X": "1", },\n}',
    '{\r\n  "a": 1\r\n}\r\n',
    '\uFEFF{"hooks": {"UserPromptSubmit": [{"hooks": [{"type": "command", "command": "x"}]}]}}',
    '{ // nothing yet\n}',
    '',
    '  \n',
    null,
  ]) {
    const { text, undone } = throughUndo(claude, before);
    t.equal(undone.text, before, JSON.stringify(before));
    const value = jsonc.parse(text.replace('\uFEFF', ''), [], { allowTrailingComma: true });
    t.match(value, { statusLine: { type: 'command' }, env: { OTEL_LOGS_EXPORTER: 'otlp' } });
    t.equal(value.hooks.UserPromptSubmit.at(-1).hooks[0].type, 'http', text);
    if (before?.includes('\r\n')) t.notMatch(text, /[^\r]\n/);
    if (before?.includes('why')) t.match(text, /\/\/ why/);
    t.equal(claude.edit(text).text, text, 'a second time changes nothing');
  }
});

t.test('what is there is not replaced unless that is asked for', async (t) => {
  const before = JSON.stringify({
    statusLine: { type: 'command', command: '~/mine.sh' },
    hooks: { UserPromptSubmit: [{ hooks: [{ type: 'command', command: 'mine' }] }] },
    env: { OTEL_LOGS_EXPORTER: 'console' },
  });
  const { text, parts } = claude.edit(before);
  t.match(JSON.parse(text), { statusLine: { command: '~/mine.sh' }, env: { OTEL_LOGS_EXPORTER: 'console' } });
  t.strictSame(
    parts.map(({ what, state }) => [what, state]),
    [
      ['status line', 'kept'],
      ['hooks', 'added'],
      ['telemetry', 'kept'],
    ],
  );
  t.equal(JSON.parse(text).hooks.UserPromptSubmit.length, 2);
  t.strictSame(Object.keys(JSON.parse(text).env), ['OTEL_LOGS_EXPORTER'], 'a part is written as a whole or not at all');
  const replacing = claudeEditor({ ...wish, replace: true, ...everything });
  t.match(JSON.parse(replacing.edit(before).text), {
    statusLine: { command: 'resource-share statusline' },
    env: { OTEL_LOGS_EXPORTER: 'otlp' },
  });
  const meanwhile = (changed: string) => changed.replace('"mine"', '"other"');
  const { undone } = throughUndo(replacing, before, meanwhile);
  t.same(JSON.parse(undone.text as string), JSON.parse(meanwhile(before)), 'what was replaced comes back');
});

t.test('a hook and a status line of ours that a person wrote count as there', async (t) => {
  const group = { hooks: [{ type: 'http', url: 'http://localhost:8765/v1/hooks/claude?agent=Ada', timeout: 1 }] };
  const before = JSON.stringify({
    statusLine: { type: 'command', command: 'resource-share statusline Ada' },
    hooks: { UserPromptSubmit: [group], StopFailure: [group] },
  });
  const { parts } = claude.edit(before);
  t.match(parts, [{ state: 'there' }, { state: 'there' }, { state: 'added' }]);
});

t.test('hooks that a person wrote for another daemon are kept, and named', async (t) => {
  const group = { hooks: [{ type: 'http', url: 'http://10.0.0.9:1111/v1/hooks/claude' }] };
  const before = JSON.stringify({ hooks: { UserPromptSubmit: [group], StopFailure: [group] } });
  for (const replace of [false, true]) {
    const { parts, text } = claudeEditor({ ...wish, replace, ...everything, statusLine: undefined }).edit(before);
    t.match(parts[0], { state: 'kept', note: 'hooks.UserPromptSubmit, hooks.StopFailure are set already' });
    t.same(JSON.parse(text).hooks, JSON.parse(before).hooks);
  }
  const same = before.replaceAll('10.0.0.9:1111', '[::1]:8765');
  t.match(claude.edit(same).parts[1], { state: 'there' });
});

t.test('what makes hooks do nothing is said', async (t) => {
  t.match(claude.edit('{"disableAllHooks": true}').remarks, [/neither hooks nor/]);
  t.match(claude.edit('{"allowedHttpHookUrls": ["https://x/*"]}').remarks, [/does not name http/]);
  t.strictSame(claude.edit('{"allowedHttpHookUrls": ["http://127.0.0.1:8765/*"]}').remarks, []);
});

t.test('what cannot be read or added to is left alone', async (t) => {
  t.match(faultOf(claude, '{"a": 1'), /is no JSON: CloseBraceExpected in line 1, column 8/);
  t.match(faultOf(claude, '{"a": 1,\n  b: 2}'), /is no JSON: \w+ in line 2/);
  t.match(faultOf(claude, '[1]'), /is no JSON object/);
  t.match(faultOf(claude, '{"env": {}, "env": {"A": "1"}}'), /says something twice/);
  t.equal(claude.edit('{"hooks": []}').parts[1]?.state, 'kept');
  t.equal(claude.edit('{"env": "x"}').parts[2]?.state, 'kept');
  const codex = codexEditor(wish);
  t.match(faultOf(codex, 'a = 1\nb = '), /is no TOML: .* in line 2/);
  t.match(faultOf(codex, 'otel = { environment = "dev" }\n'), /cannot be added to safely/);
});

t.test('undo leaves what a person changed', async (t) => {
  const grouped = (text: string) =>
    text.replace('"timeout":1}]}', '"timeout":1},{"type":"command","command":"mine"}]}');
  const { undone } = throughUndo(claude, '{"a":1}', grouped);
  t.same(JSON.parse(undone.text as string), {
    a: 1,
    hooks: { UserPromptSubmit: [{ hooks: [{ type: 'command', command: 'mine' }] }] },
  });
  const padded = (text: string) =>
    text.replace('"statusline"', '"x"').replace('{"type":"command",', '{"padding":0,"type":"command",');
  const changed = throughUndo(claude, '{"a":1}', padded).undone;
  t.strictSame(changed.left, ['statusLine']);
  t.match(JSON.parse(changed.text as string), { a: 1, statusLine: { padding: 0 } });
  const addedBelow = (text: string) => `${text.trimEnd().slice(0, -2)},\n  "mine": true\n}\n`;
  t.equal(throughUndo(claude, null, addedBelow).undone.text?.replace(/\s/g, ''), '{"mine":true}');
});

t.test('undo leaves the comments of a person', async (t) => {
  const { text } = claude.edit('{}');
  const behind = (given: string) =>
    given.replace(/\n\}\s*$/, ', // beside\n  // keep this note of mine\n  "z": 1\n}\n');
  t.equal(
    throughUndo(claude, '{}', behind).undone.text,
    '{\n  // beside\n  // keep this note of mine\n  "z": 1\n}\n',
    text,
  );
  const between = (given: string) => given.replace(/,\s*"hooks": ?/, ', // keep, this\n  "hooks": ');
  for (const [before, after] of [
    ['{\n  "a": 1\n}', '{\n  "a": 1 // keep, this\n}'],
    ['{"a": 1}', '{"a": 1 // keep, this\n}'],
  ] as const) {
    const onlyHooks = claudeEditor({ ...wish, ...everything, statusLine: undefined, telemetry: false });
    t.equal(throughUndo(onlyHooks, before, between).undone.text, after);
  }
  const amid = (given: string) => `${between(given).trimEnd().slice(0, -1).trimEnd()},\n  "z": 1\n}`;
  t.equal(throughUndo(claude, '{\n  "a": 1\n}', amid).undone.text, '{\n  "a": 1, // keep, this\n  "z": 1\n}');
});

t.test('Codex: a block at the end, in comments and tables as they are', async (t) => {
  const codex = codexEditor({ ...wish, identity: 'Ada "A"' });
  for (const before of [
    '',
    null,
    'model = "gpt"',
    '# mine\n[otel]\nenvironment = "dev"\n\n[a.b]\nc = 1\n',
    'a = 1\r\n',
  ]) {
    const { text, undone } = throughUndo(codex, before);
    t.match(parse(text), {
      otel: {
        exporter: {
          'otlp-http': { endpoint: 'http://127.0.0.1:8765/v1/logs', headers: { 'x-resource-share-agent': 'Ada "A"' } },
        },
      },
    });
    t.ok(text.startsWith(before ?? ''));
    t.equal(undone.text, before);
    t.equal(codex.edit(text).text, text);
  }
  const theirs = codex.edit('[otel]\nexporter = "none"\n');
  t.match(theirs, { text: '[otel]\nexporter = "none"\n', parts: [{ state: 'kept' }] });
  const behind = (text: string) => `${text}[mine]\nx = 1\n`;
  t.equal(throughUndo(codex, 'a = 1\n', behind).undone.text, 'a = 1\n[mine]\nx = 1\n');
  const inside = (text: string) => `${text}tls = {}\n`;
  t.throws(() => throughUndo(codex, '[a]\nb = 1\n', inside), /would change their meaning/);
  const edited = (text: string) => text.replace('binary', 'json');
  t.strictSame(throughUndo(codex, 'a = 1\n', edited).undone.left, ['otel.exporter']);
});

t.test('Gemini: telemetry, with prompts left out', async (t) => {
  const gemini = geminiEditor({ ...wish, identity: 'Ada' });
  const { text, undone } = throughUndo(gemini, '{\n  "theme": "x"\n}');
  t.same(JSON.parse(text), {
    theme: 'x',
    telemetry: {
      enabled: true,
      target: 'local',
      useCollector: true,
      otlpProtocol: 'http',
      otlpEndpoint: 'http://127.0.0.1:8765/v1/otlp?agent=Ada',
      logPrompts: false,
    },
  });
  t.equal(undone.text, '{\n  "theme": "x"\n}');
  t.match(gemini.edit('{"telemetry": {"enabled": false}}').parts, [
    { state: 'kept', note: 'telemetry.enabled is set already' },
  ]);
  t.match(JSON.parse(gemini.edit('{"telemetry": {"logPrompts": true}}').text), {
    telemetry: { logPrompts: true, enabled: true },
  });
});

t.test('OpenTelemetry: lines of a shell', async (t) => {
  const named = { ...wish, identity: "O'Neil, A=B" };
  t.strictSame(shellLines(named), [
    'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    'export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:8765',
    "export OTEL_RESOURCE_ATTRIBUTES='agent.id=O'\\''Neil%2C%20A%3DB'",
  ]);
  t.match(
    shellLines({ ...named, pool: 'team' })[1],
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT='http://127.0.0.1:8765/v1/logs?pool=team'",
  );
  const editor = shellEditor(named);
  for (const before of [null, '', 'alias x=y', 'alias x=y\n']) {
    const { text, undone } = throughUndo(editor, before);
    t.equal(undone.text, before);
    t.equal(editor.edit(text).text, text);
  }
  const changed = (text: string) => text.replace('protobuf', 'json');
  t.strictSame(throughUndo(editor, 'a\n', changed).undone.left, ['the marked block']);
});

t.test('a diff shows no secret that is beside', async (t) => {
  const secrets = {
    env: { ANTHROPIC_API_KEY: 'marked-secret', X: 'sk-ant-marked-secret' },
    apiKeyHelper: 'marked-secret',
    tokens: ['marked-secret'],
    proxy: 'https://ada:marked-secret@proxy',
  };
  for (const before of [JSON.stringify(secrets), JSON.stringify(secrets, null, 2), JSON.stringify(secrets, null, 1)]) {
    const { text, entries } = claude.edit(before);
    const diff = diffText('s.json', before, text, entries);
    t.match(diff, /statusline/);
    t.notMatch(diff, /marked-secret/);
  }
  const toml = 'api_key = "marked-secret"\nhttp_headers = { "x-api-key" = "marked-secret" }';
  const { text, entries } = codexEditor({ ...wish, identity: 'Ada' }).edit(toml);
  const diff = diffText('c.toml', toml, text, entries);
  t.notMatch(diff, /marked-secret/);
  t.match(diff, /^\+headers = .*"Ada"/m);
  t.match(diff, /^\+endpoint = .*8765/m);
  t.equal(diffText('s.json', toml, toml, []), '');
});

t.test('a diff shows of what is beside no value and no comment that may be a secret', async (t) => {
  const json = `{
  // sk-ant-api03-marked, 482913
  "notify": "https://hooks.slack.com/services/T0/B0/marked",
  "mcpServers": { "x": { "command": "marked", "args": ["--pin", "marked", 482913] } },
  "hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": "curl marked" }] }] },
  "hunter": { "DB_PWD": "marked" }, /* marked */
  "theme": "dark",
  "env": { "SMTP_PASS": "marked", "MYSQL_PWD": "marked", "BEARER": "marked", "LDAP_PIN": 482913, "X": "marked" }
}`;
  const added = claude.edit(json);
  const whole = diffText('s.json', json, null, []) + diffText('s.json', json, added.text, added.entries);
  t.notMatch(whole, /marked|482913/);
  t.match(whole, /"theme": "dark"/);
  t.match(whole, /\+.*"OTEL_LOGS_EXPORTER": "otlp"/);
  t.match(whole, /\+.*"url":"http:\/\/127\.0\.0\.1:8765\/v1\/hooks\/claude"/);
  const toml =
    '[db]\nDB_PASS = "marked"\nPIN = 482913\nkey = """\nmarked==\n"""\n# marked\n  # marked\nx = 1 # marked\n';
  const block = codexEditor(wish).edit(toml);
  const lines = diffText('c.toml', toml, null, []) + diffText('c.toml', toml, block.text, block.entries);
  t.notMatch(lines, /marked(?! block)|482913/);
  t.match(lines, /\[db\]\n-DB_PASS = \(not shown\)\n/);
  t.match(lines, /^\+endpoint = .*8765/m);
});

/** JSON as people and programs write it: any spaces, any order, with what is known and unknown of the client. */
const space = fc.constantFrom('', ' ', '\n', '\n  ', '\t', ' \r\n ');
const name = fc.oneof(
  fc.constantFrom('env', 'hooks', 'statusLine', 'model', 'UserPromptSubmit', 'command', 'OTEL_LOGS_EXPORTER'),
  fc.string({ maxLength: 5 }),
);
const { document } = fc.letrec<{ value: string; document: string; list: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.jsonValue({ maxDepth: 0 }).map((value) => JSON.stringify(value)),
    tie('document'),
    tie('list'),
  ),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), space)
    .map(([items, gap]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`),
  document: fc
    .tuple(fc.uniqueArray(fc.tuple(name, tie('value')), { maxLength: 4, selector: ([key]) => key }), space, space)
    .map(([members, gap, before]) => {
      const written = members.map(([key, value]) => `${gap}${JSON.stringify(key)}${before}:${before}${value}`);
      return `{${written.join(`${before},`)}${gap}}`;
    }),
}));

t.test('property: undo is the inverse, byte for byte, whatever the text', async (t) => {
  fc.assert(
    fc.property(document, space, fc.boolean(), (text, around, replace) => {
      const before = around + text + around;
      const editor = claudeEditor({ ...wish, replace, ...everything });
      const { text: after, undone } = throughUndo(editor, before);
      JSON.parse(after);
      return undone.text === before && editor.edit(after).text === after;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

t.test('property: what a person adds meanwhile stays, and nothing of ours does', async (t) => {
  fc.assert(
    fc.property(document, fc.boolean(), (before, replace) => {
      const editor = claudeEditor({ ...wish, replace, ...everything });
      const { text } = editor.edit(before);
      if (text === before) return true;
      const added = (changed: string) =>
        changed.replace('{', `{"mine":1${JSON.stringify(JSON.parse(changed)) === '{}' ? '' : ','}`);
      const { undone } = throughUndo(editor, before, added);
      t.same(JSON.parse(undone.text as string), { ...JSON.parse(before), mine: 1 });
      return undone.left.length === 0;
    }),
    { numRuns: 300 },
  );
  t.pass();
});
