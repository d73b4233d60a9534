// Goal: status, explanation, analysis and simulation of a made week agree with its log and with each other, and read well.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

/** A Friday afternoon: everybody is at work. */
const until = '2026-11-20T15:00:00Z';
const end = Date.parse(until);

interface Identity {
  readonly name: string;
  readonly share: number;
  readonly balance_usd: number;
  readonly interval_s: number;
  readonly would_be_s: number;
  readonly mode: string;
}

test('a made week, looked at from all sides', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'demo');
  const made = await run(['demo', '--no-serve', '--data', data, '--until', until]);
  if (made.code !== 0) throw new Error(made.stderr);
  const [cli, json] = [onData(data), jsonOn(data)];
  const wide = (...args: string[]) => run([...args, '--data', data], { env: { COLUMNS: '100' } });

  await t.test('status: budgets are known, somebody lends, a person is there', async (t) => {
    const { windows, identities, at } = await json('fair', 'status', '--at', until);
    t.equal(at, '2026-11-20T15:00:00.000Z');
    for (const window of windows) t.equal(window.budget_known, true, window.window);
    const budgets: Readonly<Record<string, number>> = { session_5hour: 4.5, week_all: 60, week_sonnet: 27 };
    for (const { window, budget_usd: budget, budget_deviation: deviation } of windows) {
      const off = Math.abs(budget / (budgets[window] as number) - 1);
      t.ok(off < Math.max(0.1, 3 * deviation), `${window}: ${budget}`);
    }
    t.match(
      identities.map(({ name, mode }: Identity) => [name, mode]),
      [
        ['Demo Ada', 'compliant'],
        ['Demo Alan', 'compliant'],
        ['Demo Edsger', 'lends'],
        ['Demo Grace', 'attached'],
      ],
    );
    const sum = (field: 'share' | 'balance_usd') =>
      identities.reduce((total: number, identity: Identity) => total + identity[field], 0);
    t.ok(Math.abs(sum('share') - 1) < 1e-9);
    t.ok(Math.abs(sum('balance_usd')) < 1e-9, 'what some are owed, others are ahead');
    t.match(await json('fair', 'status', '--identity', 'demo grace'), { identities: [{ name: 'Demo Grace' }] });

    const earlier = await json('fair', 'status', '--at', '2026-11-13T16:00:00Z');
    t.ok(earlier.seq < 30, 'what came later is left out');
    t.match(await cli('fair', 'status', '--identity', 'Nobody'), { code: 1, stderr: /no identity is called Nobody/ });
  });

  await t.test('tables fit into 100 columns', async (t) => {
    for (const args of [
      ['fair', 'status', '--at', until],
      ['fair', 'explain', 'Demo Alan', '--at', until],
      ['fair', 'analyse', '--until', until],
      ['simulate', '--policy', 'horizon_h=12', '--until', until],
      ['simulate', '--list'],
      ['policy', 'show'],
    ]) {
      const { code, stdout } = await wide(...args);
      t.equal(code, 0, args.join(' '));
      const longest = Math.max(...stdout.split('\n').map((line) => [...line].length));
      t.ok(longest <= 100, `${args.join(' ')}: ${longest}`);
    }
  });

  await t.test('explain: every interval that was stamped follows from the log before it', async (t) => {
    const reports = (await json('audit', 'events', '--type', 'usage.recorded', '--limit', '10000')).filter(
      (_: unknown, i: number) => i % 130 === 0,
    );
    t.ok(reports.length > 5);
    for (const { seq, payload } of reports) {
      const { advice, explanation } = await json('fair', 'explain', '--seq', String(seq));
      t.equal(advice.interval_s, payload.issued_interval_s, `seq ${seq}`);
      t.equal(explanation.recommendation.interval, advice.interval_s);
      t.same(await json('audit', 'explain', String(seq)), await json('fair', 'explain', '--seq', String(seq)));
    }
    const { stdout } = await cli('fair', 'explain', '--seq', String(reports.at(-1).seq));
    for (const step of [
      '1  What was read',
      '2  What is left',
      '3  Who shares',
      '4  Where',
      '5  From',
      '6  The answer',
    ]) {
      t.match(stdout, step);
    }
    t.match(stdout, /The log has the same: \d+ s .* is stamped on event/);
  });

  await t.test('explain: now, at a time, and what cannot be explained', async (t) => {
    const { would_be_s: interval } = (await json('fair', 'status', '--at', until)).identities[1];
    const explained = await json('fair', 'explain', 'demo alan', '--at', until);
    t.equal(explained.advice.interval_s, interval, 'the status says the same');
    t.match(explained, { name: 'Demo Alan', event: null, told: { type: 'usage.recorded' }, at: end });
    t.match((await cli('fair', 'explain', 'Demo Ada')).stdout, /What Demo Ada would be told at/);
    t.match(await cli('fair', 'explain'), { code: 64, stderr: /explain what\?/ });
    t.match(await cli('fair', 'explain', 'Demo Ada', '--seq', '30'), { code: 64 });
    t.match(await cli('fair', 'explain', '--seq', '1'), { code: 1, stderr: /event 1 is pool\.configured/ });
    t.match(await cli('fair', 'explain', 'Demo Ada', '--at', '2026-01-01'), {
      code: 1,
      stderr: /not known at that time/,
    });
  });

  await t.test('analyse: fair, as the agents did as they were told', async (t) => {
    const plot = join(folder, 'fairness.svg');
    const analysis = await json('fair', 'analyse', '--until', until, '--plot', plot);
    t.ok(analysis.jain > 0.99, `${analysis.jain}`);
    t.equal(analysis.periods.length, 2, 'the week reset once');
    const of = (field: string) =>
      analysis.members.reduce((sum: number, row: Record<string, number>) => sum + (row[field] ?? 0), 0);
    t.ok(Math.abs(of('entitled') - analysis.autonomy) < 1e-6);
    t.ok(Math.abs(of('lent') - of('borrowed')) < 1e-6);
    const light = analysis.members.find(({ name }: Identity) => name === 'Demo Edsger');
    t.ok(light.demandLimited && light.lent > 1, 'the light one lent');
    t.same(analysis.rogues, []);
    t.ok(
      analysis.windows.some(
        ({ key, resets }: { key: string; resets: unknown[] }) => key === 'week_all' && resets.length === 1,
      ),
    );
    t.match(readFileSync(plot, 'utf8'), /^<svg .*Demo Edsger/s);

    const part = await json('fair', 'analyse', '--since', '2026-11-19', '--until', until);
    t.ok(part.autonomy < analysis.autonomy / 2 && part.from === Date.parse('2026-11-19'));
    const uses = (await json('audit', 'events', '--type', 'usage.recorded', '--limit', '10000')).filter(
      (event: { recorded_at: number; payload: { mode: string } }) =>
        event.recorded_at >= part.from && event.payload.mode === 'autonomy',
    );
    const used = uses.reduce(
      (sum: number, event: { payload: { cost_micro_usd: number } }) => sum + event.payload.cost_micro_usd,
      0,
    );
    t.ok(Math.abs(part.autonomy - used / 1e6) < 1e-6, 'all use of the time, and no other');
    t.match(await cli('fair', 'analyse', '--since', '1h', '--until', '2h'), {
      code: 64,
      stderr: /since is not before until/,
    });
  });

  await t.test('the same policy would have said the same, another one something else', async (t) => {
    const same = join(folder, 'same.json');
    writeFileSync(same, JSON.stringify(await json('policy', 'show')));
    const before = (await json('pools', 'list'))[0];
    t.match(await json('simulate', '--policy', same, '--until', until), { changed: [], differing: 0, differences: [] });

    const plot = join(folder, 'compared.svg');
    const fixed = await json('simulate', '--policy', 'method=static', '--until', until, '--plot', plot);
    t.match(fixed.changed, [{ parameter: 'method', is: 'fair', becomes: 'static' }]);
    for (const { would } of fixed.identities) t.match(would, { median: 900, shortest: 900, longest: 900 });
    t.ok(fixed.answers > 600 && fixed.differing > fixed.answers / 2 && fixed.differences.length > 3);
    t.match(readFileSync(plot, 'utf8'), /would be/);
    t.same((await json('pools', 'list'))[0], before, 'nothing was recorded');

    t.match(await cli('simulate'), { code: 64, stderr: /--policy|--scenario/ });
    t.match(await cli('simulate', '--policy', 'horizon=1'), { code: 64, stderr: /horizon: no such parameter/ });
    t.match(await cli('simulate', '--policy', join(folder, 'none.json')), { code: 2, stderr: /there is no file/ });
    writeFileSync(same, '{"horizon_h": -1, "boost_max": "3"}');
    t.match(await cli('simulate', '--policy', same), { code: 64, stderr: /same\.json: horizon_h: .*boost_max: / });
    writeFileSync(same, '[]');
    t.match(await cli('simulate', '--policy', same), { code: 64, stderr: /holds no object/ });
  });
});

