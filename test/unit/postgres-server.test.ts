// The server that tests run on does what tests of failures ask of it.
import { existsSync } from 'node:fs';
import t from 'tap';
import { temporaryDatabase } from '../support/postgres.js';
import { PostgresServer, queryOnce } from '../support/postgres-server.js';

const rowsOf = async (url: string) =>
  (await queryOnce<{ n: number }>(url, 'SELECT n FROM kept ORDER BY n')).map(({ n }) => n);

t.test('a server keeps what was committed over every kind of end, and leaves nothing when it is removed', async (t) => {
  const server = await PostgresServer.start();
  t.teardown(() => server.remove());
  await server.query('CREATE TABLE kept (n INT)');
  const ends = [() => server.stop(), () => server.stop('immediate'), () => server.kill()];
  for (const [n, end] of ends.entries()) {
    await server.query(`INSERT INTO kept VALUES (${n})`);
    await end();
    await t.rejects(server.query('SELECT 1'), 'it is down');
    await server.start();
    t.strictSame(await rowsOf(server.url()), [...Array(n + 1).keys()]);
  }
  await server.remove();
  t.notOk(existsSync(server.folder));
});

t.test('a standby follows, and takes writes once it is promoted', async (t) => {
  const primary = await PostgresServer.temporary(t);
  await primary.query('CREATE TABLE kept (n INT)');
  await primary.query('INSERT INTO kept VALUES (1)');
  const standby = await primary.standby(t, 'second');
  await primary.query(`ALTER SYSTEM SET synchronous_standby_names = 'second'`);
  await primary.query(`ALTER SYSTEM SET synchronous_commit = 'remote_apply'`);
  await primary.query('SELECT pg_reload_conf()');
  const synchronous = `SELECT 1 FROM pg_stat_replication WHERE application_name = 'second' AND sync_state = 'sync'`;
  while ((await primary.query(synchronous)).length === 0);
  await primary.query('INSERT INTO kept VALUES (2)');
  t.strictSame(await rowsOf(standby.url()), [1, 2], 'what the first acknowledged is with the second');
  await t.rejects(standby.query('INSERT INTO kept VALUES (3)'), { code: '25006' });
  await primary.kill();
  await standby.promote();
  await standby.query('INSERT INTO kept VALUES (3)');
  t.strictSame(await rowsOf(standby.url()), [1, 2, 3]);
});

t.test('databases are apart, and gone after their test', async (t) => {
  const urls: string[] = [];
  await t.test('two of them', async (t) => {
    urls.push(await temporaryDatabase(t), await temporaryDatabase(t));
    for (const url of urls) await queryOnce(url, 'CREATE TABLE kept (n INT)');
    t.strictSame(await Promise.all(urls.map(rowsOf)), [[], []]);
  });
  for (const url of urls) await t.rejects(queryOnce(url, 'SELECT 1'), { code: '3D000' });
});
