/** What programs write and send, with marks in the place of all that people, models and tools said. */
import { claudeLine, textOf, wrappedLine } from './claude-lines.js';
import {
  type Attributes,
  type Log,
  logsJson,
  logsProtobuf,
  metricsJson,
  metricsProtobuf,
  tracesJson,
  tracesProtobuf,
} from './otlp.js';

type Mark = (kind: string) => string;
type Files = Readonly<Record<string, string | Uint8Array>>;

const at = '2026-11-28T10:00:00.000Z';
const nanos = '1795860000000000000';

/** Of the folder that an agent works in only the last part is kept, as its project. */
const folderIn = (mark: Mark): string => `/srv/${mark('folder')}/app`;

export const claudeFiles = (mark: Mark): Files => {
  const said = (id: string, line: object = {}) => ({
    message: {
      id: `msg_${id}`,
      content: [
        { type: 'thinking', thinking: mark('thinking'), signature: mark('signature') },
        { type: 'text', text: mark('answer') },
        {
          type: 'tool_use',
          id: 'toolu_1',
          name: 'Bash',
          input: { command: mark('tool input'), assistant: ':"assistant"' },
        },
      ],
      stop_sequence: mark('stop sequence'),
    },
    line: {
      requestId: `req_${id}`,
      uuid: `u${id}`,
      cwd: folderIn(mark),
      gitBranch: mark('branch'),
      slug: mark('slug'),
      ...line,
    },
  });
  const turn = (line: object) => ({ ...claudeLine(), ...line });
  const session = textOf(
    { type: 'summary', summary: mark('summary'), leafUuid: 'u1' },
    { type: 'ai-title', aiTitle: mark('title'), sessionId: 's1' },
    { type: 'queue-operation', operation: 'enqueue', content: mark('queued prompt'), sessionId: 's1' },
    turn({ type: 'user', message: { role: 'user', content: mark('prompt') } }),
    turn({ type: 'system', isMeta: true, content: mark('system prompt'), message: undefined }),
    turn({ type: 'attachment', attachment: { type: 'file', content: mark('attachment') }, message: undefined }),
    turn({ type: 'file-history-snapshot', snapshot: { files: { [mark('file name')]: mark('file content') } } }),
    claudeLine(said('1')),
    turn({
      type: 'user',
      message: { role: 'user', content: [{ type: 'tool_result', content: mark('tool result') }] },
      toolUseResult: { stdout: mark('stdout'), file: { content: mark('file read') }, role: 'assistant' },
    }),
    claudeLine({
      message: {
        id: 'e1',
        model: '<synthetic>',
        content: [{ type: 'text', text: 'Claude AI usage limit reached|1795870000' }],
      },
      line: { isApiErrorMessage: true, error: mark('error'), uuid: 'u9' },
    }),
    wrappedLine({ ...said('2'), usage: { output_tokens: 6 } }),
    `{"type":"assistant","message":{"content":"${mark('line that is no JSON')}"`,
  );
  return {
    '.claude/projects/a/s1.jsonl': `${session}{"type":"assistant","message":{"content":"${mark('line without an end')}`,
    '.claude/projects/a/s1/subagents/agent-1.jsonl': textOf(
      claudeLine(said('3', { isSidechain: true, agentId: 'a1' })),
      turn({ type: 'user', isSidechain: true, message: { role: 'user', content: mark('prompt of a sub-agent') } }),
    ),
  };
};

