/**
 * Goal: people ask the tables by SQL on both engines alike: the answer has limits and says where they left something out, and a statement
 * that cannot be answered says why and where.
 */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { listCanned } from '../../src/viewer/canned.js';
import { listTables } from '../../src/viewer/tables.js';
import { askedLedger } from '../support/asked-ledger.js';
import { variant, variants } from '../support/engines.js';
import type { Scope } from '../support/folder.js';
import { bearer, makeKey } from '../support/keys.js';
import { queryOnce } from '../support/postgres-server.js';
import { placeWithReader } from '../support/reader-role.js';
import { parseLines, serverOn, type TestServer, testServer } from './support.js';

const ask = (server: TestServer, body: object, headers: Record<string, string> = {}) =>
  server.post('/v1/sql', body, headers);
const answerTo = async (server: TestServer, body: object) => (await ask(server, body)).json();

/** So many numbers, on both engines. */
const numbers = (count: number) =>
  `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${count}) SELECT n FROM c`;

for (const engine of variants) {
  t.test(`on ${engine.name}`, { timeout: 120_000 }, async (t) => {
    const server = await askedLedger(t, engine);

    await t.test('a page of rows, with their columns', async (t) => {
      const sql = `SELECT claude_name, total_tokens, cost_micro_usd / 1000000.0 AS usd, corrects
        FROM resource_share_increments WHERE claude_name = 'Bo'`;
      t.match(await answerTo(server, { sql }), {
        columns: ['claude_name', 'total_tokens', 'usd', 'corrects'],
        rows: [['Bo', 4_880, null, null]],
        truncated: null,
        cells_cut: 0,
        elapsed_ms: Number,
      });
      t.match(await answerTo(server, { sql: '-- nothing\n/* here */ VALUES (1, 1.5, NULL)' }), {
        rows: [[1, 1.5, null]],
      });
      t.match(await answerTo(server, { sql: 'SELECT 1 AS a WHERE 1 = 0' }), { columns: ['a'], rows: [] });
    });

    await t.test('values that JSON has no word for', async (t) => {
      const huge = await answerTo(server, { sql: 'SELECT 9007199254740993 AS a, 9007199254740991 AS b' });
      t.same(huge.rows, [['9007199254740993', 9_007_199_254_740_991]]);
      const [[hash]] = (await answerTo(server, { sql: 'SELECT head_hash FROM pools' })).rows;
      t.match(hash, /^[0-9a-f]{64}$/, 'bytes are hexadecimal');
      const infinite = engine.name === 'sqlite' ? '9e999' : "'Infinity'::float8";
      t.same((await answerTo(server, { sql: `SELECT ${infinite}` })).rows, [['Infinity']]);
      if (engine.name === 'postgres')
        t.same((await answerTo(server, { sql: 'SELECT true, 12345678901234567890, now()::date::text = $$x$$' })).rows, [
          [true, '12345678901234567890', false],
        ]);
    });

    await t.test('what is left out is said', async (t) => {
      const page = await answerTo(server, { sql: numbers(1_500) });
      t.match([page.rows.length, page.truncated], [limits.pageRowsDefault, 'rows']);
      const whole = await answerTo(server, { sql: numbers(1_000), limit: 1_000 });
      t.match([whole.rows.length, whole.rows[999], whole.truncated], [1_000, [1_000], null]);
      t.match(await answerTo(server, { sql: numbers(1), limit: 1_001 }), {
        code: 'invalid_field',
        errors: [{ field: 'limit' }],
      });
      const long = engine.name === 'sqlite' ? "printf('%.*c', 5000, 'x')" : "repeat('x', 5000)";
      const cut = await answerTo(server, { sql: `SELECT ${long} AS a, 'x' AS b` });
      t.match(
        [cut.cells_cut, cut.rows[0][0].length, cut.rows[0][0].at(-1)],
        [1, limits.viewerCellCharactersMax + 1, '…'],
      );
      const wide = Array.from({ length: 100 }, () => long).join(', ');
      const heavy = await answerTo(server, {
        sql: `SELECT ${wide} FROM (${numbers(1_000)}) AS x`,
        limit: 1_000,
        timeout_ms: 30_000,
      });
      t.match([heavy.truncated, heavy.rows.length > 30, heavy.rows.length < 60], ['bytes', true, true]);
    });

    await t.test('all rows, as CSV and NDJSON', async (t) => {
      const sql =
        'SELECT project, cost_micro_usd AS cost, cost_micro_usd AS cost FROM resource_share_increments WHERE project IS NOT NULL ORDER BY project, cost DESC';
      const csv = await ask(server, { sql, format: 'csv' });
      t.match(csv.headers['content-type'], /^text\/csv/);
      t.same(csv.body.split('\r\n'), ['project,cost,cost', "'=p1,125000,125000", 'p2,,', '']);
      t.match((await ask(server, { sql, csv: 'raw' }, { accept: 'text/csv' })).body, /^project.*\r\n=p1,/);
      const lines = await ask(server, { sql, limit: 1 }, { accept: 'application/x-ndjson' });
      t.same(parseLines(lines.body), [{ project: '=p1', cost: 125_000, cost_2: 125_000 }]);
      const many = await ask(server, { sql: numbers(12_345), format: 'ndjson' });
      t.same(
        parseLines(many.body).reduce((sum, { n }) => sum + Number(n), 0),
        (12_345 * 12_346) / 2,
      );
      t.equal((await ask(server, { sql: 'SELECT 1 AS a WHERE 1 = 0', format: 'csv' })).body, 'a\r\n');
      t.match((await ask(server, { sql: 'SELECT FROM WHERE', format: 'csv' })).json(), { code: 'query_invalid' });
      t.match((await ask(server, { sql }, { accept: 'image/png' })).json(), { code: 'not_acceptable' });
    });

    await t.test('how the database would go about it', async (t) => {
      const { plan } = await answerTo(server, { sql: "SELECT * FROM events WHERE source = 'x'", explain: true });
      t.match(plan.join('\n'), /events/);
      t.match(await answerTo(server, { sql: 'DELETE FROM events', explain: true }), { code: 'query_refused' });
    });

    await t.test('what is wrong, and where', async (t) => {
      const wrong = await answerTo(server, { sql: 'SELECT 1,\n  foo FROM events' });
      t.match(wrong, {
        code: 'query_invalid',
        status: 422,
        detail: /foo.*\(line 2, column 3\)/,
        errors: [{ field: 'sql' }],
      });
      t.match(await answerTo(server, { sql: 'DELETE FROM events' }), { code: 'query_refused', detail: /DELETE/ });
      t.match(await answerTo(server, { sql: 'SELECT 1; SELECT 2' }), { code: 'query_refused' });
      const slow = await answerTo(server, {
        sql: `SELECT count(*) FROM (${numbers(1_000_000_000)}) AS x`,
        timeout_ms: 200,
      });
      t.match(slow, { code: 'query_too_slow', status: 422, detail: /after 0.2 s.*went about it so: \w/ });
      for (const body of [
        {},
        { sql: 'SELECT 1', canned: 'identities' },
        { sql: 'SELECT 1', params: { a: 1 } },
        { sql: 'SELECT 1', timeout_ms: 60_000 },
      ])
        t.match(await answerTo(server, body), { code: 'invalid_field' }, JSON.stringify(body));
    });

    await t.test('each ready-made query has rows', async (t) => {
      const { queries } = (await server.get('/v1/sql/queries')).json();
      t.equal(queries.length, 24);
      for (const { name, params, sql } of queries) {
        const given = params.some((one: { name: string }) => one.name === 'hours') ? { hours: 1_000_000 } : {};
        const answer = await answerTo(server, { canned: name, params: given });
        t.ok(answer.rows?.length > 0, name, { sql, answer });
      }
      t.match(await answerTo(server, { canned: 'window-readings', params: { window: 'session_5hour', rows: 1 } }), {
        rows: [[String, 'default', 42]],
      });
      t.match(await answerTo(server, { canned: 'late-reports', params: { hours: 1_000_000, minutes: 61 } }), {
        rows: [],
      });
      t.match(await answerTo(server, { canned: 'unpriced-use', params: { hours: 1_000_000 } }), {
        rows: [['default', 'model-nobody-knows', 1, 4_880]],
      });
      t.match(await answerTo(server, { canned: 'nothing' }), { code: 'query_unknown', status: 404 });
      t.match(await answerTo(server, { canned: 'use-by-day', params: { day: 1 } }), {
        code: 'invalid_field',
        errors: [{ field: 'params.day' }],
      });
      t.match(await answerTo(server, { canned: 'use-by-day', params: { rows: '1; DROP' } }), { code: 'invalid_field' });
    });

    await t.test('every column of every table is explained', async (t) => {
      const { tables } = (await server.get('/v1/sql/tables')).json();
      for (const { name, description, columns, ddl } of tables) {
        t.ok(description.length > 20, name);
        t.match(ddl, new RegExp(`^CREATE (TABLE|VIEW) ${name} `));
        t.same(
          columns.filter((column: { description: string }) => !/^.{8,}\.$/.test(column.description)),
          [],
          name,
        );
        const { columns: found } = await answerTo(server, { sql: `SELECT * FROM ${name} WHERE 1 = 0` });
        t.same(
          columns.map((column: { name: string }) => column.name),
          found,
          `${name}: those that there are`,
        );
      }
      const own =
        engine.name === 'sqlite'
          ? "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
          : "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')";
      const { rows } = await answerTo(server, { sql: own });
      t.same(tables.map(({ name }: { name: string }) => name).sort(), rows.flat().sort());
      t.match((await server.get('/v1/sql/tables?name=jobs')).json(), {
        tables: [{ name: 'jobs', indexes: [/jobs_dedupe/, String, String, String] }],
      });
      t.match((await server.get('/v1/sql/tables?name=keys')).json(), { code: 'query_unknown' });
    });
  });
}

