/**
 * Goal: `status` says in one word whether a daemon works: one with nothing to do is healthy, one that records while something is to be
 * looked after is degraded, and one that cannot record, or is not there, is down. Each reason comes with what to do.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { run } from './run.js';

const status = async (data: string) => {
  const { code, stdout, stderr } = await run(['status', '--json', '--data', data]);
  if (!stdout.startsWith('{')) throw new Error(`status ended with ${code}: ${stderr}`);
  return { code, ...JSON.parse(stdout) };
};

t.test('healthy, degraded, down', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const away = await status(data);
  t.match(away, { code: 2, state: 'down', figures: null, reasons: [{ part: 'daemon', remedy: /serve/ }] });

  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  t.match(await status(data), { code: 0, state: 'healthy', reasons: [], figures: { seq: Number, alerts_open: 0 } });

  const raise = (rule: string) => ({
    type: 'alert.raised',
    payload: { rule, subject: 'x', text: `made up: ${rule}`, dedupe_key: rule },
  });
  const post = (body: object) =>
    fetch(`${daemon.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post(raise('unusual-use'));
  t.match(await status(data), { code: 0, figures: { alerts_open: 1 } }, 'what agents do is no fault of the daemon');
  await post(raise('job-dead'));
  t.match(await status(data), {
    code: 1,
    state: 'degraded',
    reasons: [{ part: 'job-dead', text: 'made up: job-dead.', remedy: /doctor/ }],
  });
  const shown = await run(['status', '--data', data]);
  t.equal(shown.code, 1);
  t.match(shown.stdout, /^degraded: version .*, 4 events in default, 0 identities\n {2}job-dead: made up/);

  const db = new Database(join(data, 'resource_tracking.db'));
  t.teardown(() => db.close());
  db.exec('ALTER TABLE quota_info RENAME TO elsewhere');
  for (;;) {
    const found = await status(data);
    if (found.state !== 'down') continue;
    t.match(found, { code: 2, reasons: [{ part: 'storage', text: /quota_info is missing/, remedy: /./ }] });
    break;
  }
  db.exec('ALTER TABLE elsewhere RENAME TO quota_info');
  for (let found = await status(data); found.state === 'down'; found = await status(data));
  t.equal((await status(data)).code, 1, 'it is up again by itself');

  await daemon.stop();
  t.match(await status(data), { code: 2, state: 'down' });
});