export const codexFiles = (mark: Mark): Files => {
  const line = (type: string, payload: object) => ({ timestamp: at, type, payload });
  const item = (payload: object) => line('response_item', payload);
  const usage = { input_tokens: 3, output_tokens: 4, total_tokens: 7 };
  return {
    '.codex/sessions/2026/11/28/rollout-1.jsonl': textOf(
      line('session_meta', {
        id: 'c1',
        cwd: folderIn(mark),
        originator: 'codex_exec',
        instructions: mark('instructions'),
        base_instructions: { text: mark('base instructions') },
        git: { branch: mark('branch'), repository_url: mark('repository') },
      }),
      line('turn_context', { model: 'gpt-5', cwd: folderIn(mark), user_instructions: mark('user instructions') }),
      item({ type: 'message', role: 'user', content: [{ type: 'input_text', text: mark('prompt "token_count"') }] }),
      item({ type: 'reasoning', summary: [{ text: mark('reasoning') }], encrypted_content: mark('encrypted') }),
      item({ type: 'function_call', name: 'shell', arguments: JSON.stringify({ command: mark('tool input') }) }),
      item({ type: 'function_call_output', output: mark('tool output') }),
      line('event_msg', { type: 'user_message', message: mark('prompt'), images: [mark('image')] }),
      line('event_msg', { type: 'exec_command_end', aggregated_output: mark('output "session_meta"') }),
      line('compacted', { message: mark('compacted') }),
      line('token_usage_record', { thread_id: 'c1', turn_id: 't1', response_id: 'resp_1', usage, note: mark('note') }),
      line('event_msg', {
        type: 'token_count',
        info: { total_token_usage: usage, last_token_usage: usage },
        rate_limits: { primary: { used_percent: 12, window_minutes: 300, resets_in_seconds: 60 }, plan: mark('plan') },
      }),
      line('event_msg', { type: 'agent_message', message: mark('answer') }),
      `{"type":"token_count","payload":"${mark('line that is no JSON')}"`,
    ),
    '.codex/sessions/2026/11/28/exec.jsonl': textOf(
      { type: 'thread.started', thread_id: 'c2' },
      { type: 'item.completed', item: { type: 'agent_message', text: mark('answer') } },
      { type: 'item.completed', item: { type: 'command_execution', command: mark('command'), output: mark('output') } },
      { type: 'turn.completed', usage, last: mark('last') },
    ),
  };
};

export const geminiFiles = (mark: Mark): Files => {
  const head = { sessionId: 'g1', startTime: at, projectHash: mark('project hash') };
  const asked = () => ({ id: 'u1', type: 'user', content: mark('prompt'), tokens: mark('no tokens') });
  const answer = (id: string) => ({
    id,
    type: 'gemini',
    timestamp: at,
    model: 'gemini-3-pro',
    content: mark('answer'),
    thoughts: [{ subject: mark('subject'), description: mark('thought') }],
    toolCalls: [
      { name: 'shell', args: { command: mark('tool input') }, result: mark('result'), resultDisplay: mark('display') },
    ],
    tokens: { input: 5, output: 7, total: 12 },
  });
  return {
    '.gemini/tmp/p/chats/session-1.jsonl': textOf(head, asked(), answer('m1'), {
      $set: { messages: [asked(), answer('m2')], summary: mark('summary') },
    }),
    '.gemini/tmp/p/chats/session-2.json': JSON.stringify({
      ...head,
      sessionId: 'g2',
      messages: [asked(), answer('m3')],
    }),
  };
};

/** Bodies of readings by their format, as they are pushed or kept in a file. */
export const readings = (mark: Mark): Readonly<Record<string, string>> => ({
  'claude-statusline': JSON.stringify({
    session_id: 's1',
    session_name: mark('session name'),
    transcript_path: `/home/${mark('home')}/t.jsonl`,
    cwd: folderIn(mark),
    workspace: { current_dir: folderIn(mark), project_dir: folderIn(mark) },
    version: '2.1.7',
    output_style: { name: mark('style') },
    cost: { total_cost_usd: 0.25, note: mark('note') },
    rate_limits: { five_hour: { used_percentage: 12, note: mark('note') }, note: mark('note') },
  }),
  'claude-usage-text': `${mark('line before')}\nCurrent session: 17% used\n${mark('line after')}: 3\n`,
  'claude-usage-screen': `${mark('heading')}\nCurrent session\n█████  18% used\nResets 11:59pm (UTC)\n\n${mark('below')}\n`,
  'limit-text': `${mark('before')}\nYou've used 91% of your weekly limit · ${mark('part')}\n${mark('after')}`,
  'response-headers': `anthropic-ratelimit-unified-5h-utilization: 0.19\r\nset-cookie: session=${mark('cookie')}\r\nauthorization: Bearer ${mark('opaque token')}\r\nx-request: ${mark('header')}\r\n`,
  'usage-json': JSON.stringify({
    five_hour: { utilization: 21, note: mark('note') },
    account: { email: mark('e-mail'), utilization: 4 },
    [mark('code name')]: { utilization: 3 },
  }),
});