async function askedServer(t: Scope): Promise<TestServer> {
  return testServer(t, { engine: variant, ...(await placeWithReader(t, variant)) });
}

t.test(
  'both engines have the same queries, tables and columns, but for how they number rows and schemas',
  async (t) => {
    const isShared = (column: string) => column !== 'place';
    const namesOf = (engine: 'sqlite' | 'postgres') =>
      listTables(engine)
        .filter(({ name }) => name !== 'schema_version')
        .map(({ name, columns }) => [
          name,
          columns
            .map((column) => column.name)
            .filter(isShared)
            .sort(),
        ]);
    t.same(namesOf('sqlite'), namesOf('postgres'));
    const params = (engine: 'sqlite' | 'postgres') => listCanned(engine).map(({ name, params }) => [name, params]);
    t.same(params('sqlite'), params('postgres'));
    for (const { sql, params } of listCanned('sqlite'))
      for (const { name } of params) t.match(sql, `:${name}`, 'no value is there for nothing');
  },
);

t.test('it is about all pools, so no key for one of them opens it', async (t) => {
  const server = await askedServer(t);
  const admin = await makeKey(server.app, { scope: 'admin' });
  const bound = await makeKey(server.app, { scope: 'read', pool: 'default' }, admin);
  const read = await makeKey(server.app, { scope: 'read' }, admin);
  const refused = await ask(server, { sql: 'SELECT 1' }, bearer(bound));
  t.match(refused.json(), {
    code: 'pool_forbidden',
    status: 403,
    detail: /about all pools, and the key .* is for default/,
  });
  t.equal((await ask(server, { sql: 'SELECT 1' }, bearer(read))).statusCode, 200);
});

