// Goal: the next job is found by the index of those that wait, without a sort, however many jobs there are, and claimed by its id.
import t from 'tap';
import { jobStatements } from '../../src/engines/job-statements.js';
import { variants } from '../support/engines.js';
import { temporaryLedger } from '../support/ledger.js';

const now = '1800000000000';
const count = 20_000;

for (const engine of variants)
  t.test(`${engine.name}: ${count} jobs`, async (t) => {
    const test = await temporaryLedger(t, { engine });
    const isFile = engine.name === 'sqlite';
    const numbers = isFile
      ? `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`
      : `WITH numbers (n) AS (SELECT generate_series(1, ${count}))`;
    const row = `SELECT 'job ' || n, 'kind ' || (n % 5), '{}', CASE WHEN n % 2 = 0 THEN 'pending' ELSE 'succeeded' END,
      n, n % 7, 0, 5, 0, 1, CASE WHEN n % 2 = 0 THEN NULL ELSE n END FROM numbers`;
    await engine.meddle(
      test.place,
      `${isFile ? '' : `${numbers} `}INSERT INTO jobs (id, kind, payload, state, run_at, priority, attempts, attempts_max, token, created_at, finished_at)
        ${isFile ? `${numbers} ` : ''}${row}; ANALYZE`,
    );
    const words = {
      now,
      chance: '0.5',
      values: isFile ? `json_each('["kind 1"]')` : `unnest(ARRAY['kind 1']) AS wanted(value)`,
    };
    const { look, claim } = jobStatements(words);
    const planOf = async (sql: string) => {
      const rows = await test.ledger.query<object>(`EXPLAIN ${isFile ? 'QUERY PLAN ' : ''}${sql}`);
      return rows.map((each) => Object.values(each).join(' ')).join('\n');
    };
    const found = await planOf(look);
    t.match(
      found,
      isFile ? /SEARCH jobs USING COVERING INDEX jobs_due \(kind=\?/ : /Index (Only )?Scan using jobs_due/,
    );
    t.notMatch(found, /TEMP B-TREE|Sort/, 'no sort');
    t.notMatch(found, /SCAN jobs\b|Seq Scan on jobs/);
    const [next] = await test.ledger.query<{ id: string | null; what: string }>(look);
    t.match(next, { what: 'due', id: /^job / });
    if (isFile) return;
    const text = claim.replace('?', `'me'`).replace('?', '1000').replace('?', `'job 2'`);
    t.match(await planOf(text), /Index Scan using jobs_pkey/);
  });
