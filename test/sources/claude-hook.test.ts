// Goal: of a hook it is known what happened, where and to whom, and nothing of what was said.
import { test } from 'tap';
import { claudeHook } from '../../src/sources/claude-hook.js';
import type { EventSeen, Observation } from '../../src/sources/source.js';
import { readText, windowsOf } from '../support/read-source.js';

const read = (hook_event_name: unknown, more: object = {}) =>
  readText(claudeHook, JSON.stringify({ session_id: 's1', cwd: '/srv/p1', hook_event_name, ...more }));
const eventOf = ({ observations }: { observations: readonly Observation[] }): EventSeen => {
  const [event, ...others] = observations.filter((one): one is EventSeen => one.kind === 'event');
  if (event === undefined || others.length > 0) throw new Error('there is not one event');
  return event;
};

test('an event is told with its session and its agent', async (t) => {
  t.same(read('SubagentStart', { agent_id: 'a1', agent_type: 'general' }).observations, [
    {
      kind: 'event',
      event: 'SubagentStart',
      session: 's1',
      agent: 'a1',
      occurredAt: null,
      exhausted: undefined,
      data: undefined,
      place: { cwd: '/srv/p1' },
    },
  ]);
  t.match(eventOf(read('BrandNewEvent')), { event: 'BrandNewEvent', agent: null });
  t.match(eventOf(read('SessionEnd', { reason: 'clear' })), { data: { reason: 'clear' } });
  t.match(eventOf(read('Stop', { session_id: 7, cwd: null })), { session: null, place: { cwd: undefined } });
});

test('what was asked, given and answered is dropped', async (t) => {
  const secrets = {
    prompt: 'my secret',
    tool_input: { command: 'my secret' },
    tool_response: { stdout: 'my secret' },
    last_assistant_message: "my secret\nYou've hit your weekly limit · resets my secret",
    error: 'my secret',
    reason: 'my secret',
  };
  for (const event of ['UserPromptSubmit', 'PreToolUse', 'PostToolUse', 'Stop', 'StopFailure', 'SessionEnd']) {
    t.notMatch(JSON.stringify(read(event, secrets)), /secret/, event);
  }
  const limit = read('StopFailure', { ...secrets, error: 'rate_limit' });
  t.match(eventOf(limit), { exhausted: true });
  t.notMatch(JSON.stringify(limit), /secret/);
  t.notMatch(JSON.stringify(read('my secret', secrets)), /secret/);
});

test('a refusal for a limit exhausts the window that it names', async (t) => {
  const refused = (error: string, last_assistant_message: unknown) =>
    read('StopFailure', { error, last_assistant_message });
  const weekly = "You've hit your weekly limit · resets 6pm (UTC)";
  const limit = refused('rate_limit', weekly);
  t.match(eventOf(limit), { exhausted: true, data: { error: 'rate_limit' } });
  t.match(windowsOf(limit), { week_all: { percentBp: 10_000, resetsAt: '2026-05-13T18:00:00.000Z' } });
  const near = refused('rate_limit', "You've used 91% of your weekly limit");
  t.notOk(eventOf(near).exhausted, 'near is not used up');
  t.match(windowsOf(near), { week_all: { percentBp: 9_100 } });
  for (const text of ["API Error: Request rejected (429) · It would exceed your account's rate limit.", null, 7]) {
    t.notOk(eventOf(refused('rate_limit', text)).exhausted, `${text}`);
    t.same(windowsOf(refused('rate_limit', text)), {});
  }
  for (const error of [
    'overloaded',
    'server_error',
    'billing_error',
    'authentication_failed',
    'invalid_request',
    'model_not_found',
    'max_output_tokens',
    'unknown',
  ]) {
    const other = refused(error, weekly);
    t.match(eventOf(other), { exhausted: undefined, data: { error } });
    t.same(windowsOf(other), {}, error);
  }
  t.same(windowsOf(read('Stop', { error: 'rate_limit', last_assistant_message: weekly })), {}, 'it only says so');
});

test('what is no hook is counted', async (t) => {
  t.match(read(undefined), { observations: [], skipped: { 'no-event': 1 } });
  t.match(readText(claudeHook, '[1, null, {"hook_event_name":"Stop"}]').skipped, { 'not-an-object': 2 });
  t.match(readText(claudeHook, '{"hook_ev').skipped, { 'not-json': 1 });
});

test('a credential in what is dropped changes nothing, and none is kept', async (t) => {
  const key = 'sk-ant-api03-abc';
  const typed = read('UserPromptSubmit', { prompt: `"access_token": "${key}"` });
  t.equal(typed.refused, null);
  t.match(eventOf(typed), { event: 'UserPromptSubmit', session: 's1', place: { cwd: '/srv/p1' } });
  const named = read('UserPromptSubmit', { session_id: key, agent_id: `${key}-2` });
  t.match(eventOf(named), { session: null, agent: null });
  t.match(named.skipped, { credential: 2 });
  const limit = read('StopFailure', { error: 'rate_limit', last_assistant_message: `You've hit your ${key} limit` });
  t.same(windowsOf(limit), {});
  const placed = read('UserPromptSubmit', { cwd: `/srv/${key}/app` });
  t.match(eventOf(placed), { session: 's1', place: { cwd: undefined } });
  t.match(placed.skipped, { credential: 1 });
  for (const one of [typed, named, limit, placed]) t.notMatch(JSON.stringify(one), /sk-ant/);
  const letters = `AKIA${'ABCDEFGH'.repeat(2)}`;
  t.same(eventOf(read('SessionEnd', { reason: letters })).data, undefined);
  t.match(read(letters).skipped, { credential: 1, 'no-event': 1 });
  const app = '/srv/refresh_token/access_token';
  t.match(eventOf(read('Stop', { cwd: app })), { place: { cwd: app } }, 'a word for one is none');
});
