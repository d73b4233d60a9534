// Goal: a person begins maintenance, sees it, and ends it, with a daemon and without one; work that would wait for its end says so at once.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData } from './run.js';

async function throughItsLife(t: Test, data: string): Promise<void> {
  const [on, json] = [onData(data), jsonOn(data)];
  await on('usage', 'record', 'Ada', '--cost', '0.1');
  t.match(await on('maintenance', 'status'), { code: 0, stdout: 'No maintenance goes on.\n' });
  t.match(await on('maintenance', 'on'), { code: 64, stderr: /say how long: maintenance on --for 30m/ });
  t.match(await on('maintenance', 'on', '--for', '30m', '--until', '18:00'), { code: 64 });
  t.match(await on('maintenance', 'on', '--for', '8d'), { code: 64, stderr: /7 days/ });
  const begun = await on('maintenance', 'on', '--for', '30m', '--reason', 'the disk is exchanged');
  t.match(begun, { code: 0, stdout: /^Maintenance goes on since 20.*Z, until 20.*Z: the disk is\s+exchanged\.\n$/ });
  const { maintenance } = await json('maintenance', 'status');
  t.match(maintenance, { since: /Z$/, until: /Z$/, reason: 'the disk is exchanged' });
  t.equal(Math.round((Date.parse(maintenance.until) - Date.parse(maintenance.since)) / 60_000), 30);
  t.match((await on('fair', 'status')).stdout, /\nMaintenance until .* agents and jobs wait; the disk/);
  t.match(await json('fair', 'status'), { maintenance, identities: [{ name: 'Ada', blocked_by: ['maintenance'] }] });
  t.match(await on('jobs', 'run', 'daily-aggregate', '--date', 'yesterday'), {
    code: 2,
    stderr: /maintenance goes on until .*`maintenance off` ends it/,
  });
  t.match(await on('maintenance', 'off'), { code: 0, stdout: 'Maintenance is over.\n' });
  t.match(await json('maintenance', 'off'), { maintenance: null, ended: false });
  t.notMatch((await on('fair', 'status')).stdout, /Maintenance/);
}

t.test('maintenance of a ledger that nobody serves', (t) => throughItsLife(t, join(temporaryFolder(t), 'data')));

t.test('maintenance through a daemon', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  await throughItsLife(t, data);
});
