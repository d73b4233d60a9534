// Goal: a date is a day of the pool's zone, whichever zone the machine is in, for verbs that write as for those that read; also
// through a daemon, which alone knows the zone. Pool in Los Angeles, machine in UTC: `--at 2026-11-20` was counted on the 19th.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { jsonOn, run } from '../cli/run.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';

const zone = 'America/Los_Angeles';

// biome-ignore lint/suspicious/noExplicitAny: what a verb prints is what the test is about
type Json = (...args: readonly string[]) => Promise<any>;

async function written(t: Test, json: Json): Promise<void> {
  await json('usage', 'record', 'Bob', '--cost', '1', '--at', '2025-11-20');
  t.match(await json('usage', 'daily', '--since', '2025-11-20'), [{ date: '2025-11-20', claude_name: 'Bob' }]);
  t.equal((await json('usage', 'list', '--since', '2025-11-20')).length, 1);
  await json('quota', 'record', '--session', '5', '--session-resets', '2099-11-20', '--window', 'a=1@2099-11-21');
  const resets = (await json('quota', 'history')).map((row: { resets_at: string }) => row.resets_at).sort();
  t.strictSame(resets, ['2099-11-20T08:00:00.000Z', '2099-11-21T08:00:00.000Z']);
  await json('quota', 'record', '--session', '1', '--at', '2025-11-20');
  t.equal((await json('quota', 'history', '--until', '2026-01-01'))[0].timestamp, '2025-11-20T08:00:00.000Z');
  await json('identities', 'pause', 'Bob', '--until', '2099-11-20');
  t.match(await json('identities', 'list'), [{ pause_until: '2099-11-20T08:00:00.000Z' }]);
}

t.test('where no daemon runs', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const json = jsonOn(data);
  const daemon = await spawnDaemon(data, '--time-zone', zone);
  await daemon.stop();
  await written(t, json);
});

t.test('through a daemon', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemon(data, '--time-zone', zone);
  t.teardown(() => daemon.stop());
  const json = jsonOn(data);
  await written(t, json);
  const spool = join(data, 'spool');
  const report = (url: string) =>
    run(['report', 'Eve', '--cost', '2', '--at', '2025-11-21', '--url', url, '--spool', spool, '--timeout', '5s']);
  const { code, stderr } = await report(daemon.url);
  t.equal(code, 0, stderr);
  t.match(await json('usage', 'daily', '--identity', 'Eve'), [{ date: '2025-11-21' }]);
  const away = await report('http://127.0.0.1:9');
  t.equal(away.code, 69, 'which day is meant is not known: it is not guessed');
  t.match(away.stderr, 'write the time with a zone');
});
