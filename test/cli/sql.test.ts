/** Goal: `sql` asks the database where this account may open it, and the daemon elsewhere, and shows the same either way. */
import { join } from 'node:path';
import t from 'tap';
import { serverOn, testServer } from '../api/support.js';
import { usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { placeWithReader } from '../support/reader-role.js';
import { type Ran, type RunOptions, run } from './run.js';

/** A ledger, a daemon that serves it, and two ways to ask: of the database, and of the daemon. */
async function world(t: Scope) {
  const { place, readerUrl } = await placeWithReader(t, variant);
  const server = await testServer(t, { engine: variant, place, readerUrl });
  for (let i = 0; i < 150; i++)
    await server.record(usage(i % 2 === 0 ? 'Ada' : 'Bo', { cost_micro_usd: i, project: `+${i}` }));
  const url = await serverOn(t, server, { readerUrl }).app.listen({ host: '127.0.0.1', port: 0 });
  const env: Readonly<Record<string, string>> =
    readerUrl === undefined
      ? { RESOURCE_SHARE_DATA: place }
      : { RESOURCE_SHARE_DATABASE: place, RESOURCE_SHARE_VIEWER_DATABASE_URL: readerUrl };
  const ways: Readonly<Record<string, (args: readonly string[], more?: RunOptions) => Promise<Ran>>> = {
    'of the database': (args, more) => run(['sql', ...args], { env, ...more }),
    'of the daemon': (args, more) =>
      run(['sql', ...args, '--url', url], { env: { RESOURCE_SHARE_DATA: temporaryFolder(t) }, ...more }),
  };
  return { place, ways, env, url };
}

t.test('rows, as a table and in each format', { timeout: 120_000 }, async (t) => {
  const { ways } = await world(t);
  for (const [way, ask] of Object.entries(ways)) {
    const sql =
      'SELECT claude_name, count(*) AS uses, sum(cost_micro_usd) AS cost, NULL AS empty FROM resource_share_increments GROUP BY claude_name ORDER BY 1';
    const table = await ask([sql]);
    t.same([table.code, table.stderr], [0, ''], `asked ${way}`);
    t.same(
      table.stdout.split('\n').map((line) => line.trim().split(/ +/)),
      [['claude_name', 'uses', 'cost', 'empty'], ['Ada', '75', '5550', '–'], ['Bo', '75', '5625', '–'], ['']],
    );
    const page = JSON.parse((await ask([sql, '--json'])).stdout);
    t.match(page, {
      columns: ['claude_name', 'uses', 'cost', 'empty'],
      rows: [
        ['Ada', 75, 5_550, null],
        ['Bo', 75, 5_625, null],
      ],
      truncated: null,
      elapsed_ms: Number,
    });

    const all = 'SELECT project FROM resource_share_increments ORDER BY id';
    const shown = await ask([all]);
    t.equal(shown.stdout.split('\n').length, 102);
    t.match(shown.stderr, /more than 100 rows: --limit shows more, --csv and --ndjson all/);
    const csv = await ask(['--csv', '-'], { input: all });
    t.same(csv.stdout.split('\r\n').slice(0, 2), ['project', "'+0"]);
    t.equal(csv.stdout.split('\r\n').length, 152);
    const lines = await ask([all, '--ndjson', '--limit', '2']);
    t.equal(lines.stdout, '{"project":"+0"}\n{"project":"+1"}\n');

    t.match((await ask(['--canned', 'use-by-agent', '--param', 'hours=1000000', '--json'])).stdout, /"Bo"/);
    t.match((await ask([all, '--explain'])).stdout, /resource_share_increments/);
  }
});

t.test('what cannot be answered, in one sentence', { timeout: 120_000 }, async (t) => {
  const { ways } = await world(t);
  for (const [way, ask] of Object.entries(ways)) {
    t.match(await ask(['DELETE FROM events']), { code: 64, stdout: '', stderr: /DELETE is not one of them/ }, way);
    t.match(await ask(['SELECT\nfoo', '--csv']), { code: 64, stdout: '', stderr: /foo.*line 2, column 1/ });
    t.match(await ask(['--canned', 'nothing']), { code: 64, stderr: /no ready-made query nothing/ });
    const endless = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c';
    t.match(await ask([endless, '--timeout', '0.3']), { code: 1, stderr: /ended after 0.3 s/ });
    t.match(await ask(['SELECT 1', '--limit', '1001']), { code: 64, stderr: /limit is above 1000/ });
  }
  t.match(await run(['sql']), { code: 64, stderr: /a statement or --canned NAME/ });
  t.match(await run(['sql', 'SELECT 1', '--timeout', '31']), { code: 64 });
  t.match(await run(['sql', 'SELECT 1', '--csv', '--json']), { code: 64 });
  const nowhere = { RESOURCE_SHARE_DATA: join(temporaryFolder(t), 'none') };
  t.match(await run(['sql', 'SELECT 1'], { env: nowhere }), { code: 2, stderr: /there is no ledger/ });
  t.match(await run(['sql', 'SELECT 1', '--url', 'http://127.0.0.1:1'], { env: nowhere }), {
    code: 2,
    stderr: /the daemon at http:\/\/127.0.0.1:1 cannot be asked/,
  });
});

t.test(
  'a server without a role that only reads is asked through its daemon',
  { skip: variant.name !== 'postgres' },
  async (t) => {
    const { place, url } = await world(t);
    const env = { RESOURCE_SHARE_DATABASE: place, RESOURCE_SHARE_URL: url };
    t.match(await run(['sql', 'SELECT count(*) AS uses FROM resource_share_increments', '--csv'], { env }), {
      code: 0,
      stdout: 'uses\r\n150\r\n',
    });
  },
);

t.test('what there is to ask, without a ledger', async (t) => {
  const env = { RESOURCE_SHARE_DATA: join(temporaryFolder(t), 'none') };
  const list = await run(['sql', '--list'], { env });
  t.match(list.stdout, /^use-by-model +What each model was used for.*hours=168$/m);
  t.equal(JSON.parse((await run(['sql', '--list', '--json'], { env })).stdout).queries.length, 24);
  t.match((await run(['sql', '--tables'], { env })).stdout, /^resource_share_increments +Every use/m);
  const one = await run(['sql', '--tables', 'jobs'], { env });
  t.match(one.stdout, /^run_at +integer +When it may begin, in milliseconds since 1970 in UTC.$/m);
  t.match(one.stdout, /CREATE TABLE jobs/);
  t.match(await run(['sql', '--tables', 'keys'], { env }), { code: 64, stderr: /there is no table keys/ });
  t.match(JSON.parse((await run(['sql', '--tables', '--json'], { env })).stdout), {
    tables: [{ name: 'recent_increments', kind: 'view' }],
  });
});
