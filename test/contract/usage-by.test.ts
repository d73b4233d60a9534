// Goal: use is summed up as people ask for it: by days, weeks, months and blocks in their zone, and by what it was used for.
import { test } from 'tap';
import { run, spawnNode } from '../cli/run.js';
import { ManualClock } from '../support/clock.js';
import { usage } from '../support/command.js';
import { databaseFlags } from '../support/daemon.js';
import { variants } from '../support/engines.js';
import type { Scope } from '../support/folder.js';
import { temporaryLedger } from '../support/ledger.js';
import { program } from '../support/program.js';

interface Row {
  readonly [name: string]: string | number | null;
}

for (const engine of variants) {
  const open = async (t: Scope) => {
    const place = await engine.place(t);
    const flags = databaseFlags(place);
    const cli = (args: readonly string[], env: Record<string, string> = {}) => run([...args, ...flags], { env });
    const by = async (what: string, ...more: readonly string[]): Promise<Row[]> => {
      const { code, stdout, stderr } = await cli(['usage', '--by', what, '--json', '--since', '2026-10-01', ...more]);
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout).rows;
    };
    return { cli, by, flags, place };
  };
  const figures = (rows: readonly Row[], key: string) =>
    rows.map((row) => [row[key], row.total_tokens, row.cost_micro_usd, row.reports]);

  test(`${engine.name}: each way of summing up`, async (t) => {
    const { cli, by } = await open(t);
    const record = async (name: string, at: string, input: number, ...more: readonly string[]) => {
      const args = ['usage', 'record', name, '--at', at, '--tokens', `input=${input}`, '--cost', String(input / 1e6)];
      const { code, stderr } = await cli([...args, ...more]);
      if (code !== 0) throw new Error(stderr);
    };
    await record('Ada', '2026-10-31T23:30:00Z', 100, '--model', 'claude-opus-5', '--project', 'p1', '--session', 's1');
    await record(
      'Ada',
      '2026-11-01T00:30:00Z',
      200,
      '--model',
      'claude-haiku-5-5',
      '--project',
      'p1',
      '--session',
      's1',
    );
    await record('Bo', '2026-11-02T12:00:00Z', 400, '--model', 'claude-opus-5', '--project', '2026-x');
    await record('Bo', '2026-11-02T16:59:00Z', 800);
    t.same(figures(await by('day'), 'day'), [
      ['2026-10-31', 100, 100, 1],
      ['2026-11-01', 200, 200, 1],
      ['2026-11-02', 1_200, 1_200, 2],
    ]);
    t.same(figures(await by('day', '--zone', 'Asia/Kolkata', '--order', 'newest'), 'day'), [
      ['2026-11-02', 1_200, 1_200, 2],
      ['2026-11-01', 300, 300, 2],
    ]);
    t.same(figures(await by('week'), 'week'), [
      ['2026-W44', 300, 300, 2],
      ['2026-W45', 1_200, 1_200, 2],
    ]);
    t.same(figures(await by('month', '--identity', 'ada'), 'month'), [
      ['2026-10', 100, 100, 1],
      ['2026-11', 200, 200, 1],
    ]);
    t.same(figures(await by('identity'), 'identity'), [
      ['Bo', 1_200, 1_200, 2],
      ['Ada', 300, 300, 2],
    ]);
    t.same(figures(await by('session', '--order', 'oldest'), 'session'), [
      ['s1', 300, 300, 2],
      [null, 1_200, 1_200, 2],
    ]);
    t.same(figures(await by('project', '--order', 'oldest'), 'project'), [
      ['p1', 300, 300, 2],
      ['2026-x', 400, 400, 1],
      [null, 800, 800, 1],
    ]);
    t.same(
      (await by('day', '--breakdown'))
        .filter(({ day }) => day === '2026-11-02')
        .map(({ model, total_tokens: n }) => [model, n]),
      [
        [undefined, 1_200],
        [null, 800],
        ['claude-opus-5', 400],
      ],
    );
    t.same(figures(await by('block'), 'block'), [
      ['2026-10-31 23:00Z~', 300, 300, 2],
      ['2026-11-02 12:00Z~', 1_200, 1_200, 2],
    ]);
    const reading = ['quota', 'record', '--session', '5', '--at', '2026-11-02T13:00:00Z'];
    t.equal((await cli([...reading, '--session-resets', '2026-11-02T16:30:00Z'])).code, 0);
    t.same(figures(await by('block'), 'block'), [
      ['2026-10-31 23:00Z~', 300, 300, 2],
      ['2026-11-02 11:30Z', 400, 400, 1],
      ['2026-11-02 16:00Z~', 800, 800, 1],
    ]);
  });

  test(`${engine.name}: a correction counts where its use does`, async (t) => {
    const { place, by } = await open(t);
    const told = (rank: string, input: number, cost?: number) =>
      usage('Ada', {
        model: 'claude-x-9',
        session: 's1',
        tokens: { input },
        cost_micro_usd: cost,
        meter: { provider: 'anthropic', response: 'r', rank },
      });
    const test = await temporaryLedger(t, { engine, place, clock: new ManualClock(Date.UTC(2026, 10, 2, 12)) });
    await test.record(told('estimated', 10), told('estimated', 20));
    t.match(await by('model'), [{ model: 'claude-x-9', total_tokens: 20, unpriced_tokens: 20, reports: 1 }]);
    await test.record(told('final', 50, 500));
    t.match(await by('model'), [
      { model: 'claude-x-9', total_tokens: 50, unpriced_tokens: 0, cost_micro_usd: 500, reports: 1 },
    ]);
    t.match(await by('session'), [{ session: 's1', total_tokens: 50 }]);
  });

  test(`${engine.name}: as a table, as CSV, and again and again`, async (t) => {
    const { cli, flags } = await open(t);
    await cli(['usage', 'record', '=Ada', '--tokens', 'input=1200', '--cost', '0.5']);
    t.match((await cli(['usage', '--by', 'identity'])).stdout, /=Ada +1,200 +1,200 +\$0\.50 +1\n$/);
    const { stdout: csv } = await cli(['usage', '--by', 'identity', '--csv']);
    t.match(csv, /^identity,input_tokens,.*,reports\r\n'=Ada,1200,0,.*,500000,1\r\n$/, 'no spreadsheet runs a name');
    t.match(await cli(['usage', '--by', 'year']), { code: 64, stderr: /day, week, month/ });
    t.match(await cli(['usage', '--by', 'day', '--zone', 'Moon/Base']), { code: 64, stderr: /no time zone/ });
    t.match(await cli(['usage', 'dayly']), { code: 64, stderr: /unknown command 'dayly'\s+\(Did you mean daily\?\)/ });
    const watching = spawnNode([program, 'usage', '--by', 'day', '--watch', '1s', ...flags]);
    let shown = '';
    for await (const chunk of watching.stdout.setEncoding('utf8')) {
      shown += chunk;
      if (shown.split('reports').length > 2) break;
    }
    watching.kill();
    t.match(shown, /reports[\s\S]*reports/);
  });
}
