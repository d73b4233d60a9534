/** Goal: a report that says nothing of what was used is recorded wherever it comes from, and whoever sent it is told so. */
import { join } from 'node:path';
import t from 'tap';
import { onData, run } from '../cli/run.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';

const told = /neither cost nor tokens/;

t.test('by the verbs of the command line, as on the original wire', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await spawnDaemon(join(folder, 'data'));
  t.teardown(() => daemon.stop());
  const on = onData(join(folder, 'data'));
  const report = (...args: string[]) =>
    run(['report', 'Ada', ...args, '--url', daemon.url, '--spool', join(folder, 'spool')]);

  t.match(await report(), { code: 0, stdout: /^Recorded as seq \d+/, stderr: told });
  t.match(await report('--json'), { code: 0, stdout: /"status": "recorded"/, stderr: told });
  t.match(await on('usage', 'record', 'Ada'), { code: 0, stdout: /is recorded/, stderr: told });
  const wire = await fetch(`${daemon.url}/resource-share/increment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ claude_name: 'Ada', mode: 'autonomy' }),
  });
  t.equal(wire.status, 200);

  for (const amount of [
    ['--cost', '0'],
    ['--tokens', '0'],
    ['--session', 's', '--total-cost-usd', '1'],
  ]) {
    const { code, stderr } = await report(...amount);
    t.equal(code, 0);
    t.notMatch(stderr, told, amount.join(' '));
  }
  const { stdout } = await on('usage', 'daily', '--json');
  t.match(JSON.parse(stdout), [{ claude_name: 'Ada', reports: 7 }], 'all of them count as reports');
});
