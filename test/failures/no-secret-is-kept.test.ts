// Goal: of what people, models and tools said, and of credentials, nothing is in any file, log, event, figure or answer.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { sourceFormats } from '../../src/sources/registry.js';
import { sse } from '../support/answers.js';
import { claudeLine, textOf } from '../support/claude-lines.js';
import { Machine } from '../support/machine.js';
import { logsJson } from '../support/otlp.js';
import { blobsOf, filesBelow, type Secrets } from '../support/secrets.js';
import { claudeFiles, codexFiles, geminiFiles, hooks, readings, telemetry } from '../support/told-secrets.js';

/** What a sender may put into any body or header; such a body is refused whole. */
const credentials = (mark: Secrets['of']): readonly string[] => [
  `"accessToken": "${mark('access token')}"`,
  `"key": "sk-ant-${mark('key of Anthropic')}"`,
  `"key": "sk-proj-${mark('key of OpenAI')}"`,
  `"authorization": "Bearer eyJhbGciOiJI.${mark('web token')}.c2lnbmF0dXJl"`,
];

/** Answers of providers, and bodies of the kinds that are pushed, as files: by format. */
function filesOf(mark: Secrets['of']): Readonly<Record<string, string>> {
  const answer = {
    type: 'message',
    id: 'msg_20',
    model: 'claude-opus-5',
    usage: { input_tokens: 3, output_tokens: 4 },
  };
  const usage = { prompt_tokens: 3, completion_tokens: 4, input_tokens: 3, output_tokens: 4, total_tokens: 7 };
  const said = () => ({ content: [{ type: 'text', text: mark('answer') }], error: { message: mark('error') } });
  const unknown = { specversion: '1.0', type: 'com.example.prompt', source: '/a', id: '1' };
  return {
    ...readings(mark),
    'anthropic-response': sse(
      { type: 'message_start', message: { ...answer, ...said() } },
      { type: 'content_block_delta', delta: { text: mark('delta') } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: mark('stop') },
        usage: { output_tokens: 9 },
      },
      { type: 'message_stop' },
    ),
    'bedrock-response': JSON.stringify({ ...answer, id: 'msg_bdrk_1', ...said() }),
    'claude-hook': hooks(mark).join('\n'),
    cloudevents: JSON.stringify([
      { ...unknown, data: { prompt: mark('data of an unknown type') }, subject: mark('subject') },
    ]),
    'gemini-response': JSON.stringify({
      responseId: 'g20',
      candidates: [{ content: { parts: [{ text: mark('answer') }] } }],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 6, note: mark('note') },
    }),
    'openai-chat-response': JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: 'gpt-5',
      choices: [{ message: { content: mark('answer'), tool_calls: [{ function: { arguments: mark('arguments') } }] } }],
      usage,
    }),
    'openai-responses-response': JSON.stringify({
      id: 'resp_20',
      object: 'response',
      model: 'gpt-5',
      instructions: mark('instructions'),
      output: [{ type: 'message', content: [{ text: mark('answer') }] }],
      usage,
    }),
    otlp: telemetry(mark).logs[0] as string,
  };
}

async function pushAll(t: Test, machine: Machine, url: string): Promise<void> {
  const mark = machine.secrets.of;
  const push = machine.push.bind(machine);
  for (const [signal, [json = '', protobuf = '']] of Object.entries(telemetry(mark))) {
    for (const path of [`/v1/${signal}`, `/v1/otlp/v1/${signal}`, '/v1/otlp'])
      t.equal(await push(url + path, 'application/json', json), 200, path);
    t.equal(await push(`${url}/v1/${signal}`, 'application/x-protobuf', protobuf), 200, `${signal} in protobuf`);
    const gzip = { 'content-encoding': 'gzip' };
    t.equal(await push(`${url}/v1/${signal}`, 'application/json', gzipSync(json), gzip), 200, `${signal} in gzip`);
  }
  for (const body of hooks(mark))
    t.equal(await push(`${url}/v1/hooks/claude?agent=Ada`, 'application/json', body), 200);
  for (const [format, body] of Object.entries(readings(mark)))
    t.equal(await push(`${url}/v1/readings/${format}`, 'text/plain', body), 200, format);
  const event = { specversion: '1.0', source: '/build/7', type: 'com.example.prompt' };
  const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 };
  const type = 'resource-share.usage.recorded';
  const batch = [
    { ...event, id: '1', data: { prompt: mark('data of an unknown type') }, dataschema: mark('schema') },
    { ...event, id: '2', type, data: use, subject: mark('subject'), extension: mark('extension') },
    { ...event, id: '3', type, data: { ...use, mode: mark('mode') } },
    { ...event, id: '4', type, data: { ...use, prompt: mark('unknown member') } },
    { ...event, id: '5', type, data: mark('data that is text') },
    { ...event, id: '6', type: 'resource-share.prompt', data: mark('data of an unknown type') },
  ];
  const events = 'application/cloudevents-batch+json';
  t.equal(await push(`${url}/v1/cloudevents`, events, JSON.stringify(batch)), 200);
  const binary = { 'ce-specversion': '1.0', 'ce-id': '7', 'ce-source': '/a', 'ce-type': 'com.example.prompt' };
  t.equal(await push(`${url}/v1/cloudevents`, 'text/plain', mark('binary data'), binary), 200);
}

