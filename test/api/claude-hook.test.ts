/** Goal: a hook tells an agent what it needs to know, is never waited for in vain, and stops nobody by mistake. */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { logsJson } from '../support/otlp.js';
import { eventsOf, figuresOf } from '../support/pushed.js';
import { type TestServer, testServer } from './support.js';

const typed = { hook_event_name: 'UserPromptSubmit', session_id: 's1', cwd: '/srv/p1', prompt: 'words-of-a-person' };
const hook = (server: TestServer, body: unknown, url = '/v1/hooks/claude?agent=Ada', headers = {}) =>
  server.post(url, body, headers);
const use = (name: string, more: object = {}) => ({ name, mode: 'autonomy', cost_micro_usd: 100_000, ...more });
const contextOf = (body: string): string => JSON.parse(body).hookSpecificOutput.additionalContext;

/** The outcomes of what is submitted next; the storage takes it after `until`. */
function nextOutcomes({ ledger }: TestServer, until: Promise<void> = Promise.resolve()): Promise<unknown> {
  const submit = ledger.submit.bind(ledger);
  return new Promise((resolve) => {
    ledger.submit = (pool, submission) => {
      const outcomes = until.then(() => submit(pool, submission));
      resolve(outcomes);
      return outcomes;
    };
  });
}

t.test('an agent is told its share, whether to wait until when, and why', async (t) => {
  const server = await testServer(t);
  await server.send('identity.registered', { name: 'Ada' });
  await server.send('identity.registered', { name: 'Ben' });
  const before = (await server.get('/v1/events?limit=1000')).body;
  const free = await hook(server, typed);
  t.equal(free.statusCode, 200);
  t.match(free.json(), { hookSpecificOutput: { hookEventName: 'UserPromptSubmit' } });
  t.match(contextOf(free.body), /^Resource-Share: Ada has 50 % of the shared quota and may run now\. Why: \S/);
  t.equal((await server.get('/v1/events?limit=1000')).body, before, 'nothing is recorded by it');
  await server.send('usage.recorded', use('Ada'));
  const waiting = contextOf((await hook(server, typed)).body);
  t.match(waiting, /^Resource-Share: Ada has 50 % .* is to wait until \w+,? 5 Jan.*\(UTC\), in .*\. Why: \S/);
  const named = await hook(server, typed, '/v1/hooks/claude', { 'x-resource-share-agent': 'Ben' });
  t.match(contextOf(named.body), /: Ben has 50 %/);
  await server.send('agent.paused', { name: 'Ben' });
  t.match(
    contextOf((await hook(server, typed, '/v1/hooks/claude?agent=Ben')).body),
    /paused until somebody resumes it/,
  );
});

t.test('a retired agent does not run, and every way of asking says the same reason', async (t) => {
  const server = await testServer(t);
  await server.send('usage.recorded', use('Ada'));
  await server.send('identity.retired', { name: 'Ada' });
  server.clock.advance(86_400_000);
  const left = 'It has left the pool: `resource-share identities reinstate` brings it back.';
  t.equal(
    contextOf((await hook(server, typed)).body),
    `Resource-Share: Ada is retired and does not run any more. Why: ${left}`,
  );
  const gone = { may_run: false, wait_s: null, next_run_at: null, state: 'retired', advice: { reason: left } };
  const advice = await server.get('/v1/advice/ada');
  t.match(advice.json(), gone);
  t.match(advice.headers.ratelimit, /^"runs";r=0(,|$)/);
  t.match((await server.app.inject({ method: 'POST', url: '/v1/advice/ada' })).json(), gone);
  await server.send('policy.set', { mode: 'enforce' });
  t.match((await hook(server, typed)).json(), { decision: 'block' });
  const turn = await server.post('/v1/turns', { name: 'Ada' });
  t.ok(turn.body.includes(left), turn.body);
  await server.send('identity.reinstated', { name: 'Ada' });
  t.match((await server.get('/v1/advice/ada')).json(), { may_run: true, wait_s: 0 });
});

t.test('nobody is registered by a hook, and a newcomer is told what one would be told', async (t) => {
  const server = await testServer(t);
  t.match(contextOf((await hook(server, typed)).body), /Ada is not known here yet: a newcomer may run now/);
  t.match(contextOf((await hook(server, typed, '/v1/hooks/claude')).body), /@.* is not known here yet/);
  t.same(await eventsOf(server, 'identity.registered'), []);
});

t.test('where turns are enforced a prompt is blocked until the agent may run', async (t) => {
  const server = await testServer(t);
  await server.send('policy.set', { mode: 'enforce' });
  await server.send('usage.recorded', use('Ada'));
  const blocked = (await hook(server, typed)).json();
  t.match(blocked, { decision: 'block', reason: /Ada .* is to wait until .*, in / });
  t.notOk('hookSpecificOutput' in blocked);
  const { wait_s: wait } = (await server.get('/v1/advice/Ada')).json();
  server.clock.advance(1_000 * wait);
  t.match((await hook(server, typed)).json(), { hookSpecificOutput: { additionalContext: /may run now/ } });
});

