// Goal: every verb does what it says on a data directory that nobody else has, prints JSON when asked, and ends with the right code.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { program } from '../support/program.js';
import { jsonOn, onData, run, spawnNode } from './run.js';

test('a reader that has seen enough ends the run quietly', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  await jsonOn(data)('usage', 'record', 'Ada', '--cost', '0.125');
  const child = spawnNode([program, 'usage', 'list', '--data', data]);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  // The pipe is closed before the program has started, so that whatever it prints has no reader.
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on('close', resolve));
  t.strictSame({ code, said }, { code: 0, said: '' });
});

test('a pipe gets no colours, whatever else the environment says', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  await jsonOn(data)('usage', 'record', 'Ada', '--cost', '0.125');
  const shown = (env: Record<string, string>) =>
    run(['usage', 'list', '--data', data], { env: { NO_COLOR: '', ...env } });
  const plain = await shown({});
  t.match(plain.stdout, /^time +identity/, 'a table with a heading');
  t.strictSame(await shown({ CI: 'true', TERM: 'xterm' }), plain);
  t.match((await shown({ FORCE_COLOR: '1' })).stdout, '\u001b[1m', 'unless they are asked for');
  t.strictSame(await shown({ FORCE_COLOR: '1', NO_COLOR: '1' }), plain);
});

test('use is recorded, listed, and summed up', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];

  const first = await cli(
    'usage',
    'record',
    'Ada',
    '--cost',
    '0.125',
    '--tokens',
    'input=1200,cache-read=800,output=40',
    '--key',
    'k1',
  );
  t.equal(first.code, 0);
  t.match(first.stdout, 'The use of Ada is recorded (seq 4)');
  t.match(first.stdout, 'It may run again in 900 s (15 min).');
  t.match(first.stderr, 'A new ledger in', 'the first verb that appends opens the pool, and says so');

  const again = await json(
    'usage',
    'record',
    'Ada',
    '--cost',
    '0.125',
    '--tokens',
    'input=1200,cache-read=800,output=40',
    '--key',
    'k1',
  );
  t.match(again, { status: 'repeated', seq: 4, hash: /^[0-9a-f]{64}$/ }, 'the same key records once');
  const reused = await cli('usage', 'record', 'Ada', '--cost', '9', '--key', 'k1');
  t.match(reused, { code: 1, stdout: '', stderr: /the key k1 was used for another request/ });

  const counter = ['usage', 'record', 'ada', '--mode', 'collaboration', '--session', 's1', '--total-cost-usd'];
  await json(...counter, '0.5');
  await json(...counter, '0.75', '--at', '2h', '--model', 'claude-opus-4-5', '--tag', 'team=red');

  const uses = await json('usage', 'list');
  t.same(uses.map((row: { cost_micro_usd: number }) => row.cost_micro_usd).sort(), [125_000, 250_000, 500_000]);
  t.match(uses.at(-1), { claude_name: 'Ada', model: 'claude-opus-4-5' }, 'newest first, by the time of use');
  const recent = await json('usage', 'list', '--identity', 'ADA', '--since', '1h', '--limit', '1');
  t.equal(recent.length, 1);

  const daily = await json('usage', 'daily', '--since', '3d');
  t.equal(
    daily.reduce((sum: number, row: { reports: number }) => sum + row.reports, 0),
    3,
  );
  t.match(await json('usage', 'summary'), [{ identity: 'Ada', tokens: 2_040, cost_micro_usd: 875_000, reports: 3 }]);
  const summary = await cli('usage', 'summary');
  t.match(summary.stdout, /identity +tokens +cost .*\nAda +2,040 +\$0\.875 +100 %/);

  t.match(await cli('usage', 'record', 'Ada', '--tokens', 'inputs=1'), {
    code: 64,
    stderr: /tokens\.inputs is not a field/,
  });
  t.match(await cli('usage', 'record', 'Ada', '--cost', '-1'), { code: 64, stderr: /"-1" is no number/ });
  t.match(await cli('usage', 'list', '--identity', 'Nobody'), { code: 1, stderr: /no identity is called Nobody/ });
});

