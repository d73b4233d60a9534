/**
 * Goal: a statement that somebody asks of a data directory works in a process that knows no secret, gives way to appends, takes no more
 * memory than it may, and ends with whoever started it.
 */
import { existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import t from 'tap';
import { testServer } from '../api/support.js';
import { spawnNode } from '../cli/run.js';
import { usage } from '../support/command.js';
import { program } from '../support/program.js';
import { queryProcessesOf, textOf } from '../support/query-processes.js';

const skip = existsSync('/proc/self/status') ? false : 'there is no /proc';
const endless = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)';

t.test('it knows no secret, and gives way', { skip }, async (t) => {
  process.env.RESOURCE_SHARE_KEY = 'rs_a_secret';
  t.teardown(() => delete process.env.RESOURCE_SHARE_KEY);
  const server = await testServer(t);
  t.equal((await server.post('/v1/sql', { sql: 'SELECT 1' })).statusCode, 200);
  const [seen] = queryProcessesOf(process.pid);
  const names = textOf(`/proc/${seen?.pid}/environ`)
    .split('\0')
    .map((each) => each.split('=')[0]);
  t.ok(seen, 'one waits for the next statement');
  t.same(
    names.filter(
      (name) => !/^(|TZ|NODE_V8_COVERAGE|NODE_CHANNEL_\w+|LD_LIBRARY_PATH|PWD|OLDPWD|SHLVL|_)$/.test(name ?? ''),
    ),
    [],
  );
  t.equal(getPriority(seen?.pid ?? 0), 10);
  t.match(textOf(`/proc/${seen?.pid}/limits`), /^Max data size +671088640 /m);
});

t.test('a sort of 500 MB takes no more memory than it may', { skip }, async (t) => {
  const server = await testServer(t);
  const before = process.memoryUsage.rss();
  let peakMib = 0;
  const look = setInterval(() => {
    for (const { residentMib } of queryProcessesOf(process.pid)) peakMib = Math.max(peakMib, residentMib);
  }, 20);
  t.teardown(() => clearInterval(look));
  const sql = `${endless} SELECT n, length(b) FROM (SELECT n, randomblob(100000) AS b FROM c LIMIT 5000) ORDER BY b`;
  const answer = await server.post('/v1/sql', { sql, timeout_ms: 30_000 });
  clearInterval(look);
  t.match(answer.json(), { code: 'query_too_slow', detail: /more than 256 MiB of memory/ });
  t.ok(peakMib > 150, `it was looked at: ${Math.round(peakMib)} MiB`);
  t.ok(peakMib < 640, `${Math.round(peakMib)} MiB`);
  t.ok(process.memoryUsage.rss() - before < 100_000_000, 'and none here');
  t.same((await server.post('/v1/sql', { sql: 'SELECT 1' })).json().rows, [[1]]);
});

t.test('it ends with whoever started it, whatever it is at', { skip }, async (t) => {
  const { place, record, close } = await testServer(t).then((server) => ({
    place: server.place,
    record: server.record.bind(server),
    close: server.close.bind(server),
  }));
  await record(usage('Ada', { cost_micro_usd: 1 }));
  await close();
  const sql = `${endless} SELECT count(*) FROM c`;
  const parent = spawnNode([program, 'sql', sql, '--timeout', '30', '--data', place]);
  t.teardown(() => parent.kill('SIGKILL'));
  const isBusy = (pid: number) => Number(/^\d+ \(.*\) (?:\S+ ){11}(\d+)/.exec(textOf(`/proc/${pid}/stat`))?.[1]) > 60;
  const found = await when(() => queryProcessesOf(parent.pid as number).find(({ pid }) => isBusy(pid)));
  parent.kill('SIGKILL');
  await when(() =>
    existsSync(`/proc/${found.pid}`) && textOf(`/proc/${found.pid}/cmdline`) !== '' ? undefined : true,
  );
  t.pass('it is gone');
});

/** Looks again and again, until there is something. */
async function when<T>(find: () => T | undefined): Promise<T> {
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
