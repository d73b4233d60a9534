import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { test } from 'tap';
import { isServer, redacted } from '../../src/settings/database.js';
import { usualData } from '../../src/settings/environment.js';
import { databaseOf } from '../../src/settings/ledger.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { StorageError } from '../../src/storage-error.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

const server = 'postgres://ledger@db/ledger';

test('a flag beats the environment, and the environment the file; in one of them a server beats a directory', async (t) => {
  type Given = Readonly<Record<string, string>>;
  const cases: readonly (readonly [file: Given, environment: Given, flags: Given, string])[] = [
    [{}, {}, {}, usualData({}).path],
    [{}, { RESOURCE_SHARE_DATA: '/srv/a' }, {}, '/srv/a'],
    [{}, { RESOURCE_SHARE_DATABASE: server }, {}, server],
    [{}, { RESOURCE_SHARE_DATA: '/srv/a', RESOURCE_SHARE_DATABASE: server }, {}, server],
    [{}, { RESOURCE_SHARE_DATA: '', RESOURCE_SHARE_DATABASE: '' }, {}, usualData({}).path],
    [{}, { RESOURCE_SHARE_DATA: '/srv/a', RESOURCE_SHARE_DATABASE: server }, { data: 'here' }, 'here'],
    [{}, { RESOURCE_SHARE_DATABASE: 'no URL' }, { data: 'here' }, 'here'],
    [{}, { RESOURCE_SHARE_DATA: '/srv/a' }, { database: server }, server],
    [{}, { RESOURCE_SHARE_DATABASE: 'postgresql://elsewhere/ledger' }, { database: server }, server],
    [{ data: 'in file' }, {}, {}, '/etc/in file'],
    [{ database: server, data: 'in file' }, {}, {}, server],
    [{ database: server }, { RESOURCE_SHARE_DATA: '/srv/a' }, {}, '/srv/a'],
    [{ data: '/srv/a' }, { RESOURCE_SHARE_DATABASE: server }, {}, server],
  ];
  for (const [content, environment, flags, wanted] of cases) {
    const file = { path: '/etc/config.json', content };
    const resolved = resolveSettings({ file, environment, flags: new Map(Object.entries(flags)) });
    t.equal(databaseOf(resolved), wanted, JSON.stringify([content, environment, flags]));
  }
});

test('what cannot be meant is refused, and a password in it not repeated', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const refused = async (args: readonly string[], sentence: RegExp, env: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await run(['pools', 'list', ...args], { env });
    t.match({ code, stdout, stderr }, { code: 64, stdout: '', stderr: sentence }, args.join(' '));
    t.match(stderr, /^resource-share: [^\n]+\n$/, 'in one sentence');
    t.notMatch(stderr, /hunter2/);
  };
  await refused(['--data', data, '--database', server], /leave one of them out/);
  await refused(['--database', data], /a directory is given with --data/);
  await refused(['--database', 'host=db password=hunter2'], /takes the URL of a PostgreSQL server/);
  await refused(['--database', 'mysql://u:hunter2@db/ledger'], /takes the URL of a PostgreSQL server/);
  await refused([], /write it as %20/, { RESOURCE_SHARE_DATABASE: 'postgres://u:hunter2 @db/ledger' });
  await refused(
    ['--data', 'postgres://u:hunter2@db/ledger'],
    /data is "postgres:\/\/u@db\/ledger" .* a server is given with --database/,
  );
  await refused([], /RESOURCE_SHARE_DATABASE\) takes the URL/, { RESOURCE_SHARE_DATABASE: data });
  t.notOk(existsSync(data), 'and nothing was made');
  t.match(await run(['demo', '--no-serve', '--database', server]), { code: 64, stderr: /made in a directory/ });
  t.match(await run(['postgres://u:hunter2@db/ledger']), { code: 64, stderr: /unknown command 'postgres:\/\/u@db/ });
});

test('of a URL stay the user, the hosts and the database', async (t) => {
  for (const [url, shown] of [
    ['postgres://db/ledger', 'postgres://db/ledger'],
    ['postgres://u@db:5432/ledger', 'postgres://u@db:5432/ledger'],
    ['postgres://u:hunter2@db/ledger', 'postgres://u@db/ledger'],
    ['POSTGRESQL://u:hunter2@one:5432,[::1]:5433/ledger', 'POSTGRESQL://u@one:5432,[::1]:5433/ledger'],
    ['postgres://:hunter2@db/ledger', 'postgres://db/ledger'],
    ['postgres://u:hunter2%40@db/ledger?sslmode=require', 'postgres://u@db/ledger'],
    ['postgres://db/ledger?user=u&password=hunter2', 'postgres://db/ledger'],
    ['postgres://u:hun@hunter2/:?#@db/ledger', 'postgres://u@db/ledger'],
    ['postgres://u:hunter2@db', 'postgres://u@db'],
    ['postgres:///ledger', 'postgres:///ledger'],
  ] as const) {
    t.ok(isServer(url));
    t.equal(redacted(url), shown, url);
    t.equal(redacted(`--database=${url} failed`), `--database=${shown} failed`, 'also within a sentence');
  }
  for (const directory of ['data', '/srv/postgres', './postgres:', 'C:\\data']) {
    t.notOk(isServer(directory));
    t.equal(redacted(directory), directory);
  }
  t.equal(new StorageError('unavailable', 'no postgres://u:hunter2@db/x').message, 'no postgres://u@db/x');
});

test('a data directory of an earlier schema is seen, and brought up to this release', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const [cli, json] = [onData(data), jsonOn(data)];
  t.match(await cli('migrate'), { code: 2, stderr: /there is no ledger at/ }, 'a mistyped name makes no ledger');
  t.notOk(existsSync(data));

  await cli('pools', 'add', 'default');
  const { from, to } = await json('migrate');
  t.equal(from, to, 'who opens a directory for writing migrates it');
  t.match(await cli('migrate', '--check'), { code: 0, stdout: /has schema \d+, that of this release\.\n$/ });

  const db = new Database(join(data, 'resource_tracking.db'));
  db.pragma('user_version = 0');
  for (const { name } of db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all() as { name: string }[])
    db.exec(`DROP TABLE ${name}`);
  rmSync(join(data, 'resource_tracking.head.json'));
  db.close();
  t.match(await cli('migrate', '--check'), { code: 1, stdout: new RegExp(`has schema 0, behind the ${to} of this`) });
  t.match(await cli('pools', 'list'), {
    code: 2,
    stderr: /has schema 0, this release needs \d+: run `resource-share migrate`/,
  });
  t.match(await cli('migrate', '--check', '--json'), { code: 1, stdout: `"from": 0,\n  "to": ${to}` });
  t.match(await cli('migrate'), { code: 0, stdout: new RegExp(`was brought from schema 0 to ${to}\\.`) });
  t.match(await json('migrate'), { from: to, to });
  t.match(await json('usage', 'record', 'Ada', '--cost', '1'), { status: 'recorded' });
});