test('identities are added, changed, merged, paused, retired, and have a history', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  const ok = async (...args: string[]) => t.equal((await cli('identities', ...args)).code, 0, args.join(' '));

  await ok('add', 'Ada', '--weight', '2', '--model', 'claude-opus-4-5', '--colour', 'teal');
  await ok('add', 'Ada L.');
  await ok('set', 'Ada', '--weight', '3', '--collaborative-pref', '40');
  await ok('alias', 'Ada', 'countess');
  await ok('merge', 'Ada L.', 'Ada');
  await ok('pause', 'countess', '--for', '2h', '--reason', 'a walk');
  const paused = await cli('identities', 'list');
  t.match(paused.stdout, /Ada +paused until 20.*3 +claude-opus-4-5 +countess/);
  await ok('resume', 'Ada');
  await ok('retire', 'Ada', '--reason', 'done');
  t.match(await cli('identities', 'retire', 'Ada'), { code: 0, stdout: /it was so already, nothing was recorded/ });
  t.match((await cli('identities', 'list')).stdout, /Ada +retired/);
  await ok('reinstate', 'Ada');

  const list = await json('identities', 'list');
  t.match(list, [
    { name: 'Ada', weight: 3, collaborative_pref: 40, active: 1, aliases: ['countess'] },
    { name: 'Ada L.', merged_into: 'Ada' },
  ]);
  const history = await json('identities', 'history', 'countess');
  t.same(
    history.map(({ type }: { type: string }) => type),
    [
      'identity.registered',
      'identity.registered',
      'identity.changed',
      'identity.aliased',
      'identity.merged',
      'agent.paused',
      'agent.resumed',
      'identity.retired',
      'identity.reinstated',
    ],
    'of all names it ever had',
  );
  t.match(history[2].payload, { name: 'Ada', weight: 3, collaborative_pref: 40 });

  t.match(await cli('identities', 'add', 'ada'), { code: 1, stderr: /ada is registered as Ada/ });
  t.match(await cli('identities', 'pause', 'Nobody'), { code: 1, stderr: /no identity is called Nobody/ });
  t.match(await cli('identities', 'set', 'Ada'), { code: 64, stderr: /nothing to set/ });
  t.match(await cli('identities', 'add', 'Eve\u0007'), { code: 64, stderr: /payload\.name may hold no control/ });
});

test('readings, shares, and the reason for an interval', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];

  await json('usage', 'record', 'Ada', '--cost', '1');
  await json(
    'quota',
    'record',
    '--session',
    '100',
    '--week',
    '23',
    '--sonnet',
    '0',
    '--session-resets',
    '3h',
    '--window',
    'credits=7@2d',
  );
  const blocked = await json('usage', 'record', 'Ada', '--cost', '2');
  t.ok(blocked.advice.quota_paused);

  const readings = await json('quota', 'history');
  t.same(readings.map((row: { window_key: string }) => row.window_key).sort(), [
    'credits',
    'session_5hour',
    'week_all',
    'week_sonnet',
  ]);
  t.match(await json('quota', 'history', '--window', 'session_5hour'), [
    { percent_bp: 10_000, source: 'cli/1', resets_at: /Z$/ },
  ]);
  t.match((await cli('quota', 'history')).stdout, /week_all +23 %/);
  t.match(await cli('quota', 'record'), { code: 64, stderr: /at least one window/ });
  t.match(await cli('quota', 'record', '--window', 'credits'), { code: 64, stderr: /KEY=PERCENT/ });

  const status = await json('fair', 'status', '--identity', 'ada');
  t.match(status.identities, [{ name: 'Ada', share: 1, mode: 'blocked', blocked_by: ['session_5hour'] }]);
  t.equal(status.identities[0].interval_s, blocked.advice.interval_s);
  t.same(
    status.windows.map(({ window, percent }: { window: string; percent: number | null }) => [
      window,
      percent === null ? null : Math.round(percent),
    ]),
    [
      ['session_5hour', 100],
      ['week_all', 23],
      ['week_sonnet', 0],
      ['credits', 7],
    ],
  );
  t.match((await cli('fair', 'status')).stdout, 'session_5hour is full');

  const explained = await json('audit', 'explain', '--identity', 'Ada');
  t.match(explained, {
    event: { seq: blocked.seq },
    policy: { method: 'fair' },
    advice: { blocked_by: ['session_5hour'], interval_s: blocked.advice.interval_s },
    explanation: { recommendation: { bound: 'blocked' } },
  });
  const before = await cli('audit', 'explain', '4');
  t.match(before.stdout, /^Why Ada was told to run every 15 min at .* \(seq 4\)\n/);
  t.match(before.stdout, 'The log has the same: 900 s (15 min) is stamped on event 4.');
  t.match(before.stdout, 'week_all: nobody has read it yet', 'what came later is not in the explanation');
  t.match(await cli('audit', 'explain', blocked.id), { code: 0 });
  t.match(await cli('audit', 'explain', '1'), { code: 1, stderr: /event 1 is pool\.configured/ });
  t.match(await cli('audit', 'explain', '999'), { code: 1, stderr: /has no event 999/ });
  t.match(await cli('audit', 'explain'), { code: 64 });
});

