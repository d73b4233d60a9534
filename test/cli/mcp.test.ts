// Goal: a model that has the tools keeps to its share by them, and learns what is wrong where something is; with the protocol's own client.
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import t, { type Test } from 'tap';
import { limits } from '../../src/limits.js';
import { type Daemon, spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';
import { jsonOn, onData, spawnNode } from './run.js';

interface Answer {
  readonly isError?: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a tool gives is what the tests are about
  readonly output: any;
}

/** A client that has started the program by itself. It checks what a tool gives by the schema that the tool is listed with. */
async function connect(t: Test, ...args: readonly string[]) {
  const client = new Client({ name: 'made-client', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [program, 'mcp', ...args],
    env: { PATH: process.env.PATH ?? '', XDG_DATA_HOME: noData, XDG_CONFIG_HOME: noSettings, XDG_RUNTIME_DIR: '' },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (part) => {
    stderr += part;
  });
  t.teardown(() => client.close());
  await client.connect(transport);
  const { tools } = await client.listTools();
  const call = async (name: string, given: Record<string, unknown> = {}): Promise<Answer> => {
    const { content, structuredContent, isError } = await client.callTool({ name, arguments: given });
    const [first] = content as { type: string; text: string }[];
    return { text: first?.text ?? '', output: structuredContent, ...(isError === true ? { isError } : {}) };
  };
  return { client, tools, call, wrote: () => stderr };
}

async function served(t: Test) {
  const data = join(temporaryFolder(t), 'data');
  let daemon: Daemon | null = null;
  const start = async () => {
    daemon = await spawnDaemon(data);
  };
  const stop = async () => daemon?.stop();
  t.teardown(stop);
  await start();
  const uses = async () => (await jsonOn(data)('audit', 'events', '--type', 'usage.recorded')) as unknown[];
  return { data, start, stop, uses };
}

t.test('a client is told of four tools, in words and schemas for a model', async (t) => {
  const { data } = await served(t);
  const { client, tools } = await connect(t, '--as', 'Ada', '--data', data);
  t.strictSame(
    tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint, annotations?.idempotentHint]),
    [
      ['may_i_run', true, true],
      ['report_usage', false, true],
      ['my_share', true, true],
      ['quota', true, true],
    ],
  );
  for (const { name, description, outputSchema, inputSchema } of tools) {
    t.ok((description ?? '').length > 80, `${name} is described`);
    t.ok(outputSchema?.properties);
    t.notOk(inputSchema.properties?.agent, 'the server is for one agent');
    t.notMatch(JSON.stringify(outputSchema), /an hour ago/, 'a window is stale by how far apart its readings are');
  }
  t.notMatch(JSON.stringify(tools), /"type":\[|9007199254740991/, 'schemas that every client can pass on');
  t.match(client.getInstructions(), /You are Ada/);
  const { tools: open } = await connect(t, '--data', data);
  t.strictSame(
    open.filter(({ inputSchema }) => inputSchema.required?.includes('agent')).map(({ name }) => name),
    ['may_i_run', 'report_usage', 'my_share'],
  );
});

t.test('it reports, is told to wait, and sees its share and the quota', async (t) => {
  const { data, uses } = await served(t);
  await onData(data)('identities', 'add', 'Ben');
  const { call, wrote } = await connect(t, '--as', 'Ada', '--data', data);
  const use = {
    idempotency_key: 'task-1',
    input_tokens: 1_200,
    output_tokens: 340,
    model: 'claude-opus-5',
    cost_usd: 0.5,
  };
  const recorded = await call('report_usage', use);
  t.match(recorded, {
    text: /^Recorded\. Ada is to run again 15 min after this run began\. Why: \S/,
    output: { agent: 'Ada', status: 'recorded', interval_s: 900, quota_full: false },
  });
  t.match(await call('report_usage', use), {
    text: /^It was recorded before, and counts once\./,
    output: { status: 'repeated', seq: recorded.output.seq },
  });
  t.match(await call('report_usage', { ...use, cost_usd: 0.6 }), { isError: true, text: /422: .*key/ });
  t.match(await uses(), [
    {
      source: 'mcp/1',
      payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 500_000, tokens: { input: 1_200, output: 340 } },
    },
  ]);
  t.match(await call('may_i_run'), {
    text: /^No: Ada is to wait 15 min, until \d{4}-.*Z\. Why: \S/,
    output: { agent: 'Ada', may_run: false, interval_s: 900, state: 'running' },
  });
  const mine = await call('my_share');
  t.ok(mine.output.balance_usd < -0.2, 'it is ahead');
  t.match(mine, {
    text: /^Ada has 50 % of the shared quota, has used \$0\.50, and is \$0\.25 ahead of the others\. Why: \S/,
    output: { share: 0.5, used_usd: 0.5 },
  });
  t.match(await call('quota'), { text: 'week_all: nobody has read it yet.', output: { enforced: false } });
  await onData(data)('quota', 'record', '--session', '17.5', '--session-resets', '3h');
  await onData(data)('policy', 'set', 'mode=enforce');
  t.match(await call('quota'), {
    text: /^session_5hour: 17\.5 % used, resets at \d{4}-.*Z\.$/m,
    output: { enforced: true, windows: [{ window: 'session_5hour', percent_used: 17.5, exhausted: false }] },
  });
  t.equal(wrote(), '');
});

