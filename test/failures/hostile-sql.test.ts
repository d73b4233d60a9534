/**
 * Goal: whatever somebody asks of the tables, nothing is changed by it, no key is reached, nothing outside of the database is read or
 * written, and it ends within its limits of time and memory.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type TestServer, testServer } from '../api/support.js';
import { command, reading, register, usage } from '../support/command.js';
import { variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { bearer, makeKey } from '../support/keys.js';
import { queryOnce } from '../support/postgres-server.js';
import { placeWithReader } from '../support/reader-role.js';

/**
 * `refused`: it does not begin. `ended`: it begins, and is ended by a limit. `stopped`: one of the two, as there is memory. `small`: it
 * is answered, and the answer is small.
 */
type Outcome = 'refused' | 'ended' | 'stopped' | 'small';
const codes: Readonly<Record<Outcome, readonly (string | null)[]>> = {
  refused: ['query_refused', 'query_invalid'],
  ended: ['query_too_slow', 'query_too_large'],
  stopped: ['query_refused', 'query_invalid', 'query_too_slow', 'query_too_large'],
  small: [null, 'query_invalid'],
};

const endless = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)';

const both: readonly (readonly [Outcome, string])[] = [
  ['refused', "INSERT INTO pools SELECT 'x', 9, 1, 1, NULL, '', 1"],
  ['refused', "UPDATE claude_identities SET weight = 99 WHERE name = 'Ada'"],
  ['refused', 'DELETE FROM events'],
  ['refused', 'DELETE FROM events RETURNING *'],
  ['refused', "UPDATE claude_identities SET weight = 99 RETURNING name AS 'SELECT'"],
  ['refused', 'WITH x AS (SELECT 1) DELETE FROM events'],
  ['refused', 'WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x'],
  ['refused', "WITH x AS (SELECT 1) INSERT INTO projections SELECT 'x', 1 FROM x RETURNING *"],
  ['refused', '/* SELECT */ DELETE FROM events'],
  ['refused', '-- SELECT\nDELETE FROM events'],
  ['refused', '--\n/* */ -- SELECT 1\n\t/**/DROP TABLE events'],
  ['refused', 'SELECT 1; DELETE FROM events'],
  ['refused', 'SELECT 1;\n-- and\nDROP TABLE events;'],
  ['refused', 'DROP TABLE events'],
  ['refused', 'ALTER TABLE events RENAME TO gone'],
  ['refused', 'CREATE TABLE t (a)'],
  ['refused', 'CREATE TEMP TABLE t AS SELECT 1'],
  ['refused', 'CREATE VIEW v AS SELECT 1'],
  ['refused', 'CREATE INDEX i ON events (type)'],
  ['refused', 'REINDEX'],
  ['refused', 'ANALYZE'],
  ['refused', 'VACUUM'],
  ['refused', 'BEGIN IMMEDIATE'],
  ['refused', 'COMMIT'],
  ['refused', 'ROLLBACK'],
  ['refused', 'SAVEPOINT s'],
  ['refused', 'EXPLAIN DELETE FROM events'],
  ['refused', 'EXPLAIN ANALYZE SELECT 1'],
  ['refused', ''],
  ['refused', ' \n-- nothing\n'],
  ['refused', '/* open'],
  ['refused', ';'],
  ['refused', '\u0000SELECT 1'],
  ['refused', 'SELECT * FROM keys'],
  ['refused', 'SELECT * FROM api_keys'],
  ['refused', 'SELECT * FROM sessions'],
  ['refused', 'SELECT * FROM webhook_secrets'],
  ['ended', `${endless} SELECT count(*) FROM c`],
  ['ended', `${endless} SELECT max(n) FROM c WHERE n < 0`],
  [
    'ended',
    'SELECT count(*) FROM events a, events b, events c, events d, events e, events f, events g, events h, events i',
  ],
  ['small', `${endless} SELECT n FROM c`],
  ['small', `SELECT ${Array.from({ length: 900 }, (_, i) => i).join(',')}`],
  ['small', `SELECT ${'('.repeat(400)}1${')'.repeat(400)}`],
];

