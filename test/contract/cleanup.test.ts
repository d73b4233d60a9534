// Goal: what is left of holders that are gone is swept, each by what does that anyway, and nothing of a holder that lives; a dry run counts
// the same and changes nothing; what one sort fails at keeps no other from being swept.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildServer } from '../../src/api/server.js';
import { BackgroundWork } from '../../src/daemon/background-work.js';
import { cleanup } from '../../src/jobs/cleanup.js';
import { Work } from '../../src/jobs/work.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { silent } from '../api/support.js';
import { onData, run } from '../cli/run.js';
import { inside, usage } from '../support/command.js';
import { databaseFlags } from '../support/daemon.js';
import { type Variant, variants } from '../support/engines.js';
import { minutes } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { pool, temporaryLedger } from '../support/ledger.js';

/** Of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    // What SQLite keeps beside a file that is open for reading holds nothing.
    .filter((entry) => entry.isFile() && !entry.name.endsWith('-shm'))
    .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name))] as const)
    .filter(([, bytes]) => bytes.length > 0)
    .map(([name, bytes]) => `${name} ${createHash('sha256').update(bytes).digest('hex')}`)
    .sort();

/** Each row of each table of a server, as text. */
async function rowsOf(engine: Variant, place: string): Promise<string[]> {
  const reader = await engine.open(place, 'reader');
  const named = await reader.query<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1',
  );
  const rows: string[] = [];
  for (const { name } of named) {
    const found = await reader.query<{ text: string }>(
      `SELECT row_to_json(t)::text AS text FROM ${name} AS t ORDER BY 1`,
    );
    rows.push(...found.map(({ text }) => `${name} ${text}`));
  }
  await reader.close();
  return rows;
}

for (const engine of variants) {
  /** A ledger with one of each that is to be swept, and one of each that is not. */
  const left = async (t: Scope) => {
    const test = await temporaryLedger(t, { engine });
    const app = buildServer(test.ledger, { ...silent, work: new Work(test.ledger, { outside: { 'x.any': {} } }) });
    t.teardown(() => app.close());
    const post = async (url: string, payload: object) =>
      (await app.inject({ method: 'POST', url: `/v1/${url}`, payload })).json();
    await test.record(usage('Ada'));
    await test.ledger.submitOne(pool, inside('turn.granted', { name: 'Ada', ttl_s: 60 } as never));
    await test.ledger.submitOne(pool, inside('turn.granted', { name: 'Bob', ttl_s: 86_400 } as never));
    for (const _ of [1, 2]) {
      await post('jobs', { kind: 'x.any' });
      await post('jobs/claim', {});
    }
    await engine.meddle(
      test.place,
      'UPDATE jobs SET lease_until = 1 WHERE id = (SELECT max(id) FROM jobs); UPDATE jobs SET lease_until = 9000000000000 WHERE lease_until > 1',
    );
    await post('jobs', { kind: 'x.any' });
    await engine.meddle(test.place, `UPDATE jobs SET state = 'succeeded', finished_at = 1 WHERE state = 'pending'`);
    const isFile = engine.name === 'sqlite';
    const scratch = join(test.place, 'scratch');
    if (isFile) {
      mkdirSync(scratch, { recursive: true });
      for (const [name, pid] of [
        ['old', deadPid()],
        ['new', deadPid()],
        ['mine', process.pid],
      ] as const) {
        const file = join(scratch, `as-of-${name}-${pid}.db`);
        writeFileSync(file, 'rows');
        const at = (test.clock.now() + (name === 'new' ? minutes(9) : -minutes(5))) / 1_000;
        utimesSync(file, at, at);
      }
    }
    test.clock.advance(minutes(10));
    const wanted = { turns: 1, claims: 1, names: 0, jobs: 1, scratch: isFile ? 1 : 0 };
    return { test, post, wanted, scratch, isFile };
  };

  t.test(`${engine.name}: what is left of those that are gone goes, what is of the living stays`, async (t) => {
    const { test, post, wanted, scratch, isFile } = await left(t);
    t.match(await post('cleanup', {}), { removed: wanted, failed: {} });
    t.strictSame(
      [...test.ledger.state(pool).turns.values()].map(({ name }) => name),
      ['Bob'],
    );
    const rows = await test.ledger.query<{ state: string }>('SELECT state FROM jobs ORDER BY id');
    t.strictSame(
      rows.map(({ state }) => state),
      ['running', 'pending'],
    );
    if (isFile) t.match(readdirSync(scratch).sort(), [/^as-of-mine-/, /^as-of-new-/], 'not what was written to lately');
    const said = async () => (await test.events()).filter(({ type }) => type === 'cleanup.completed');
    const removed = Object.fromEntries(Object.entries(wanted).filter(([, count]) => count > 0));
    t.match(await said(), [{ payload: { removed, older_than_s: 600 } }]);
    t.match(await post('cleanup', {}), { removed: { turns: 0, jobs: 0 } });
    t.equal((await said()).length, 1, 'nothing was swept: nothing is said');
    t.match(await post('cleanup', { only: ['boats'] }), { status: 422, code: 'invalid_field' });
  });

  t.test(`${engine.name}: what one sort fails at keeps no other from being swept`, async (t) => {
    const { test, post, wanted } = await left(t);
    test.ledger.forgetLapsed = async () => {
      throw new Error('the names cannot be read');
    };
    const result = await post('cleanup', { only: ['names', 'turns'] });
    t.strictSame(result, { removed: { turns: wanted.turns }, failed: { names: 'the names cannot be read' } });
    const [said] = (await test.events()).filter(({ type }) => type === 'cleanup.completed');
    t.match(said, { payload: { failed: { names: 'the names cannot be read' }, removed: { turns: 1 } } });
  });

  t.test(`${engine.name}: a dry run counts the same, and changes not one byte`, async (t) => {
    const { test, wanted, isFile } = await left(t);
    // The clock of a run of the program is the world's: by it, one thing more has run out.
    const counted = { ...wanted, turns: 2, scratch: isFile ? 2 : 0 };
    await test.close();
    const flags = databaseFlags(test.place);
    const before = isFile ? filesOf(test.place) : await rowsOf(engine, test.place);
    const ran = await run(['cleanup', '--dry-run', '--json', ...flags]);
    t.equal(ran.code, 0, ran.stderr);
    t.match(JSON.parse(ran.stdout), { dry_run: true, removed: counted, failed: {} });
    t.match(await run(['cleanup', '--dry-run', ...flags]), { code: 0, stdout: /would sweep 1 claims\n/ });
    t.strictSame(isFile ? filesOf(test.place) : await rowsOf(engine, test.place), before);
  });

  t.test(
    `${engine.name}: a daemon does it each five minutes, and a sweep that finds nothing says nothing`,
    async (t) => {
      const { test } = await left(t);
      const work = new BackgroundWork(test.ledger, {
        more: [cleanup(600_000)],
        schedules: { 'daily-aggregate': { enabled: false } },
      });
      t.teardown(() => work.stop());
      work.start({ debug() {}, info() {}, warn() {}, error() {} } as never);
      const counted = async (where: string) =>
        (await test.ledger.query(`SELECT 1 AS one FROM jobs WHERE kind = 'cleanup' AND ${where}`)).length;
      // Time passes only while nothing is done: a claim lasts for a minute of it.
      while ((await counted(`state = 'succeeded'`)) < 2) {
        if ((await counted(`state IN ('pending', 'running')`)) === 0) test.clock.advance(5_000);
        await nextTurn();
      }
      const said = (await test.events()).filter(({ type }) => type === 'cleanup.completed');
      const rows = await test.ledger.query<{ result: string }>(
        `SELECT result FROM jobs WHERE kind = 'cleanup' AND state = 'succeeded' ORDER BY id`,
      );
      const swept = rows.map(({ result }) => Object.values(JSON.parse(result).removed as Record<string, number>));
      t.equal(said.length, swept.filter((counts) => counts.some((count) => count > 0)).length);
    },
  );
}