t.test('what was asked is in no log', async (t) => {
  const { readerUrl, ...place } = await placeWithReader(t, variant);
  const test = await testServer(t, { engine: variant, ...place });
  const lines: string[] = [];
  const server = serverOn(t, test, {
    readerUrl,
    log: { level: 'trace', destination: { write: (line) => void lines.push(line) } },
  });
  for (const sql of [
    "SELECT 'confidential'",
    "SELECT 'confidential' FROM nowhere",
    "DELETE FROM events WHERE type = 'confidential'",
  ])
    await ask(server, { sql });
  t.ok(lines.length > 2, 'it logs');
  t.notMatch(lines.join(''), 'confidential');
});

t.test('one statement of a caller at a time, and a short queue', async (t) => {
  const server = await askedServer(t);
  const sql = `SELECT count(*) FROM (${numbers(1_000_000_000)}) AS x`;
  t.equal((await ask(server, { sql: 'SELECT 1' })).statusCode, 200, 'warm');
  const answers = await Promise.all(
    Array.from({ length: 19 }, (_, i) => ask(server, { sql: i === 0 ? sql : 'SELECT 1', timeout_ms: 1_000 })),
  );
  const codes = answers.map((answer) => (answer.statusCode === 200 ? 'ok' : answer.json().code));
  t.same(codes, ['query_too_slow', ...Array(16).fill('ok'), 'query_busy', 'query_busy']);
  t.equal(answers[18]?.headers['retry-after'], String(limits.retryAfterSeconds));
});