const onSqlite: readonly (readonly [Outcome, string])[] = [
  ['refused', "ATTACH 'keys.db' AS k"],
  ['refused', "ATTACH DATABASE 'file:other.db?mode=rwc' AS k"],
  ['refused', "/**/ATTACH '/tmp/x.db' AS k"],
  ['refused', 'DETACH main'],
  ['refused', "VACUUM INTO 'copy.db'"],
  ['refused', "VACUUM main INTO 'copy.db'"],
  ['refused', 'PRAGMA query_only = 0'],
  ['refused', 'PRAGMA query_only'],
  ['refused', 'PRAGMA query_only(0)'],
  ['refused', 'PRAGMA main.query_only = 0'],
  ['refused', 'PRAGMA writable_schema = 1'],
  ['refused', 'PRAGMA writable_schema(RESET)'],
  ['refused', 'PRAGMA journal_mode = DELETE'],
  ['refused', 'PRAGMA journal_mode(DELETE)'],
  ['refused', 'PRAGMA/**/journal_mode=DELETE'],
  ['refused', '-- \nPRAGMA user_version = 7'],
  ['refused', 'PRAGMA user_version(7)'],
  ['refused', 'PRAGMA wal_checkpoint(TRUNCATE)'],
  ['refused', 'PRAGMA optimize'],
  ['refused', 'PRAGMA incremental_vacuum'],
  ['refused', 'PRAGMA hard_heap_limit = 1'],
  ['refused', 'PRAGMA mmap_size = 1000000000'],
  ['refused', "PRAGMA temp_store_directory = '/tmp'"],
  ['refused', 'PRAGMA table_info(events); DELETE FROM events'],
  ['refused', 'PRAGMA table_info((SELECT 1))'],
  ['refused', 'PRAGMA database_list'],
  ['refused', 'SELECT file FROM pragma_database_list'],
  ['refused', 'SELECT file FROM "PRAGMA_database_LIST"'],
  ['refused', 'REPLACE INTO projections VALUES (1, 1)'],
  ['refused', "SELECT load_extension('/tmp/x.so')"],
  ['refused', "SELECT readfile('/etc/passwd')"],
  ['refused', "SELECT writefile('/tmp/x', 'x')"],
  ['refused', "SELECT edit('x', 'sh')"],
  ['refused', "SELECT fts3_tokenizer('simple', x'0000000000000000')"],
  ['refused', "SELECT fts3_tokenizer('none')"],
  ['refused', "SELECT * FROM fsdir('/')"],
  ['stopped', 'SELECT randomblob(9e8)'],
  ['stopped', 'SELECT zeroblob(9e8)'],
  ['stopped', "SELECT printf('%.*c', 1000000000, 'x')"],
  ['ended', "SELECT replace(hex(zeroblob(100000000)), '00', hex(zeroblob(1000)))"],
  ['refused', "SELECT json('[' || replace(hex(zeroblob(100000)), '00', '[') )"],
  ['refused', 'SELECT ?1'],
  ['refused', 'SELECT :name'],
  ['stopped', 'SELECT hex(randomblob(400000000))'],
  ['ended', `${endless} SELECT group_concat(hex(randomblob(100000)), '') FROM c`],
  ['ended', `${endless} SELECT json_group_array(hex(zeroblob(100000))) FROM c`],
  ['ended', `${endless} SELECT n, randomblob(100000) FROM c ORDER BY 2`],
  [
    'ended',
    `${endless} SELECT DISTINCT randomblob(100000) FROM c WHERE n < 0 OR length(randomblob(1000)) > 0 ORDER BY 1`,
  ],
  ['small', `SELECT like('${'%a'.repeat(2_000)}%b', replace(hex(zeroblob(500000)), '0', 'a'))`],
  ['small', 'SELECT hex(zeroblob(2000000))'],
  ['small', "SELECT printf('%.*c', 3000000, 'x')"],
  ['small', 'PRAGMA integrity_check'],
];