t.test('a person who works with an agent is not blocked, nor is a turn that was granted', async (t) => {
  const server = await testServer(t);
  await server.send('policy.set', { mode: 'enforce' });
  await server.send('usage.recorded', use('Ada', { mode: 'collaboration' }));
  await server.post('/v1/turns', { name: 'Ben' });
  await server.send('usage.recorded', use('Ben'));
  for (const name of ['Ada', 'Ben']) {
    t.equal((await server.get(`/v1/advice/${name}`)).json().may_run, false);
    t.match((await hook(server, typed, `/v1/hooks/claude?agent=${name}`)).json(), { hookSpecificOutput: {} });
  }
  const resetsAt = server.clock.now() + 7_200_000;
  await server.send('quota.read', { windows: [{ key: 'week_all', percent_bp: 10_000, resets_at: resetsAt }] });
  t.match((await hook(server, typed)).json(), { decision: 'block' }, 'a window that is used up stops everybody');
});

t.test('where the policy only observes nothing is told', async (t) => {
  const server = await testServer(t);
  await server.send('policy.set', { mode: 'observe' });
  t.same((await hook(server, typed)).json(), {});
});

t.test('a limit that was reached is recorded as a reading; other events are answered with nothing', async (t) => {
  const server = await testServer(t);
  const failure = (error: string) => ({
    hook_event_name: 'StopFailure',
    session_id: 's1',
    error,
    last_assistant_message: "You've hit your 5-hour limit · resets 3:07pm (UTC)",
  });
  for (const body of [failure('overloaded'), { hook_event_name: 'SessionEnd', reason: 'clear' }, { a: 1 }, [], 'no']) {
    const response = await hook(server, body);
    t.equal(response.statusCode, 200);
    t.same(response.json(), {});
  }
  const recorded = nextOutcomes(server);
  t.same((await hook(server, failure('rate_limit'))).json(), {});
  await recorded;
  t.match(await eventsOf(server, 'quota.read'), [
    { source: 'claude-hook/1', payload: { windows: [{ key: 'session_5hour', percent_bp: 10_000 }] } },
  ]);
  t.match(await figuresOf(server, 'claude-hook'), { recorded: 1 });
});

t.test('what goes wrong is nobody’s reason to stop', async (t) => {
  const server = await testServer(t);
  await server.send('policy.set', { mode: 'enforce' });
  await server.send('usage.recorded', use('Ada'));
  for (const [body, url] of [
    [typed, '/v1/hooks/claude?pool=none'],
    [typed, '/v1/hooks/claude?agent=Ada&other=1'],
    [typed, '/v1/hooks/claude?agent=%07'],
    [' '.repeat(limits.pushBytesMax + 1), '/v1/hooks/claude?agent=Ada'],
  ] as const) {
    const response = await hook(server, body, url);
    t.equal(response.statusCode, 200, url);
    t.same(response.json(), {});
  }
  const elsewhere = await hook(server, typed, '/v1/hooks/claude?agent=Ada', { origin: 'https://elsewhere.example' });
  t.equal(elsewhere.statusCode, 403, 'what the guards refuse is refused');
});

t.test('it answers in time though the storage does not, and the reading is recorded once it does', async (t) => {
  const server = await testServer(t);
  let release = (): void => undefined;
  const storage = new Promise<void>((resolve) => {
    release = resolve;
  });
  const recorded = nextOutcomes(server, storage);
  const limit = {
    hook_event_name: 'StopFailure',
    error: 'rate_limit',
    last_assistant_message: "You've hit your 5-hour limit",
  };
  t.same((await hook(server, limit)).json(), {}, 'it does not wait for what it records');
  t.same(await eventsOf(server, 'quota.read'), []);
  release();
  await recorded;
  t.equal((await eventsOf(server, 'quota.read')).length, 1);
});

t.test('it answers with nothing where the state cannot be told in time', async (t) => {
  const server = await testServer(t);
  Object.defineProperty(server.ledger, 'isTrue', { get: () => false });
  server.ledger.restored = () => new Promise(() => undefined);
  const answer = hook(server, typed);
  let isAnswered = false;
  void answer.then(() => {
    isAnswered = true;
  });
  // Others may wait by the clock, too: time passes until it has answered.
  while (!isAnswered) {
    server.clock.advance(limits.hookMsMax);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.same((await answer).json(), {});
});

t.test('a prompt is neither kept nor logged, but makes the session one of a person for a while', async (t) => {
  const lines: string[] = [];
  const server = await testServer(t, {
    log: { level: 'trace', destination: { write: (line) => void lines.push(line) } },
  });
  const tell = async (request: string, session: string) => {
    const attributes = { 'session.id': session, request_id: request, input_tokens: { int: 10 } };
    const time = `${server.clock.now()}000000`;
    await server.post(
      '/v1/logs',
      logsJson([{ body: 'claude_code.api_request', time, attributes }], { 'agent.id': 'Ada' }),
    );
  };
  await hook(server, typed);
  server.clock.advance(60_000);
  await tell('req_1', 's1');
  await tell('req_2', 's2');
  server.clock.advance(1_800_000);
  await tell('req_3', 's1');
  t.match(
    (await eventsOf(server, 'usage.recorded')).map(({ payload }) => payload),
    [
      { mode: 'collaboration', mode_source: 'prompt' },
      { mode: 'autonomy', mode_source: 'default' },
      { mode: 'autonomy', mode_source: 'default' },
    ],
  );
  t.notMatch((await server.get('/v1/events?limit=1000')).body + lines.join(''), /words-of-a-person/);
});
