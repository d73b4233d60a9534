// Goal: a thread's answers, errors and progress reach who asked, and nobody waits for a thread that has ended.
import t, { type Test } from 'tap';
import { Thread } from '../../src/runtime/thread.js';
import type { TestRequest } from '../support/test-thread.js';

function started(t: Test): Thread<TestRequest, string, number> {
  const entry = new URL('../support/test-thread.js', import.meta.url);
  const thread = new Thread<TestRequest, string, number>(entry, { whenEnded: () => new Error('it has ended') });
  t.teardown(() => thread.end());
  return thread;
}

t.test('each request gets its own answer, and an error that is what it was', async (t) => {
  const thread = started(t);
  const answers = (['answer', 'problem', 'storage', 'bug', 'answer'] as const).map((request) => thread.ask(request));
  const [first, problem, storage, bug, last] = await Promise.allSettled(answers);
  t.match(first, { value: 'answered' });
  t.match(problem, { reason: { name: 'Problem', code: 'replay_running', message: 'it runs' } });
  t.match(storage, { reason: { name: 'StorageError', reason: 'full', message: 'no room' } });
  t.match(bug, { reason: { name: 'Error', message: 'a mistake', stack: /test-thread/ } });
  t.match(last, { value: 'answered' });
});

t.test('progress comes in its order, and before the answer', async (t) => {
  const steps = started(t).follow('count');
  const reached: unknown[] = [];
  for (let step = await steps.next(); ; step = await steps.next()) {
    reached.push(step.value);
    if (step.done === true) break;
  }
  t.strictSame(reached, [1, 2, 3, 'counted']);
});

t.test('a request that is given up is told so, and the thread goes on with others', async (t) => {
  const thread = started(t);
  const givenUp = new AbortController();
  const steps = thread.follow('wait', givenUp.signal);
  t.match(await steps.next(), { value: 0 });
  givenUp.abort();
  await t.rejects(steps.next(), { message: 'given up' });
  t.equal(await thread.ask('answer'), 'answered');
});

t.test('a thread that ends unexpectedly fails what it was asked, and what it is asked later', async (t) => {
  const thread = started(t);
  const waiting = thread.ask('wait');
  await t.rejects(thread.ask('end'), { message: 'it has ended' });
  await t.rejects(waiting, { message: 'it has ended' });
  t.ok(thread.hasEnded);
  await t.rejects(thread.ask('answer'), { message: 'it has ended' });
});