const postgres = variants.find(({ name }) => name === 'postgres');
t.test(
  'a role that may do more is refused, with what to say to the server',
  { skip: postgres === undefined },
  async (t) => {
    if (postgres === undefined) return;
    const { place, readerUrl = '' } = await placeWithReader(t, postgres);
    const server = await testServer(t, { engine: postgres, place, readerUrl });
    await makeKey(server.app, { scope: 'read' });
    const role = new URL(readerUrl).username;
    const database = new URL(place).pathname.slice(1);
    const group = `group_${role}`;
    const cases: readonly (readonly [give: string, detail: RegExp, take: string])[] = [
      [
        `GRANT INSERT ON events TO ${role}`,
        /REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON public.events FROM/,
        `REVOKE INSERT ON events FROM ${role}`,
      ],
      [`GRANT UPDATE (type) ON events TO ${role}`, /may write/, `REVOKE UPDATE (type) ON events FROM ${role}`],
      [`GRANT DELETE ON jobs TO PUBLIC`, /may write/, 'REVOKE DELETE ON jobs FROM PUBLIC'],
      [
        `GRANT CREATE ON SCHEMA public TO ${role}`,
        /REVOKE CREATE ON SCHEMA public FROM/,
        `REVOKE CREATE ON SCHEMA public FROM ${role}`,
      ],
      [
        `GRANT TEMP ON DATABASE ${database} TO ${role}`,
        /REVOKE CREATE, TEMP ON DATABASE/,
        `REVOKE TEMP ON DATABASE ${database} FROM ${role}`,
      ],
      [
        `GRANT USAGE ON SCHEMA resource_share_keys TO ${role}`,
        /REVOKE ALL ON SCHEMA resource_share_keys FROM/,
        `REVOKE USAGE ON SCHEMA resource_share_keys FROM ${role}`,
      ],
      [
        `GRANT pg_read_server_files TO ${role}`,
        /REVOKE pg_read_server_files FROM/,
        `REVOKE pg_read_server_files FROM ${role}`,
      ],
      [`ALTER ROLE ${role} CREATEDB`, /may do more than read/, `ALTER ROLE ${role} NOCREATEDB`],
      [
        `CREATE ROLE ${group} NOINHERIT; GRANT INSERT ON events TO ${group}; GRANT ${group} TO ${role}`,
        /may write/,
        `DROP OWNED BY ${group}; DROP ROLE ${group}`,
      ],
      [`REVOKE SELECT ON events FROM ${role}`, /GRANT SELECT ON ALL TABLES/, `GRANT SELECT ON events TO ${role}`],
    ];
    for (const [give, detail, take] of cases) {
      await queryOnce(place, give);
      t.match(await answerTo(server, { sql: 'SELECT 1' }), { code: 'viewer_off', status: 409, detail }, give);
      await queryOnce(place, take);
    }
    t.same((await answerTo(server, { sql: 'SELECT 1' })).rows, [[1]]);
    const without = serverOn(t, server, {});
    t.match(await answerTo(without, { sql: 'SELECT 1' }), { code: 'viewer_off', detail: /viewer.database_url/ });
    const owner = serverOn(t, server, { readerUrl: place });
    t.match(await answerTo(owner, { sql: 'SELECT 1' }), { code: 'viewer_off', detail: /may do more than read/ });
    const away = serverOn(t, server, { readerUrl: 'postgres://reader@127.0.0.1:1/x' });
    t.match(await answerTo(away, { sql: 'SELECT 1' }), { code: 'storage_unavailable' });
  },
);