t.test('by hand, where nobody serves the ledger', async (t) => {
  const on = onData(join(temporaryFolder(t), 'data'));
  await on('usage', 'record', 'Ada', '--cost', '0.1');
  t.match(await on('cleanup'), { code: 0, stdout: 'There is nothing to sweep.\n' });
  const { stdout } = await on('cleanup', '--only', 'turns', '--older-than', '1h', '--json');
  t.strictSame(JSON.parse(stdout), { dry_run: false, removed: { turns: 0 }, failed: {} });
});

t.test('how it ends: wrong words with 64, a store that is away with 2', async (t) => {
  t.match(await run(['cleanup', '--only', 'boats', '--data', '/nowhere']), {
    code: 64,
    stderr: /"boats" is none of turns/,
  });
  t.match(await run(['cleanup', '--older-than', 'long']), { code: 64, stderr: /no duration/ });
  const away = 'postgres://nobody@127.0.0.1:9/none';
  for (const dry of [[], ['--dry-run']])
    t.match(await run(['cleanup', ...dry, '--database', away]), { code: 2, stderr: /resource-share: ./ });
});

t.test('what a holder that lives may still write to cannot be set to be swept', async (t) => {
  const refused = await run(['serve', '--data', '/nowhere'], { env: { RESOURCE_SHARE_CLEANUP_OLDER_THAN_S: '599' } });
  t.match(refused, { code: 64, stderr: /cleanup\.older_than_s must be at least twice the longest lease .*: 600/ });
  const kinds = JSON.stringify({ 'x.long': { lease_ms: 3_600_000 } });
  const env = { RESOURCE_SHARE_CLEANUP_OLDER_THAN_S: '3600', RESOURCE_SHARE_JOBS_KINDS: kinds };
  t.match(await run(['serve', '--data', '/nowhere'], { env }), { code: 64, stderr: /: 7200/ });
});