const onPostgres: readonly (readonly [Outcome, string])[] = [
  ['refused', "COPY events TO PROGRAM 'cat > /tmp/x'"],
  ['refused', "COPY (SELECT 1) TO '/tmp/x'"],
  ['refused', "COPY events FROM '/etc/passwd'"],
  ['refused', 'DO $$ BEGIN PERFORM 1; END $$'],
  ['refused', 'SET ROLE postgres'],
  ['refused', 'SET default_transaction_read_only = off'],
  ['refused', 'SET SESSION AUTHORIZATION postgres'],
  ['refused', 'RESET ALL'],
  ['refused', 'DISCARD ALL'],
  ['refused', 'LISTEN x'],
  ['refused', "NOTIFY x, 'y'"],
  ['refused', 'LOCK TABLE events'],
  ['refused', 'TRUNCATE events'],
  ['refused', 'GRANT ALL ON events TO PUBLIC'],
  ['refused', 'CREATE ROLE evil SUPERUSER'],
  ['refused', 'CREATE EXTENSION dblink'],
  ['refused', 'ALTER SYSTEM SET fsync = off'],
  ['refused', 'PREPARE p AS SELECT 1'],
  ['refused', 'CALL x()'],
  ['refused', 'SHOW data_directory'],
  ['refused', '/* /* */ SELECT */ DROP TABLE events'],
  ['refused', 'SELECT 1 INTO t'],
  ['refused', 'SELECT * FROM events FOR UPDATE'],
  ['refused', 'SELECT * FROM pools FOR SHARE'],
  ['refused', "SELECT pg_read_file('/etc/passwd')"],
  ['refused', "SELECT pg_read_binary_file('PG_VERSION')"],
  ['refused', "SELECT * FROM pg_ls_dir('/')"],
  ['refused', "SELECT lo_export(1, '/tmp/x')"],
  ['refused', "SELECT lo_import('/etc/passwd')"],
  ['refused', "SELECT lo_from_bytea(0, 'x')"],
  ['refused', "SELECT dblink_exec('dbname=postgres', 'DROP TABLE events')"],
  ['refused', "SELECT nextval('none')"],
  ['refused', "SELECT set_config('transaction_read_only', 'off', false)"],
  ['refused', "SELECT set_config('role', 'postgres', false)"],
  ['refused', "SELECT set_config('session_authorization', 'postgres', false)"],
  ['refused', "SELECT current_setting('data_directory')"],
  ['refused', 'SELECT * FROM pg_authid'],
  ['refused', 'SELECT * FROM resource_share_keys.keys'],
  ['refused', 'SELECT * FROM resource_share_keys.version'],
  ['refused', 'SELECT pg_reload_conf()'],
  ['refused', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'"],
  ['refused', "SELECT query_to_xml('DELETE FROM events', true, true, '')"],
  ['refused', 'SELECT $1'],
  ['ended', 'SELECT pg_sleep(60)'],
  ['ended', "SELECT set_config('statement_timeout', '0', false), n FROM generate_series(1, 60) n, pg_sleep(60)"],
  [
    'ended',
    "SELECT set_config('statement_timeout', '0', false), pg_sleep(n::float / n * 0.1) FROM generate_series(1, 600) n",
  ],
  [
    'ended',
    "SELECT set_config('statement_timeout', '0', false), CASE WHEN n > 50 THEN pg_sleep(5)::text END FROM generate_series(1, 99) n",
  ],
  ['ended', 'SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 1000) b'],
  ['ended', "SELECT repeat('x', 100000000)"],
  ['ended', "SELECT repeat('x', 1000000) FROM generate_series(1, 90)"],
  ['small', 'SELECT pg_advisory_lock(1)'],
  ['small', "SELECT pg_notify('x', 'y')"],
  ['small', "SELECT repeat('x', 3000000)"],
  ['small', "SELECT set_config('work_mem', '1GB', false)"],
  ['small', 'SELECT pg_backend_pid()'],
];

async function world(t: Scope, engine: (typeof variants)[number]) {
  const { place, readerUrl } = await placeWithReader(t, engine);
  const server = await testServer(t, { engine, place, readerUrl });
  await server.record(register('Ada'), reading('week_all', 1_000, { resets_at: noon + 86_400_000 }));
  for (let i = 0; i < 60; i++) await server.record(usage('Ada', { cost_micro_usd: i }));
  await server.record(command('agent.paused', { name: 'Ada' }));
  const admin = await makeKey(server.app, { scope: 'admin' });
  return { server, place, admin };
}

async function ask(server: TestServer, body: object, headers: Record<string, string>) {
  const began = performance.now();
  const answer = await server.post('/v1/sql', body, headers);
  return { answer, ms: performance.now() - began };
}

const timeoutMs = 400;
/** Until a process has started in the place of one that was ended, on a machine that has more to do. */
const answerMsMax = 20_000;

for (const engine of variants) {
  t.test(`statements that want more than to read, on ${engine.name}`, { timeout: 300_000 }, async (t) => {
    const { server, place, admin } = await world(t, engine);
    const headers = bearer(admin);
    t.match((await server.post('/v1/sql', { sql: 'SELECT count(*) AS events FROM events' }, headers)).json(), {
      rows: [[Number]],
    });
    const before = await contentOf(engine.name, place);
    const statements = [...both, ...(engine.name === 'sqlite' ? onSqlite : onPostgres)];
    t.ok(statements.length >= 90, `${statements.length} statements`);
    for (const [outcome, sql] of statements) {
      const { answer, ms } = await ask(server, { sql, timeout_ms: timeoutMs }, headers);
      const shown = JSON.stringify(sql).slice(0, 90);
      const code = answer.statusCode === 200 ? null : answer.json().code;
      // A statement of no characters is no statement.
      const isKnown = codes[outcome].includes(code) || (sql === '' && code === 'invalid_field');
      t.ok(isKnown, `${outcome}: ${shown}: ${code}`, { body: answer.body.slice(0, 300) });
      t.ok(answer.body.length < 11_000_000, `${shown}: ${answer.body.length} characters`);
      t.ok(ms < answerMsMax, `${shown}: ${Math.round(ms)} ms`);
      t.notMatch(answer.body, /\/tmp\/|\/work\/|\/home\//, `${shown}: no path is told`);
    }
    t.same(await contentOf(engine.name, place), before, 'nothing has changed');
    const count = await server.post('/v1/sql', { sql: 'SELECT 1 AS one' }, headers);
    t.same(count.json().rows, [[1]], 'and the next statement is answered');
    t.equal(
      (await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 }, {})).seq > 0,
      true,
    );
  });
}

