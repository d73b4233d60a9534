/**
 * Goal: people ask and read the tables on pages: what they sent is never lost, what the tables hold is text and nothing else, nothing is
 * run because of a link, and paging shows every row once while rows are added.
 */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { listTables } from '../../src/viewer/tables.js';
import { askedLedger } from '../support/asked-ledger.js';
import { register, usage } from '../support/command.js';
import { variant, variants } from '../support/engines.js';
import type { Scope } from '../support/folder.js';
import { bearer, makeKey } from '../support/keys.js';
import { placeWithReader } from '../support/reader-role.js';
import { parseLines, type TestServer, testServer } from './support.js';

const own = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };
const send = (server: TestServer, url: string, fields: Record<string, string>, headers: Record<string, string> = own) =>
  server.app.inject({ method: 'POST', url, headers, payload: String(new URLSearchParams(fields)) });

const unescaped = (text: string): string =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');

/** What the field for the statement holds. */
const fieldOf = (page: string): string => unescaped(/<textarea[^>]*>\n?([^<]*)<\/textarea>/.exec(page)?.[1] ?? '');

/** The texts of the cells of the table of rows. */
function cellsOf(page: string): string[][] {
  const body = /<table class="rows">.*?<tbody>(.*?)<\/tbody>/s.exec(page)?.[1] ?? '';
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => unescaped(cell.replace(/<[^>]*>/g, ''))),
  );
}

const nextOf = (page: string): string | null => {
  const path = /<a href="([^"]*)" rel="next">/.exec(page)?.[1];
  return path === undefined ? null : unescaped(path);
};

/** Of all events of a type, the oldest first. */
async function seqsOf(server: TestServer, type: string): Promise<number[]> {
  const { events } = (await server.get(`/v1/events?type=${type}&limit=1000`)).json();
  return events.map(({ seq }: { readonly seq: number }) => seq);
}

async function emptyServer(t: Scope): Promise<TestServer> {
  return testServer(t, { engine: variant, ...(await placeWithReader(t, variant)) });
}