test('the log is filtered, and tables are shown as of any seq and compared', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  await json('usage', 'record', 'Ada', '--cost', '1');
  await json('usage', 'record', 'Eve', '--cost', '2');
  await json('usage', 'record', 'Ada', '--cost', '4');
  await json('identities', 'merge', 'Eve', 'Ada');

  const all = await json('audit', 'events');
  t.same(
    all.map(({ seq }: { seq: number }) => seq),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  t.match(all[3], {
    type: 'usage.recorded',
    source: 'cli/1',
    payload: { name: 'Ada', cost_micro_usd: 1_000_000 },
    hash: /^[0-9a-f]{64}$/,
  });
  const seqs = async (...filter: string[]) =>
    (await json('audit', 'events', ...filter)).map(({ seq }: { seq: number }) => seq);
  t.same(await seqs('--identity', 'Ada'), [3, 4, 5, 6, 7, 8], 'under every name it had');
  t.same(await seqs('--type', 'usage.recorded', '--limit', '2'), [6, 7], 'the newest, in the order of the log');
  t.same(await seqs('--after-seq', '2', '--limit', '2'), [3, 4]);
  t.same(await seqs('--source', 'ledger/1'), [1, 2]);
  t.same(await seqs('--since', '1h', '--until', '30m'), []);
  t.match(await cli('audit', 'events', '--type', 'usage.record'), {
    code: 64,
    stderr: /there is no type usage\.record; there are .*usage\.recorded/,
  });

  t.match(await json('audit', 'as-of', 'daily', '--seq', '6'), [
    { claude_name: 'Ada', total_cost_micro_usd: 1_000_000 },
    { claude_name: 'Eve', total_cost_micro_usd: 2_000_000 },
  ]);
  t.match(await json('audit', 'as-of', 'daily', '--time', 'now'), [
    { claude_name: 'Ada', total_cost_micro_usd: 7_000_000 },
  ]);
  t.match(await cli('audit', 'as-of', 'daily', '--seq', '9'), { code: 1, stderr: /the log ends at seq 8/ });
  t.match(await cli('audit', 'as-of', 'daily'), { code: 64, stderr: /--seq or --time/ });

  const diff = await json('audit', 'diff', 'daily', '--from-seq', '6', '--to-seq', '8');
  t.match(diff, { added: 0, removed: 1, changed: 1 });
  t.match(diff.rows, [
    {
      change: 'changed',
      key: { claude_name: 'Ada' },
      columns: { total_cost_micro_usd: { from: 1_000_000, to: 7_000_000 } },
    },
    {
      change: 'removed',
      key: { claude_name: 'Eve' },
      columns: { total_cost_micro_usd: { from: 2_000_000, to: null } },
    },
  ]);
  t.match(
    (await cli('audit', 'diff', 'usage', '--from-seq', '0', '--to-seq', '4')).stdout,
    '1 added, 0 removed, 0 changed.',
  );
  t.match(await cli('audit', 'diff', 'daily', '--from-seq', '5', '--to-seq', '5'), { code: 64 });
});

test('a day is closed, unchanged, or restated', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  await json('usage', 'record', 'Ada', '--cost', '1', '--at', '2026-01-05T12:00:00Z');
  const close = ['aggregate', '--date', '2026-01-05'];
  t.match(await json(...close), { date: '2026-01-05', outcome: 'closed', seq: 5 });
  t.match(await json(...close), { outcome: 'unchanged' });
  await json('usage', 'record', 'Ada', '--cost', '2', '--at', '2026-01-05T13:00:00Z');
  t.match((await cli('usage', 'daily')).stdout, '1 late', 'a late report is visible');
  t.match((await cli(...close)).stdout, '2026-01-05 is restated (seq 7).');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  t.match(await json('aggregate'), { date: yesterday, outcome: 'unchanged' }, 'the pool begins today');
  const today = new Date().toISOString().slice(0, 10);
  t.match(await cli('aggregate', '--date', today), { code: 1, stderr: /is not over/ });
});