test('a ledger with nothing in it has nothing to explain', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  await run(['pools', 'add', 'default', '--data', data]);
  t.match(await onData(data)('fair', 'status'), {
    code: 0,
    stdout: /Nobody has read week_all yet.*Nobody has a share yet/s,
  });
  const howToBegin =
    /Nobody has reported yet\. How to begin.*resource-share connect\n.*curl -s .*resource-share demo\n/s;
  for (const verb of [
    ['fair', 'status'],
    ['usage', 'summary'],
  ]) {
    t.match(await onData(data)(...verb), { code: 0, stdout: howToBegin }, verb.join(' '));
    t.notMatch((await onData(data)(...verb, '--json')).stdout, 'How to begin');
  }
  t.match(await onData(data)('fair', 'analyse'), { code: 0, stdout: /Nobody took part/ });
  t.match(await onData(data)('simulate', '--policy', 'horizon_h=1'), { code: 0, stdout: /Nobody was told anything/ });
  await onData(data)('usage', 'record', 'Ada', '--cost', '1');
  t.notMatch((await onData(data)('usage', 'summary')).stdout, 'How to begin');
  t.match(await run(['fair', 'status', '--data', join(data, 'none')]), { code: 2, stderr: /there is no ledger at/ });
});

test('a made world is simulated, with scores and a chart', async (t) => {
  const folder = temporaryFolder(t);
  const listed = await run(['simulate', '--list', '--json']);
  t.ok(JSON.parse(listed.stdout).some(({ name }: { name: string }) => name === 'installed-mid-week'));
  const plot = join(folder, 'week.svg');
  const args = ['simulate', '--scenario', 'installed-mid-week', '--seeds', '1', '--policy', 'horizon_h=24'];
  const tried = await run([...args, '--plot', plot, '--json']);
  t.equal(tried.code, 0, tried.stderr);
  const scores = JSON.parse(tried.stdout);
  t.same(
    scores.map(({ controller }: { controller: string }) => controller),
    ['fair, this policy', 'fair, default policy', 'static', 'original'],
  );
  t.ok(scores[1].mean.jain > 0.99 && scores[1].mean.lockedOutHours < 0.1);
  t.match(readFileSync(plot, 'utf8'), /^<svg .*installed-mid-week/s);
  t.match((await run(args)).stdout, /controller +fairness +off +worst/);
  t.match(await run(['simulate', '--scenario', 'no-such-week']), { code: 64, stderr: /no made week no-such-week/ });
  t.match(await run(['simulate', '--scenario', 'plenty', '--since', '1d']), { code: 64 });
});
