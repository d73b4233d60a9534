// Goal: a database of another program, the original server's among them, is refused before the first write and stays byte for byte.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { startDaemon } from '../../src/daemon/start.js';
import { openEngine } from '../../src/engines/open.js';
import { run } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';

const settings = { host: '127.0.0.1', port: 0, unknownAgents: 'auto', logLevel: 'silent' } as const;

const original = `
  CREATE TABLE claude_identities (name TEXT PRIMARY KEY, model TEXT, cost_multiplier INT DEFAULT 3);
  CREATE TABLE resource_share_increments (id INTEGER PRIMARY KEY, claude_name TEXT,
    timestamp DEFAULT CURRENT_TIMESTAMP, mode TEXT, cache_read_increment INTEGER, context_percentage REAL);
  CREATE TABLE daily_resource_share (id INTEGER PRIMARY KEY, claude_name TEXT, date TEXT, total_tokens INTEGER);
  CREATE TABLE quota_info (timestamp PRIMARY KEY, session_5hour, week_all, week_sonnet);
  INSERT INTO resource_share_increments (claude_name, mode) VALUES ('Ada', 'autonomy');`;

t.test('it is refused by every verb, and left as it is', async (t) => {
  for (const [what, sql, sentence] of [
    ['of the original', original, /import coop/],
    ['of the original, in WAL mode', `PRAGMA journal_mode = WAL; ${original}`, /import coop/],
    ['of somebody else', 'CREATE TABLE songs (name TEXT)', /another program/],
    ['of a program with an id', 'PRAGMA application_id = 7; CREATE TABLE events (a)', /another program/],
  ] as const) {
    const data = temporaryFolder(t);
    const path = join(data, 'resource_tracking.db');
    const db = new Database(path);
    db.exec(sql);
    db.close();
    const before = readFileSync(path);
    for (const verb of [['usage', 'record', 'Ada', '--cost', '1'], ['migrate'], ['verify']]) {
      t.match(await run([...verb, '--data', data]), { code: 2, stderr: sentence }, `${what}: ${verb[0]}`);
    }
    const serving = startDaemon({ ...settings, database: data }).then((daemon) => daemon.stop('it was not refused'));
    await t.rejects(serving, { name: 'StorageError', reason: 'foreign' }, `${what}: serve`);
    t.ok(readFileSync(path).equals(before), `${what}: not a byte is changed`);
    t.notOk(
      readdirSync(data).some((name) => /-(wal|shm|journal)$/.test(name)),
      `${what}: and no file is beside it`,
    );
  }
});

t.test('a ledger of ours says so in its header, and one of the first release is brought to it', async (t) => {
  const data = temporaryFolder(t);
  const path = join(data, 'resource_tracking.db');
  const idOf = () => readFileSync(path).readInt32BE(68);
  await (await openEngine(data, 'writer', { inline: true })).close();
  t.equal(idOf(), 0x52735368);
  const db = new Database(path);
  db.pragma('application_id = 0');
  db.close();
  await (await openEngine(data, 'reader', { inline: true })).close();
  await (await openEngine(data, 'writer', { inline: true })).close();
  t.equal(idOf(), 0x52735368);
});

t.test('files that the program makes are for its owner alone', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  t.equal((await run(['usage', 'record', 'Ada', '--cost', '1', '--data', data])).code, 0);
  t.equal(statSync(data).mode & 0o777, 0o700);
  for (const name of readdirSync(data)) t.equal(statSync(join(data, name)).mode & 0o077, 0, name);
});