test('pools are added, listed, and told apart', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  await json('usage', 'record', 'Ada', '--cost', '1');
  t.match(await cli('usage', 'record', 'Ada', '--cost', '1', '--pool', 'research'), {
    code: 2,
    stderr: /there is no pool research; there is default\./,
  });
  t.match(await cli('pools', 'add', 'research', '--time-zone', 'Europe/Berlin'), { code: 0 });
  await json('usage', 'record', 'Eve', '--cost', '1', '--pool', 'research');
  t.match(await json('pools', 'list'), [
    { pool: 'default', seq: 4 },
    { pool: 'research', seq: 4, hash: /^[0-9a-f]{64}$/ },
  ]);
  t.match(await json('usage', 'list', '--pool', 'research'), [{ claude_name: 'Eve' }]);
  t.match(await cli('pools', 'add', 'research'), { code: 1, stderr: /there is a pool research/ });
  t.match(await cli('pools', 'add', 'Not A Pool'), { code: 64, stderr: /lower case/ });
  t.match(await cli('pools', 'add', 'mars', '--time-zone', 'Mars/Olympus'), { code: 64, stderr: /time zone/ });
  t.match(await cli('usage', 'list', '--pool', 'nope'), { code: 2, stderr: /there are default, research\./ });
});

test('a replay finds and mends what differs', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  await json('usage', 'record', 'Ada', '--cost', '1');
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(join(data, 'resource_tracking.db'));
  db.exec('UPDATE daily_resource_share SET total_cost_micro_usd = 5');
  db.close();

  const check = await cli('replay', '--check');
  t.equal(check.code, 1, 'the answer is no');
  t.match(check.stdout, /daily_resource_share +1 +1 +1 +live row/);
  t.match(check.stdout, 'puts them right');
  t.match(check.stderr, /folding: 4 of 4 events/, 'progress goes to stderr');
  t.match(await json('replay', '--projection', 'daily_resource_share'), { identical: false, swapped: true });
  t.match(await json('replay', '--check'), { identical: true });
  t.match(await cli('replay', '--projection', 'nonsense'), {
    code: 64,
    stderr: /there is no projection nonsense; there are/,
  });
  t.match(await cli('replay', '--pool', 'default'), { code: 64, stderr: /leave --pool out/ });
});

test('what cannot run says why in one sentence', async (t) => {
  const folder = temporaryFolder(t);
  const one = /^resource-share: [^\n]+\n$/;
  t.match(await run(['usage', 'list', '--data', join(folder, 'none')]), { code: 2, stdout: '', stderr: one });
  t.match(await run(['replay', '--data', join(folder, 'none')]), { code: 2, stderr: /there is no ledger at/ });

  const garbage = join(folder, 'garbage');
  mkdirSync(garbage);
  writeFileSync(join(garbage, 'resource_tracking.db'), 'this is no database, '.repeat(500));
  t.match(await run(['usage', 'list', '--data', garbage]), { code: 2, stderr: one });
  t.match(await run(['usage', 'record', 'Ada', '--data', garbage]), { code: 2, stderr: /damaged/ });

  const newer = join(folder, 'newer');
  await run(['pools', 'add', 'default', '--data', newer]);
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(join(newer, 'resource_tracking.db'));
  db.pragma('user_version = 9999');
  db.close();
  for (const verb of ['usage list', 'usage record Ada', 'migrate', 'serve --port 0']) {
    t.match(await run([...verb.split(' '), '--data', newer]), { code: 78, stdout: '', stderr: /newer release/ }, verb);
  }

  t.match(
    await run(['usage', 'list'], { env: { RESOURCE_SHARE_DATA: newer } }),
    { code: 78, stderr: /newer release/ },
    'the directory can come from the environment',
  );
});

test('wrong usage is 64, and help and version are 0', async (t) => {
  t.match(await run(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
  t.match(await run(['help', 'verify']), { code: 0, stdout: /--against <file>/ });
  t.match(await run(['audit', 'explain', '--help']), { code: 0, stdout: /Examples:/ });
  for (const args of [
    [],
    ['nonsense'],
    ['usage'],
    ['usage', 'record'],
    ['usage', 'list', '--nonsense'],
    ['usage', 'list', 'extra'],
    ['serve', '--port', 'http'],
  ]) {
    t.match(await run(args), { code: 64, stdout: '', stderr: /\S/ }, args.join(' '));
  }
});
