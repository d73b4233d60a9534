// Goal: a person sees alerts on the command line, says to have seen one, and has the watchdog look, with a daemon and without one.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData } from './run.js';

async function throughItsLife(t: Test, data: string): Promise<void> {
  const [on, json] = [onData(data), jsonOn(data)];
  t.match(await on('alerts', 'list'), { code: 0, stdout: 'No alert is open.\n' });
  await on('quota', 'record', '--week', '100', '--week-resets', '3d');
  const looked = await json('watchdog');
  t.match(looked, { pools: [{ pool: 'default', open: 1, raised: ['window-exhausted: week_all'], cleared: [] }] });
  t.match(await on('watchdog'), { code: 0, stdout: 'Pool default: 1 alert is open.\n' });
  const { alerts } = (await json('alerts', 'list')) as { alerts: { id: string }[] };
  t.match(alerts, [{ id: /^a\d+$/, rule: 'window-exhausted', subject: 'week_all', acknowledged_at: null }]);
  const [{ id = '' } = {}] = alerts;
  t.match(await on('fair', 'status'), {
    stdout: new RegExp(`Open alerts\\n${id} window-exhausted: week_all is used up`),
  });
  t.match(await json('fair', 'status'), { alerts: [{ id }] });
  t.match(await on('alerts', 'ack', id, '--reason', 'we wait'), {
    code: 0,
    stdout: `${id} (window-exhausted, week_all) is acknowledged.\n`,
  });
  t.notMatch((await on('fair', 'status')).stdout, /Open alerts/, 'somebody has seen it');
  t.match((await on('alerts', 'list')).stdout, new RegExp(`${id}.*window-exhausted +week_all +20`));
  t.match(await on('alerts', 'ack', 'a999'), { code: 1, stderr: /no alert that is open has the id a999/ });
  t.match(await on('watchdog', '--pool', 'default'), { code: 64, stderr: /leave --pool out/ });
}

t.test('alerts in the ledger', (t) => throughItsLife(t, join(temporaryFolder(t), 'data')));

t.test('alerts through a daemon', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  await throughItsLife(t, data);
});