/** Bodies with credentials, bodies that are no JSON, and commands that are refused. */
async function pushRefused(t: Test, machine: Machine, url: string): Promise<void> {
  const mark = machine.secrets.of;
  const ways: readonly (readonly [path: string, type: string])[] = [
    ['/v1/logs', 'application/json'],
    ['/v1/otlp', 'application/json'],
    ['/v1/cloudevents', 'application/cloudevents+json'],
    ['/v1/hooks/claude', 'application/json'],
    ...Object.keys(readings(mark)).map((format) => [`/v1/readings/${format}`, 'application/json'] as const),
  ];
  for (const [path, type] of ways) {
    const taken = path.includes('/hooks/') ? 200 : 422;
    for (const text of credentials(mark)) t.equal(await machine.push(url + path, type, `{${text}}`), taken, path);
    await machine.push(url + path, type, `{"prompt":"${mark('body that is no JSON')}`);
    await machine.push(url + path, 'application/xml', `<prompt>${mark('body of another type')}</prompt>`);
  }
  const bodies = () => [
    `{"prompt":"${mark('body that is no JSON')}`,
    mark('body that is no JSON'),
    `{"prompt": ${mark('value that is no JSON')}}`,
    JSON.stringify({ type: 'usage.recorded', payload: { name: 'Ada', mode: mark('mode'), tokens: mark('tokens') } }),
    JSON.stringify({
      type: 'usage.recorded',
      payload: { name: 'Ada', mode: 'autonomy', prompt: mark('unknown member') },
    }),
    JSON.stringify({ type: 'note.taken', payload: { prompt: mark('payload of an unknown type') } }),
    JSON.stringify({ claude_name: 'Ada', mode: mark('mode'), cost: mark('cost') }),
  ];
  for (const path of ['/v1/events', '/resource-share/increment', '/v1/turns', '/pause'])
    for (const body of bodies()) await machine.push(url + path, 'application/json', body);
}

/** Every route that is read. */
async function readAll(t: Test, machine: Machine, url: string): Promise<void> {
  const { paths } = JSON.parse(readFileSync(join(packageRoot, 'schema/openapi.json'), 'utf8'));
  const { events } = JSON.parse((await machine.ask(`${url}/v1/events?limit=1000`)).text);
  const { windows } = JSON.parse((await machine.ask(`${url}/v1/fairness`)).text);
  const [{ window }] = windows;
  const ofEvent = { id: events[0].id, turn: events[0].id };
  const values: Record<string, string> = { claude_name: 'Ada', identity: 'Ada', window, key: window, ...ofEvent };
  for (const [path, methods] of Object.entries(paths as Record<string, object>)) {
    // What pages are made of is of the build.
    if (!('get' in methods) || path === '/v1/stream' || path === '/assets/{file}') continue;
    values.name = path.startsWith('/tables/') ? 'resource_share_increments' : 'Ada';
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? name);
    const { status } = await machine.ask(`${url}${filled}${path === '/pause-status' ? '?claude_name=Ada' : ''}`);
    t.ok(status < 400 || /^\/v1\/(turns|jobs|checkpoint\/key\/proof)/.test(path), `${path}: ${status}`);
  }
}

t.test('a folder that is called as a key is no project, whichever way it is told', async (t) => {
  const machine = new Machine(t);
  const mark = machine.secrets.of;
  const { url, stop } = await machine.serve();
  const cwd = (kind: string) => `/srv/sk-ant-api03-${mark(kind)}`;
  const push = (path: string, body: string) => machine.push(`${url}${path}`, 'application/json', body);
  const prompt = { hook_event_name: 'UserPromptSubmit', session_id: 's1', cwd: cwd('folder of a hook') };
  t.equal(await push('/v1/hooks/claude', JSON.stringify(prompt)), 200);
  const asked = { 'session.id': 's1', request_id: 'req_7', input_tokens: { int: 12 } };
  const log = { time: '1795860000000000000', body: 'claude_code.api_request', attributes: asked };
  t.equal(await push('/v1/logs', logsJson([log], { 'agent.id': 'Ada' })), 200);
  const draw = { session_id: 's2', cwd: cwd('folder of a status line'), cost: { total_cost_usd: 1 } };
  t.equal(await push('/v1/readings/claude-statusline', JSON.stringify(draw)), 422);
  machine.write({
    '.claude/projects/a/s3.jsonl': textOf(claudeLine({ line: { cwd: cwd('folder of a transcript') } })),
    '.codex/sessions/2026/11/28/rollout-1.jsonl': textOf(
      { type: 'session_meta', payload: { id: 'c1', cwd: cwd('folder of Codex') } },
      { type: 'token_usage_record', payload: { response_id: 'r1', usage: { input_tokens: 3, total_tokens: 3 } } },
    ),
  });
  t.match(JSON.parse(await machine.cli('collect', '--once', '--json')), [{ recorded: 1 }, { recorded: 1 }]);
  await machine.ask(`${url}/v1/sources`);
  await machine.ask(`${url}/dashboard`);
  for (const verb of ['usage --by project', 'usage list', 'audit events']) await machine.cli(...verb.split(' '));
  await stop();
  t.match(await machine.cli('export'), /"req_7"/);
  for (const [what, bytes] of [...machine.shown, ...filesBelow(machine.kept)])
    t.same(machine.secrets.foundIn(bytes), [], what.replace(machine.kept, ''));
});

