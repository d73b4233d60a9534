// Goal: the policy is shown whole, changed with clear refusals, and put back; with a daemon and without one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { policyParameters } from '../../src/fairness/policy.js';
import { policyWords } from '../../src/fairness/policy-words.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

test('every parameter has words, which fit beside it', async (t) => {
  const { windows: _, ...scalars } = policyParameters.shape;
  t.same(Object.keys(policyWords).sort(), Object.keys(scalars).sort());
  for (const [name, words] of Object.entries(policyWords)) t.ok(words.length <= 46, `${name}: ${words.length}`);
});

test('a policy is shown, changed, and put back', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  await run(['pools', 'add', 'default', '--data', data]);
  t.match(await json('policy', 'show'), { version: 1, method: 'fair', horizon_h: 48, method_version: 2 });
  t.match((await cli('policy', 'show')).stdout, /^Policy version 1\.\n.*horizon_h +48 +48 +who is behind/s);
  t.match(
    (await cli('policy', 'show')).stdout,
    /method_version +2 \* +– +1 learns from every report, 2 from every run/,
  );

  t.match(await cli('policy', 'set', 'horizon_h=24', 'method=static', '--dry-run'), {
    code: 0,
    stdout: /method +"fair" +"static"\nhorizon_h +48 +24\n\nNothing was recorded/,
  });
  t.match(await json('policy', 'show'), { version: 1 }, 'a rehearsal changes nothing');

  t.match((await cli('policy', 'set', 'horizon_h=24', 'boost_max=2')).stdout, /The policy is changed \(seq 3\)/);
  t.match(await json('policy', 'show'), { version: 2, horizon_h: 24, boost_max: 2 });
  t.match((await cli('policy', 'show', '--changed')).stdout, /boost_max +2 \* +3 .*/);
  t.notMatch((await cli('policy', 'show', '--changed')).stdout, 'floor_fraction');
  t.match((await cli('policy', 'set', 'horizon_h=24')).stdout, /it was so already/);

  const file = join(folder, 'policy.json');
  const rule = { key: 'api_month', length_s: 2_592_000, anchor: 'fixed', known_budget_micro_usd: 500_000_000 };
  writeFileSync(file, JSON.stringify({ ...(await json('policy', 'show')), horizon_h: 36, windows: [rule] }));
  t.match(await json('policy', 'set', file, 'horizon_h=30'), { status: 'recorded', seq: 4 });
  t.match(await json('policy', 'show'), { version: 3, horizon_h: 30, windows: [rule] });
  t.match((await cli('policy', 'show')).stdout, /api_month +30 d +fixed +all +\$500\.00/);

  t.match((await cli('policy', 'reset', 'horizon_h', '--dry-run')).stdout, /horizon_h +30 +48\n/);
  t.match(await json('policy', 'reset'), { status: 'recorded' });
  t.match(await json('policy', 'show'), { version: 4, horizon_h: 48, boost_max: 3 });
  t.match((await cli('policy', 'reset')).stdout, /it was so already/);
  t.equal((await json('policy', 'show', '--at', '2020-01-01')).version, 0);

  for (const [args, stderr] of [
    [['horizon=24'], /horizon: no such parameter/],
    [['method=nice', 'boost_max=0'], /method: expected .*; boost_max: /],
    [['interval_s_min=2000'], /interval_s_min \(2000\) is above interval_s_base \(900\)/],
    [['interval_s_min=2000', '--dry-run'], /interval_s_min \(2000\) is above interval_s_base \(900\)/],
    [[], /missing required argument/],
  ] as const) {
    t.match(await cli('policy', 'set', ...args), { code: 64, stderr }, args.join(' '));
  }
  t.match(await cli('policy', 'reset', 'nonsense'), { code: 64, stderr: /nonsense: no such parameter/ });
  t.match(await cli('policy', 'set', join(folder, 'none')), { code: 2, stderr: /there is no file/ });
});

test('a daemon has a pool go on by version 2 of the method, once; a person may go back', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const json = jsonOn(data);
  const versions = async () =>
    (await json('audit', 'events', '--type', 'policy.set')).map(
      ({ source, payload }: { source: string; payload: { method_version: number } }) =>
        `${source} ${payload.method_version}`,
    );
  const restart = async () => {
    const daemon = await spawnDaemon(data);
    t.teardown(() => daemon.stop());
    return daemon;
  };
  const first = await restart();
  t.equal((await fetch(`${first.url}/v1/pools`, { method: 'POST', body: '{"pool":"research"}', headers })).status, 201);
  t.same(await versions(), ['ledger/1 2']);
  t.match(await json('policy', 'show', '--pool', 'research'), { version: 1, method_version: 2 }, 'an added pool, too');
  t.match((await onData(data)('policy', 'set', 'method_version=1')).stdout, /method_version +2 +1\n/);
  await first.stop();
  const second = await restart();
  t.same(await versions(), ['ledger/1 2', 'cli/1 1'], 'and that stays');
  t.match(await json('policy', 'show'), { version: 2, method_version: 1 });
  t.match(await json('policy', 'set', 'method_version=2'), { status: 'recorded' });
  await second.stop();
});

const headers = { 'content-type': 'application/json' };

test('a running daemon takes the change, and answers by it', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  const json = jsonOn(data);
  t.match(await json('policy', 'set', 'method=static', 'interval_s_base=1200'), { status: 'recorded' });
  t.match(await json('usage', 'record', 'Ada', '--cost', '1'), { advice: { interval_s: 1_200 } });
  t.match(await json('fair', 'status'), { policy: { version: 2, method: 'static' } });
  t.match(
    (await onData(data)('fair', 'explain', 'Ada')).stdout,
    /2 {2}The interval\n.*base interval of the policy: 1200 s/,
  );
});