t.test('without an agent of its own each call names one; pools are apart', async (t) => {
  const { data } = await served(t);
  await onData(data)('identities', 'add', 'Ben');
  await onData(data)('pools', 'add', 'team');
  const { call } = await connect(t, '--data', data);
  t.match(await call('may_i_run', { agent: 'Ben' }), { text: /^Yes: Ben may run now\./, output: { may_run: true } });
  const { call: inTeam } = await connect(t, '--data', data, '--pool', 'team', '--as', 'Ben');
  t.match(await inTeam('may_i_run'), { isError: true, text: /Nobody here is called Ben/ });
  await onData(data)('identities', 'pause', 'Ben');
  t.match(await call('may_i_run', { agent: 'Ben' }), {
    text: /^No: Ben is paused until somebody resumes it/,
    output: { wait_s: null },
  });
  await onData(data)('identities', 'resume', 'Ben');
  await onData(data)('identities', 'retire', 'Ben');
  t.match(await call('may_i_run', { agent: 'Ben' }), {
    text: /^No: Ben is retired\. Why: It has left the pool: `resource-share identities reinstate` brings it back\.$/,
    output: { may_run: false, wait_s: null, next_run_at: null, state: 'retired' },
  });
});

t.test('a key counts once for an agent, in whichever spelling, and is of nobody else', async (t) => {
  const { data, uses } = await served(t);
  const { call } = await connect(t, '--data', data);
  const report = async (agent: string, key: string) =>
    (await call('report_usage', { agent, idempotency_key: key, cost_usd: 0.5 })).output?.status;
  t.equal(await report('Ada', 't1'), 'recorded');
  t.equal(await report('ada', 't1'), 'repeated');
  t.equal(await report('straße', 't1'), 'recorded');
  t.equal(await report('STRASSE', 't1'), 'repeated');
  t.equal(await report('A', 'b:c'), 'recorded');
  t.equal(await report('A:b', 'c'), 'recorded');
  t.equal(await report('ﬃ'.repeat(limits.nameCharactersMax), 'k'.repeat(200)), 'recorded', 'a long name has room');
  t.equal((await uses()).length, 5);
});

t.test('what is wrong is said, and nothing is recorded', async (t) => {
  const { data, uses } = await served(t);
  const { call, client } = await connect(t, '--as', 'Ada', '--data', data);
  const refused: ReadonlyArray<readonly [Record<string, unknown>, RegExp]> = [
    [{ cost_usd: 1 }, /idempotency_key/],
    [{ idempotency_key: 'a' }, /What was used\? Give cost_usd, or tokens/],
    [{ idempotency_key: 'a', cost_usd: -1 }, /cost_usd/],
    [{ idempotency_key: 'a', cost_usd: limits.costMicroUsdMax }, /cost_usd/],
    [{ idempotency_key: 'a', input_tokens: 1.5 }, /input_tokens/],
    [{ idempotency_key: 'k'.repeat(limits.keyCharactersMax), cost_usd: 1 }, /idempotency_key/],
    [{ idempotency_key: 'a', cost_usd: 1, agent: 'Ben' }, /"agent".*This server is for Ada alone/],
    [{ idempotency_key: 'a', cost_usd: 1, model: '\u0007' }, /422|400/],
  ];
  for (const [given, why] of refused) t.match(await call('report_usage', given), { isError: true, text: why });
  await t.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }), /there is no tool no_such_tool/);
  t.match(await call('may_i_run'), { isError: true, text: /Nobody here is called Ada\. .*report_usage/ });
  t.match(await call('my_share'), { isError: true, text: /Nobody here is called Ada/ });
  t.match(await call('quota', { agent: 'Ada' }), { isError: true });
  t.strictSame(await uses(), []);
});

t.test('while the daemon is away each tool says so, and works again when it is back', async (t) => {
  const { data, start, stop, uses } = await served(t);
  const { call } = await connect(t, '--as', 'Ada', '--data', data);
  const use = { idempotency_key: 'task-1', cost_usd: 0.5 };
  t.match(await call('report_usage', use), { output: { status: 'recorded' } });
  await stop();
  for (const [name, given] of [
    ['may_i_run', {}],
    ['my_share', {}],
    ['quota', {}],
    ['report_usage', use],
  ] as const) {
    const away = await call(name, given);
    t.match(away, { isError: true, text: /does not answer: no daemon serves .*resource-share serve/ }, name);
    t.equal(away.output, undefined);
  }
  await start();
  t.match(await call('report_usage', use), { output: { status: 'repeated' } });
  t.match(await call('may_i_run'), { output: { may_run: false } });
  t.equal((await uses()).length, 1);
});

t.test('only the protocol is on stdout; a message without end ends it; so does the end of stdin', async (t) => {
  const { data } = await served(t);
  const ask = async (input: string) => {
    const child = spawnNode([program, 'mcp', '--as', 'Ada', '--data', data]);
    const wrote = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      wrote.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      wrote.stderr += text;
    });
    child.stdin.on('error', () => undefined).end(input);
    const [code] = await once(child, 'close');
    return { code, ...wrote };
  };
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  };
  const called = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'quota', arguments: {} } };
  const lines = ['no json', '{"a":1}', JSON.stringify(initialize), JSON.stringify(called)];
  const { code, stdout, stderr } = await ask(`${lines.join('\n')}\n`);
  t.equal(code, 0);
  const answers = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  t.match(answers, [
    { id: 1, result: { serverInfo: { name: 'resource-share' } } },
    { id: 2, result: { content: [{}] } },
  ]);
  t.equal(answers.length, 2);
  t.match(stderr, /A message of the client was not understood/);
  t.match(await ask('x'.repeat(limits.bodyBytesMax + 1)), { code: 2, stdout: '', stderr: /not understood/ });
});