/** Every byte of a data directory; of a server every row of every table, and what else there is. */
async function contentOf(engine: 'sqlite' | 'postgres', place: string): Promise<unknown> {
  if (engine === 'sqlite')
    return Object.fromEntries(filesBelow(place).map((name) => [name, digest(join(place, name))]));
  const relations = await queryOnce<{ name: string }>(
    place,
    `SELECT n.nspname || '.' || quote_ident(relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind = 'r' AND n.nspname !~ '^pg_|information_schema' ORDER BY 1`,
  );
  const rows: Record<string, unknown> = {};
  for (const { name } of relations) {
    rows[name] = await queryOnce(
      place,
      `SELECT count(*), md5(string_agg(r::text, '' ORDER BY r::text)) FROM ${name} r`,
    );
  }
  rows.others = await queryOnce(
    place,
    `SELECT (SELECT count(*) FROM pg_class WHERE relkind <> 't') AS relations, (SELECT count(*) FROM pg_largeobject_metadata) AS objects,
      (SELECT string_agg(rolname || rolsuper::text, ',' ORDER BY rolname) FROM pg_roles WHERE rolname = 'evil') AS roles`,
  );
  return rows;
}

/** But the index of the write-ahead log, in which everybody who reads notes how far. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('-shm'))
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