for (const engine of variants) {
  t.test(`on ${engine.name}`, { timeout: 240_000 }, async (t) => {
    const server = await askedLedger(t, engine);

    await t.test('a statement, its rows, and itself', async (t) => {
      const sql = "SELECT claude_name AS agent, total_tokens FROM resource_share_increments WHERE claude_name = 'Bo'";
      const answer = await send(server, '/sql', { sql });
      t.equal(answer.statusCode, 200);
      t.same(cellsOf(answer.body), [['Bo', '4880']]);
      t.match(answer.body, /<th scope="col">agent<\/th><th scope="col" class="number">total_tokens<\/th>/);
      t.match(answer.body, /<h2 id="rows">1 row<\/h2>\s*<p class="muted small">In \d+ ms\.<\/p>/);
      t.equal(fieldOf(answer.body), sql);
      const plan = await send(server, '/sql', { sql, do: 'explain' });
      t.match(plan.body, /How the database would go about it.*resource_share_increments/s);
      t.notMatch(plan.body, '<table class="rows">');
    });

    await t.test('what is wrong stands beside the statement', async (t) => {
      for (const [sql, code] of [
        ["SELECT '</textarea><b>' FROM nowhere", 'query_invalid'],
        ['DELETE FROM events', 'query_refused'],
        ['SELECT 1; SELECT 2', 'query_refused'],
        ['', 'query_refused'],
      ] as const) {
        const answer = await send(server, '/sql', { sql });
        t.equal(answer.statusCode, 422, sql);
        t.match(answer.body, `/problems#${code}`);
        t.match(answer.headers['content-type'], /^text\/html/);
        t.equal(fieldOf(answer.body), sql);
        const file = await send(server, '/sql/export', { sql, format: 'csv' });
        t.equal(file.statusCode, 422);
        t.equal(fieldOf(file.body), sql, 'also where a file was asked for');
      }
    });

    await t.test('what is left out is said', async (t) => {
      const rows = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300) SELECT n FROM c';
      t.match((await send(server, '/sql', { sql: rows })).body, /100 rows.*cut at the limit of rows/s);
      t.notMatch((await send(server, '/sql', { sql: rows, limit: '1000' })).body, 'cut at the limit');
      const long = engine.name === 'sqlite' ? "printf('%.*c', 5000, 'x')" : "repeat('x', 5000)";
      const cut = await send(server, '/sql', { sql: `SELECT ${long} AS a` });
      t.match(cut.body, `x…</span> <span class="badge warn">cut after 2,048 characters</span>`);
      t.match(cut.body, '1 texts are cut');
      t.match(cellsOf(cut.body), [[new RegExp(`^x{${limits.viewerCellCharactersMax}}…`)]]);
    });

    await t.test('all rows as a file', async (t) => {
      const sql =
        'SELECT project, cost_micro_usd AS cost FROM resource_share_increments WHERE project IS NOT NULL ORDER BY 1';
      const csv = await send(server, '/sql/export', { sql, format: 'csv' });
      t.match(csv.headers, {
        'content-type': /^text\/csv/,
        'content-disposition': 'attachment; filename="query.csv"',
      });
      t.match(csv.body, /^project,cost\r\n'=p1,/);
      const lines = parseLines((await send(server, '/sql/export', { sql, format: 'ndjson' })).body);
      const array = await send(server, '/sql/export', { sql, format: 'json' });
      t.match(array.headers['content-type'], /^application\/json/);
      t.ok(lines.length > 1);
      t.same(array.json(), lines);
      t.same((await send(server, '/sql/export', { sql: 'SELECT 1 AS a WHERE 1 = 0', format: 'json' })).json(), []);
    });

    await t.test('a link runs ready-made statements alone', async (t) => {
      const canned = (await server.get('/sql?canned=use-by-model&hours=1000000')).body;
      t.match(fieldOf(canned), /^SELECT pool, model,[^:]*1000000/, 'with its value, so that it can be asked again');
      t.ok(cellsOf(canned).length > 0);
      const again = await send(server, '/sql', { sql: fieldOf(canned) });
      t.same(cellsOf(again.body), cellsOf(canned));
      for (const url of ['/sql?sql=SELECT+1', '/sql?canned=&sql=SELECT+1', '/sql'])
        t.notMatch((await server.get(url)).body, /<table class="rows">|SELECT 1/, url);
      t.equal((await server.get('/sql?canned=nothing')).statusCode, 404);
      t.equal((await server.get('/sql?canned=use-by-model&hours=x')).statusCode, 422);
      const page = (await server.get('/sql')).body;
      t.match(page, 'It is stopped after 3 seconds.');
      t.equal([...page.matchAll(/href="\/sql\?canned=/g)].length, 24);
      t.match(page, /data-schema="\{&quot;recent_increments&quot;:\[&quot;pool&quot;/);
    });

    await t.test('every table has a page, with what it means', async (t) => {
      const list = (await server.get('/tables')).body;
      for (const table of listTables(engine.name as 'sqlite' | 'postgres')) {
        t.match(list, `<a href="/tables/${table.name}">`);
        const page = await server.get(`/tables/${table.name}`);
        t.equal(page.statusCode, 200, table.name);
        for (const { name } of table.columns) t.match(page.body, `<th scope="row" class="name">${name}</th>`);
        for (const sort of table.columns.map(({ name }) => name)) {
          const sorted = await server.get(`/tables/${table.name}?sort=${sort}`);
          t.ok([200, 422].includes(sorted.statusCode), `${table.name} by ${sort}: ${sorted.statusCode}`);
          if (sorted.statusCode === 422) t.match(sorted.body, 'is too long to sort by');
        }
      }
      t.match(list, /href="\/tables\/events">.*?<td class="number" data-label="Rows">\d+<\/td>/s);
      t.equal((await server.get('/tables/keys')).statusCode, 404);
    });

    await t.test('rows lead to their events, and amounts are written', async (t) => {
      const page = (await server.get('/tables/resource_share_increments?is.claude_name=Bo')).body;
      const [row = []] = cellsOf(page);
      t.equal(cellsOf(page).length, 1);
      t.ok(row.includes('4,880'), 'tokens');
      const ada = (await server.get('/tables/resource_share_increments?is.claude_name=Ada')).body;
      t.ok(cellsOf(ada).flat().includes('$0.125'), 'money');
      const link = /<a href="(\/events\/\d+)">/.exec(page)?.[1];
      t.match((await server.get(String(link))).body, /usage\.recorded/);
      const id = /<a href="(\/events\/[0-9A-Z]{26})">/.exec(page)?.[1];
      t.equal((await server.get(String(id))).statusCode, 200);
    });

    await t.test('filters, facets and times', async (t) => {
      const page = (await server.get('/tables/resource_share_increments')).body;
      const facets = /<details class="facets">.*?<\/details>/s.exec(page)?.[0] ?? '';
      t.match(unescaped(facets), /is\.claude_name=Ada"><bdi>Ada<\/bdi><\/a> <span class="muted small">3<\/span>/);
      t.match(unescaped(facets), /null=project"><bdi>null<\/bdi>/);
      t.notMatch(facets, '<dt>pool</dt>', 'one value narrows nothing');
      t.match(facets, 'Counted among the first 10,000 rows.');
      t.equal(cellsOf((await server.get('/tables/resource_share_increments?null=project')).body).length, 2);
      const byField = await server.get('/tables/resource_share_increments?column=claude_name&value=Bo');
      t.equal(cellsOf(byField.body).length, 1, 'a column and its value, as the form sends them');
      t.match(byField.body, 'claude_name = Bo');
      const rowsOf = async (query: string) =>
        cellsOf((await server.get(`/tables/resource_share_increments?${query}`)).body).length;
      t.equal(await rowsOf('until=2000-01-01'), 0);
      t.equal(await rowsOf('from=2000-01-01'), 4);
      t.equal(await rowsOf('from=2000-01-01&until=2099-01-01&is.mode=autonomy&is.claude_name=Ada'), 3);
      for (const [query, status] of [
        ['is.nothing=1', 422],
        ['sort=nothing', 422],
        ['from=soon', 422],
        ['after=x', 400],
        ['order=up', 422],
      ] as const)
        t.equal((await server.get(`/tables/resource_share_increments?${query}`)).statusCode, status, query);
    });

    await t.test('as of an event', async (t) => {
      const now = (await server.get('/tables/claude_identities')).body;
      t.equal(cellsOf(now).length, 2);
      const [ada = 0] = await seqsOf(server, 'identity.registered');
      const then = (await server.get(`/tables/claude_identities?as_of=${ada}`)).body;
      t.equal(cellsOf(then).length, 1);
      t.match(then, `As it was after <a href="/events/${ada}">event ${ada}</a>`);
      const [first = 0, second = 0] = await seqsOf(server, 'usage.recorded');
      const usesAt = async (seq: number) =>
        cellsOf((await server.get(`/tables/resource_share_increments?as_of=${seq}&is.claude_name=Bo`)).body).length;
      t.same([await usesAt(first - 1), await usesAt(second)], [0, 1]);
      t.equal((await server.get('/tables/claude_identities?as_of=9999')).statusCode, 404);
      t.equal((await server.get('/tables/claude_identities?as_of=1&is.model=x')).statusCode, 422);
      t.equal((await server.get('/tables/jobs?as_of=1')).statusCode, 422);
    });
  });

  t.test(`paging on ${engine.name} shows every row once`, { timeout: 240_000 }, async (t) => {
    const { place, readerUrl } = await placeWithReader(t, engine);
    const server = await testServer(t, { engine, place, readerUrl });
    await server.record(register('Ada'));
    const some = (count: number) =>
      server.record(
        // A third of them at one instant, and a third without a project.
        ...Array.from({ length: count }, (_, i) =>
          usage('Ada', { cost_micro_usd: i, ...(i % 3 === 0 ? {} : { project: `p${i % 7}` }) }),
        ),
      );
    await some(130);
    for (const query of [
      '',
      '?sort=project',
      '?sort=project&order=asc',
      '?sort=cost_micro_usd&order=asc',
      '?sort=id',
    ]) {
      const before = await seqsOf(server, 'usage.recorded');
      const seen: string[] = [];
      let path: string | null = `/tables/resource_share_increments${query}`;
      while (path !== null) {
        const page: string = (await server.get(path)).body;
        seen.push(...[...page.matchAll(/<a href="\/events\/(\d+)">/g)].map(([, seq]) => String(seq)));
        path = nextOf(page);
        if (seen.length < 150) await some(3);
      }
      t.equal(new Set(seen).size, seen.length, `${query}: none twice`);
      const there = new Set(seen.map(Number));
      t.same(
        before.filter((seq) => !there.has(seq)),
        [],
        `${query}: none left out`,
      );
    }
    const first = nextOf((await server.get('/tables/resource_share_increments')).body);
    const other = String(first).replace('resource_share_increments', 'quota_info');
    t.equal((await server.get(other)).statusCode, 400, 'a place is of its table');
  });
}

t.test('what the tables hold is text', { timeout: 120_000 }, async (t) => {
  const server = await emptyServer(t);
  const evil = '<img src=x onerror=alert(1)>';
  await server.record(register('Ada'), usage('Ada', { cost_micro_usd: 1, project: evil, model: '"><script>' }));
  const sql = `SELECT project AS "<b>bold", '${evil}' AS x FROM resource_share_increments -- </textarea><script>`;
  for (const page of [
    (await send(server, '/sql', { sql })).body,
    (await send(server, '/sql', { sql: `${sql}\nFROM` })).body,
    (await server.get('/tables/resource_share_increments')).body,
    (await server.get(`/tables/resource_share_increments?is.project=${encodeURIComponent(evil)}`)).body,
    (await server.get(`/tables/resource_share_increments?is.${encodeURIComponent(evil)}=1`)).body,
  ]) {
    t.match(page, '&lt;');
    t.notMatch(page, /<img|<b>|<script>/);
  }
});

t.test('a key of one pool, or one that reports, does not open it', { timeout: 120_000 }, async (t) => {
  const server = await emptyServer(t);
  const admin = await makeKey(server.app, { scope: 'admin' });
  const make = (asked: object) => makeKey(server.app, asked, admin);
  const bound = await make({ scope: 'read', pool: 'default' });
  const ingest = await make({ scope: 'ingest' });
  const read = await make({ scope: 'read' });
  for (const url of ['/sql', '/tables', '/tables/events', '/tables/events?pool=default']) {
    t.match((await server.get(url, bearer(bound))).json(), { code: 'pool_forbidden', status: 403 }, url);
    t.match((await server.get(url, bearer(ingest))).json(), { code: 'scope_missing', status: 403 }, url);
    t.equal((await server.get(url, bearer(read))).statusCode, 200, url);
  }
  for (const url of ['/sql', '/sql/export']) {
    const ask = (key: typeof read) => send(server, url, { sql: 'SELECT 1 AS a' }, { ...own, ...bearer(key) });
    t.match((await ask(bound)).json(), { code: 'pool_forbidden' }, url);
    t.match((await ask(ingest)).json(), { code: 'scope_missing' }, url);
    t.equal((await ask(read)).statusCode, 200, url);
  }
});

t.test('a form of another site asks nothing', { timeout: 120_000 }, async (t) => {
  const server = await emptyServer(t);
  const { 'sec-fetch-site': _own, ...bare } = own;
  for (const url of ['/sql', '/sql/export']) {
    const elsewhere = await send(server, url, { sql: 'SELECT 1' }, { ...bare, 'sec-fetch-site': 'cross-site' });
    t.equal(elsewhere.statusCode, 403, url);
    t.match((await send(server, url, { sql: 'SELECT 1' }, bare)).json(), { code: 'cross_site' }, url);
  }
  const read = await makeKey(server.app, { scope: 'read' });
  const signIn = await send(server, '/login', { key: read.key, next: '/sql' });
  const cookie = String(signIn.headers['set-cookie']).split(';')[0] as string;
  const page = (await server.get('/sql', { cookie })).body;
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
  for (const url of ['/sql', '/sql/export']) {
    const ask = (fields: object) => send(server, url, { sql: 'SELECT 7 AS a', ...fields }, { ...own, cookie });
    t.match((await ask({})).json(), { code: 'csrf_refused' }, url);
    t.equal((await ask({ csrf })).statusCode, 200, url);
  }
});

t.test('a long statement is taken, and a longer one refused', { timeout: 120_000 }, async (t) => {
  const server = await emptyServer(t);
  const sql = (characters: number) => `SELECT 1 AS a -- ${'é'.repeat(characters - 17)}`;
  t.equal((await send(server, '/sql', { sql: sql(limits.viewerSqlCharactersMax) })).statusCode, 200);
  t.match((await send(server, '/sql', { sql: sql(limits.viewerSqlCharactersMax + 1) })).json(), {
    code: 'invalid_field',
  });
});