export const hooks = (mark: Mark): readonly string[] => {
  const hook = (name: string, more: object) =>
    JSON.stringify({
      hook_event_name: name,
      session_id: 's1',
      transcript_path: mark('path'),
      cwd: folderIn(mark),
      ...more,
    });
  return [
    hook('UserPromptSubmit', { prompt: mark('prompt') }),
    hook('PreToolUse', { tool_name: 'Bash', tool_input: { command: mark('tool input') } }),
    hook('PostToolUse', { tool_response: { stdout: mark('tool output') }, tool_input: mark('tool input') }),
    hook('Notification', { message: mark('notification'), title: mark('title') }),
    hook('PreCompact', { custom_instructions: mark('instructions') }),
    hook('Stop', { last_assistant_message: mark('last message') }),
    hook('StopFailure', {
      error: 'rate_limit',
      error_details: mark('details'),
      last_assistant_message: `${mark('last message')}\nYou've hit your session limit · resets 4pm (UTC)\n${mark('last message')}`,
    }),
    hook('SessionEnd', { reason: `other ${mark('reason')}` }),
    `{"hook_event_name":"UserPromptSubmit","prompt":"${mark('body that is no JSON')}"`,
  ];
};

/** Of each signal, in JSON and in protobuf. */
export function telemetry(mark: Mark) {
  const other = (): Attributes => ({ 'user.email': mark('e-mail'), 'log.text': mark('other attribute') });
  const log = (name: string, attributes: Attributes): Log => ({
    time: nanos,
    body: name,
    attributes: { ...other(), ...attributes },
  });
  const counts = { input_token_count: { int: 5 }, output_token_count: { int: 6 } };
  const messages = (): Attributes => ({
    'gen_ai.input.messages': mark('input messages'),
    'gen_ai.output.messages': mark('output messages'),
    'gen_ai.system_instructions': mark('system instructions'),
    'gen_ai.prompt': mark('prompt'),
    'gen_ai.tool.call.arguments': mark('arguments'),
    'gen_ai.usage.input_tokens': { int: 10 },
  });
  const logs = (): Log[] => [
    log('claude_code.api_request', {
      'session.id': 's1',
      request_id: 'req_7',
      prompt: mark('prompt'),
      input_tokens: { int: 12 },
    }),
    log('claude_code.user_prompt', { 'session.id': 's1', prompt: mark('prompt') }),
    log('claude_code.tool_result', { tool_parameters: mark('tool input'), error: mark('error') }),
    log('claude_code.api_error', { error: mark('error'), request_id: 'req_8' }),
    log('codex.user_prompt', { prompt: mark('prompt') }),
    log('codex.tool_result', { arguments: mark('tool input'), output: mark('tool output') }),
    log('codex.sse_event', {
      'event.kind': 'response.completed',
      'conversation.id': 'c9',
      'error.message': mark('error'),
      ...counts,
    }),
    log('gemini_cli.user_prompt', { prompt: mark('prompt') }),
    log('gemini_cli.tool_call', { function_args: mark('tool input') }),
    log('gemini_cli.api_response', { 'session.id': 'g9', response_text: mark('answer'), ...counts }),
    log('gen_ai.client.inference.operation.details', { 'gen_ai.response.id': 'resp_9', ...messages() }),
    log(mark('body of a log'), {}),
  ];
  const resource = (): Attributes => ({ 'agent.id': 'Ada', 'process.command_line': mark('command line') });
  const spans = () => [
    {
      trace: '5b8efff798038103d269b633813fc60c',
      span: 'eee19b7ec3c1b174',
      end: nanos,
      attributes: { ...other(), ...messages() },
    },
  ];
  const counters = () => [
    {
      name: 'claude_code.token.usage',
      points: [{ value: 7, end: nanos, attributes: { ...other(), type: 'input', 'session.id': 's8' } }],
    },
    { name: 'gen_ai.client.inference.usage.input_tokens', points: [{ value: 8, end: nanos, attributes: other() }] },
  ];
  return {
    logs: [logsJson(logs(), resource()), logsProtobuf(logs(), resource())],
    traces: [tracesJson(spans(), resource()), tracesProtobuf(spans(), resource())],
    metrics: [metricsJson(counters(), resource()), metricsProtobuf(counters(), resource())],
  };
}
