// Goal: whoever looks after background work sees what there is, adds, runs, ends and removes it, with a daemon and without one, and is told
// in one sentence what is wrong.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { type Ran, run } from './run.js';

const declared = { RESOURCE_SHARE_JOBS_KINDS: '{"x.report": {"attempts": 2}}' };

async function throughItsLife(t: Test, data: string): Promise<void> {
  const on = (...args: string[]): Promise<Ran> => run([...args, '--data', data], { env: declared });
  const json = async (...args: string[]) => JSON.parse((await on(...args, '--json')).stdout);
  await on('usage', 'record', 'Ada', '--cost', '0.1');
  t.match(await on('jobs', 'list', '--state', 'pending'), { code: 0, stdout: /There is no job/ });
  const { id } = await json(
    'jobs',
    'enqueue',
    'x.report',
    '--payload',
    '{"week": 2}',
    '--dedupe',
    'w2',
    '--priority',
    '5',
  );
  t.match(await on('jobs', 'enqueue', 'x.report', '--dedupe', 'w2'), { code: 0, stdout: /nothing was added/ });
  t.match(await json('jobs', 'show', id), { kind: 'x.report', state: 'pending', payload: { week: 2 }, priority: 5 });
  t.match((await on('jobs', 'show', id)).stdout, /^kind +x\.report$/m);
  t.match(await json('jobs', 'list', '--kind', 'x.report'), [{ id, attempts: 0, attempts_max: 2 }]);
  t.match((await on('jobs', 'list')).stdout, new RegExp(`${id} +x\\.report +pending +0/2`));

  t.match(await on('jobs', 'pause', 'x.report'), { code: 0, stdout: 'Jobs of the kind x.report wait.\n' });
  t.match(await json('jobs', 'resume', 'x.report'), { kind: 'x.report', paused: false });
  t.match(await on('jobs', 'pause', 'x.unknown'), { code: 64, stderr: /x\.unknown is none of/ });
  t.match(await json('jobs', 'pause'), { kind: '*', paused: true });
  t.match(await json('jobs', 'schedules'), [{ schedule: 'daily-aggregate:default', paused: true, catch_up: 'all' }]);
  t.match((await on('jobs', 'schedules')).stdout, /daily-aggregate:default .* paused/);
  await on('jobs', 'resume');

  t.match(await on('jobs', 'cancel', id), { code: 0, stdout: `${id} is cancelled.\n` });
  t.match(await on('jobs', 'cancel', id), { code: 1, stderr: /that waits or runs/ });
  t.match(await json('jobs', 'retry', id), { id, state: 'pending' });
  await on('jobs', 'cancel', id);
  t.match(await on('jobs', 'discard', id), { code: 0, stdout: `${id} is gone.\n` });
  t.match(await on('jobs', 'show', id), { code: 1, stderr: new RegExp(`there is no job ${id}`) });

  const early = await on('jobs', 'run', 'daily-aggregate', '--date', '2020-01-05');
  t.match(early, {
    code: 1,
    stderr: /daily-aggregate failed: the pool began on 20\d\d-.*nothing is known of 2020-01-05/,
  });
  t.match(
    await json('jobs', 'list', '--state', 'failed'),
    [{ kind: 'daily-aggregate', attempts: 1 }],
    'it is not tried again',
  );
  t.match(await on('aggregate', '--date', '2020-01-05'), { code: 1, stderr: /the pool began on/ });
  t.match(await on('jobs', 'run', 'daily-aggregate', '--date', 'tomorrow'), { code: 1, stderr: /is not over/ });
  const { stdout } = await on('audit', 'events', '--type', 'day.closed', '--json');
  t.notMatch(stdout, /day\.closed/, 'no day was closed');

  t.match(await on('jobs', 'enqueue', 'x.other'), { code: 64, stderr: /x\.other is none of: / });
  for (const wrong of [
    ['--payload', 'no'],
    ['--at', 'soon'],
    ['--priority', 'high'],
    ['--date', 'someday'],
  ])
    t.match(await on('jobs', 'enqueue', 'x.report', ...wrong), { code: 64 }, wrong.join(' '));
  t.match(await on('jobs', 'list', '--state', 'asleep'), { code: 64, stderr: /Allowed choices/ });
}

t.test('jobs of a ledger that nobody serves', (t) => throughItsLife(t, join(temporaryFolder(t), 'data')));

t.test('jobs through a daemon', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemonIn({ ...declared, RESOURCE_SHARE_JOBS_POLL_MS: '100' }, data);
  t.teardown(() => daemon.stop());
  await throughItsLife(t, data);
});

t.test('a worker says what it needs', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  t.match(await run(['worker', '--data', data]), { code: 64, stderr: /is written to by one process, its daemon/ });
  t.match(await run(['worker', '--url', 'http://127.0.0.1:9']), { code: 64, stderr: /say what does the jobs/ });
});