t.test('nothing of what was said, and no credential, is kept, logged, told or shown', async (t) => {
  const machine = new Machine(t);
  const { secrets, cli } = { secrets: machine.secrets, cli: machine.cli.bind(machine) };
  const mark = secrets.of;
  machine.write({ ...claudeFiles(mark), ...codexFiles(mark), ...geminiFiles(mark) });
  const files = filesOf(mark);
  const ending = (format: string) => (/text|screen/.test(format) ? 'txt' : 'json');
  const path = (format: string) => `files/${format}${format === 'otlp' ? '/v1-logs' : ''}.${ending(format)}`;
  for (const [format, text] of Object.entries(files)) machine.write({ [path(format)]: text });
  for (const [i, text] of credentials(mark).entries()) machine.write({ [`refused/${i}.json`]: `{${text}}` });

  const daemon = await machine.serve();
  const feed = new AbortController();
  const heard = (async () => {
    const answer = await fetch(`${daemon.url}/v1/stream`, { signal: feed.signal });
    for await (const part of answer.body ?? []) machine.show('feed', part);
  })().catch(() => undefined);
  await pushAll(t, machine, daemon.url);
  await pushRefused(t, machine, daemon.url);
  const collected = JSON.parse(await cli('collect', '--once', '--json'));
  t.match(collected, [
    { uses: 3, recorded: 4 },
    { uses: 1, recorded: 2 },
    { uses: 3, recorded: 3 },
  ]);
  for (const [i, { format }] of sourceFormats.entries()) {
    const from = files[format] === undefined ? [] : [join(machine.home, path(format))];
    const json = i % 2 === 0 ? ['--json'] : [];
    await cli('sources', 'read', format, ...from, '--json', '--cursor', join(machine.kept, `${format}.cursor`));
    await cli('sources', 'read', format, ...from);
    if (from.length === 0) await cli('sources', 'test', format, ...json);
    else await cli('collect', '--once', format, '--path', ...from, ...json);
  }
  for (const format of ['usage-json', 'claude-hook', 'cloudevents'])
    await cli('collect', '--once', format, '--path', join(machine.home, 'refused'));
  await cli('sources', 'explain', join('/srv', mark('folder'), 'app'), '--json');
  await cli('sources', 'list', '--json');
  await cli('collect', '--once', '--dry-run', '--json');
  await readAll(t, machine, daemon.url);
  feed.abort();
  await heard;
  await daemon.stop();

  for (const verb of ['usage list', 'audit events', 'identities list', 'fair status', 'verify', 'replay'])
    await cli(...verb.split(' '));
  const archived = JSON.parse(await cli('archive', '--before', new Date().toISOString(), '--json'));
  t.ok(archived.events > 20, `${archived.events} events are in segments`);
  const again = await machine.serve();
  await readAll(t, machine, again.url);
  await again.stop();
  const log = await cli('export');
  for (const word of [
    'msg_1',
    'msg_2',
    'msg_3',
    'resp_1',
    'own:m1',
    'req_7',
    'chatcmpl-1',
    'msg_20',
    '"project":"app"',
  ])
    t.ok(log.includes(word), `${word} was recorded`);

  const blobs = blobsOf(join(machine.kept, 'data/resource_tracking.db'));
  t.ok(
    [...blobs.values()].some((blob) => blob.includes('msg_1')),
    'segments are unpacked',
  );
  t.ok(existsSync(join(machine.kept, 'state/resource-share/cursors')));
  t.match(secrets.foundIn(gzipSync(files['usage-json'] as string)), { length: 3 }, 'what is looked for would be found');
  for (const [what, bytes] of [...machine.shown, ...blobs, ...filesBelow(machine.kept)]) {
    // Whose use it is that is appended to a file, rules say by the folder; the file has the name of it, too.
    const isCursor = what.endsWith('.cursor');
    const found = secrets.foundIn(bytes).filter((kind) => !(isCursor && kind.startsWith('folder ')));
    t.same(found, [], what.replace(machine.kept, ''));
  }
});
