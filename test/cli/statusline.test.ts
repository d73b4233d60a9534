// Goal: a client has its status line at once, with what is known, and never an error; what it shows gets to the ledger.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

const drawOf = (usd: number, percent: number, session = 's-1') =>
  JSON.stringify({
    session_id: session,
    cost: { total_cost_usd: usd },
    rate_limits: { five_hour: { used_percentage: percent, resets_at: Math.floor(Date.now() / 1_000) + 9_000 } },
  });

t.test('a draw shows what the daemon said last, and what the client shows is recorded', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const env = { XDG_STATE_HOME: join(folder, 'state'), RESOURCE_SHARE_DATA: data };
  const draw = (usd: number, percent: number) => run(['statusline', 'Ada'], { env, input: drawOf(usd, percent) });
  /** Draws until there is such a line: reports are made in the background, and a while apart. */
  const drawUntil = async (pattern: RegExp, usd: number, percent: number) => {
    for (;;) {
      const drawn = await draw(usd, percent);
      t.match(drawn, { code: 0, stderr: '' });
      if (pattern.test(drawn.stdout)) return drawn.stdout;
    }
  };
  t.match(await draw(0.5, 12.4), { code: 0, stdout: 'Ada · 5h 12 %\n', stderr: '' }, 'without a daemon');
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  await onData(data)('report', 'Ada', '--cost', '0.1');
  t.equal(await drawUntil(/share/, 1, 20), 'Ada · share 100 % · 5h 20 % · wait 15 min\n');
  for (let usd = 1.5; ; usd += 0.5) {
    await draw(usd, 20);
    const rows = await jsonOn(data)('audit', 'events', '--type', 'usage.recorded');
    if (JSON.stringify(rows).includes('running-total')) break;
  }
  const readings = JSON.stringify(await jsonOn(data)('audit', 'events', '--type', 'quota.read'));
  t.match(readings, /"percent_bp":\s*2000/);
  const log = JSON.stringify(await jsonOn(data)('audit', 'events', '--type', 'session.measured'));
  t.match(log, /s-1/, 'the first total of a session counts nothing');
  await daemon.stop();
  t.match(await draw(9, 21), { code: 0, stdout: /^Ada · share 100 % · 5h 21 % · wait \d+ (min|s)\n$/, stderr: '' });
});

t.test('without a name the line is for whoever works in the folder of the session', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const rules = JSON.stringify([{ cwd: '/srv/ada/**', identity: 'Ada' }]);
  const env = {
    XDG_STATE_HOME: join(folder, 'state'),
    RESOURCE_SHARE_DATA: data,
    RESOURCE_SHARE_SOURCES_RULES: rules,
  };
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  await onData(data)('report', 'Ada', '--cost', '0.1');
  const draw = async (cwd: string, usd: number) => {
    const input = JSON.stringify({ session_id: cwd, cwd, cost: { total_cost_usd: usd } });
    const { code, stdout } = await run(['statusline', '--data', data], { env, input });
    t.equal(code, 0);
    return stdout;
  };
  t.equal(await draw('/srv/ada/app', 1), 'Resource-Share\n', 'while nobody has said who it is');
  for (let usd = 2; !/^Ada · share 100 %/.test(await draw('/srv/ada/app', usd)); usd += 1);
  t.equal(await draw('/srv/elsewhere', 1), 'Resource-Share\n', 'somebody else');
  const measured = JSON.stringify(await jsonOn(data)('audit', 'events', '--type', 'session.measured'));
  t.match(measured, /"session":\s*"\/srv\/ada\/app"/);
});

t.test('what cannot be read is no error', async (t) => {
  const folder = temporaryFolder(t);
  const env = { XDG_STATE_HOME: '/dev/null/none', RESOURCE_SHARE_DATA: join(folder, 'data') };
  for (const input of ['', 'no json', '[1', 'null', '{"rate_limits":{"x":null},"cost":null}']) {
    t.match(await run(['statusline', 'A\u001bda'], { env, input }), { code: 0, stdout: 'A\\u001bda\n', stderr: '' });
  }
  t.match(
    await run(['--pool', 'p', 'statusline', 'Ada'], { env }),
    { code: 0, stdout: 'Ada\n' },
    'by the whole program',
  );
  t.match(await run(['statusline', '--help']), { code: 0, stdout: /Usage: resource-share statusline/ });
  t.match(await run(['statusline', 'Ada', '--nonsense', 'x']), { code: 64, stderr: /unknown option/ });
});

t.test('figures that did not change are not reported again and again', async (t) => {
  const folder = temporaryFolder(t);
  const env = { XDG_STATE_HOME: join(folder, 'state'), RESOURCE_SHARE_DATA: join(folder, 'data') };
  const kept = join(folder, 'state/resource-share/statusline');
  const draw = (session: string) => run(['statusline', 'Ada'], { env, input: drawOf(1, 10, session) });
  await draw('one');
  const before = readdirSync(kept).filter((name) => name.endsWith('.draw'));
  t.equal(before.length, 1);
  const reportedAt = () => statSync(join(kept, before[0] as string)).mtimeMs;
  const first = reportedAt();
  await draw('one');
  t.equal(reportedAt(), first);
  await draw('two');
  t.equal(readdirSync(kept).filter((name) => name.endsWith('.draw')).length, 2, 'each session by itself');
  t.notOk(existsSync(join(folder, 'data')), 'a draw makes no ledger');
});
