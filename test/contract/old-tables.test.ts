// Goal: a database with the tables of an earlier release opens, reads and records at once, and has the rows of this one after its rebuild.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rebuildTables } from '../../src/jobs/rebuild-tables.js';
import { packageRoot } from '../../src/package-root.js';
import { verifyBesideLog } from '../../src/verify/beside-log.js';
import type { Finding } from '../../src/verify/finding.js';
import { ManualClock } from '../support/clock.js';
import { command, reading, usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import { temporaryLedger } from '../support/ledger.js';

/** Projections whose tables changed since. */
const changed = ['resource_share_increments', 'daily_resource_share', 'quota_info', 'claude_identities'];
const withTimes = ['resource_share_increments', 'quota_info', 'quota_windows', 'claude_identity_history'];

/** Gives a database the tables that release 0.1.0 made, with the rows it would have had in them. */
async function asItWas({ name, meddle }: Variant, place: string): Promise<void> {
  const text = readFileSync(join(packageRoot, 'test/support/old-tables', `${name}.sql`), 'utf8').replace(/--.*$/gm, '');
  const statements = text.split(';').map((statement) => statement.trim());
  for (const create of statements) {
    const table = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(create)?.[1];
    if (table === undefined) continue;
    const columns = [...create.matchAll(/^ {2}([a-z]\w*) /gm)].map(([, column]) => column).join(', ');
    const indexes = statements.filter((statement) => new RegExp(`^CREATE INDEX.* ON ${table} `).test(statement));
    await meddle(
      place,
      `${table === changed[0] ? 'DROP VIEW IF EXISTS recent_increments; DROP VIEW IF EXISTS usage_by_hour;' : ''}
      CREATE TABLE kept AS SELECT * FROM ${table}; DROP TABLE ${table}; ${[create, ...indexes].join(';')};
      INSERT INTO ${table} (${columns}) SELECT ${columns} FROM kept; DROP TABLE kept;`,
    );
  }
  await meddle(
    place,
    `DROP TABLE tiles; DROP TABLE jobs; DROP TABLE schedule_fires; DROP TABLE paused_jobs;
      ${name === 'sqlite' ? 'PRAGMA user_version = 4' : 'UPDATE schema_version SET version = 4'};
    UPDATE projections SET version = 1 WHERE name IN (${changed.map((projection) => `'${projection}'`).join(', ')});`,
  );
}

/** What `verify` finds of the tables. */
async function tablesFinding(variant: Variant, place: string): Promise<Finding | undefined> {
  const engine = await variant.open(place, 'reader');
  const steps = verifyBesideLog(engine, await engine.pools());
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  await engine.close();
  return step.value.find(({ part }) => part === 'tables');
}

for (const variant of variants) {
  t.test(`on ${variant.name}`, async (t) => {
    const place = await variant.place(t, { calm: true });
    const clock = new ManualClock(noon);
    const first = await temporaryLedger(t, { engine: variant, place, clock });
    const [old, , read] = await first.record(
      usage('Ada', { cost_micro_usd: 5_000_000, tokens: { input: 10 } }, { occurred_at: noon - 1_234 }),
      usage('Grace', { cost_micro_usd: 1 }),
      reading('week_all', 1_000),
    );
    await first.close();
    await asItWas(variant, place);
    await variant.meddle(place, 'CREATE VIEW own AS SELECT claude_name, total_tokens FROM resource_share_increments');

    await t.rejects(
      variant.open(place, 'reader'),
      /has schema 4, this release needs \d+: run `resource-share migrate`/,
    );

    clock.advance(3_600_000);
    const test = await temporaryLedger(t, { engine: variant, place, clock });
    const { ledger } = test;
    t.strictSame(await ledger.outdatedProjections(), changed);
    const times = 'SELECT claude_name, timestamp, occurred_at, recorded_at FROM resource_share_increments ORDER BY seq';
    const atFirst = { occurred_at: null, recorded_at: null };
    t.match(await ledger.query(times), [atFirst, atFirst], 'old rows are there');
    await test.record(
      command('usage.corrected', { corrects: old?.id, reason: 'typo', difference: { cost_micro_usd: -1_000_000 } }),
      command('quota.rejected', { corrects: read?.id, reason: 'misread' }),
      usage('Ada', { cost_micro_usd: 7 }),
      reading('week_all', 1_100),
      command('identity.merged', { from: 'Grace', into: 'Ada' }),
    );
    const rows = [
      { claude_name: 'Ada', occurred_at: noon - 1_234, recorded_at: noon },
      { claude_name: 'Ada', occurred_at: noon, recorded_at: noon },
      { claude_name: 'Ada', occurred_at: noon - 1_234, recorded_at: noon + 3_600_000 },
      { claude_name: 'Ada', occurred_at: noon + 3_600_000, recorded_at: noon + 3_600_000 },
    ];
    t.match(await ledger.query(times), [atFirst, atFirst, rows[2], rows[3]], 'new ones beside them');
    const hours = 'SELECT hour_at, total_cost_micro_usd, reports, corrections FROM usage_by_hour ORDER BY hour';
    const expected = [
      { hour_at: noon - 3_600_000, total_cost_micro_usd: 4_000_000, reports: 1, corrections: 1 },
      { hour_at: noon, total_cost_micro_usd: 1, reports: 1, corrections: 0 },
      { hour_at: noon + 3_600_000, total_cost_micro_usd: 7, reports: 1, corrections: 0 },
    ];
    t.strictSame(await ledger.query(hours), expected, 'the view is right before the rebuild');
    t.match(await test.replay({ check: true }), { identical: false, swapped: false });
    t.match(await tablesFinding(variant, place), {
      ok: false,
      faults: [`another release built ${changed.join(', ')}: `],
    });

    const log = { debug() {}, info() {}, warn() {}, error: (what: unknown) => void t.fail(String(what)) };
    await rebuildTables.run({ ledger, log }, new AbortController().signal);
    t.strictSame(await ledger.outdatedProjections(), []);
    t.match(await ledger.query(times), rows);
    for (const table of withTimes) {
      const sql = `SELECT occurred_at, recorded_at, timestamp FROM ${table}`;
      const found = await ledger.query<Record<string, string | number>>(sql);
      t.ok(found.length > 0, table);
      for (const { occurred_at, recorded_at, timestamp } of found) {
        const told = table === 'claude_identity_history' ? recorded_at : occurred_at;
        t.equal(new Date(told as number).toISOString(), timestamp, 'the integer is the text');
      }
    }
    t.strictSame(await ledger.query(hours), expected, 'the view reads the rebuilt table');
    t.equal((await ledger.query('SELECT * FROM own')).length, 4, "and so does somebody's own");
    await test.record(usage('Ada', { cost_micro_usd: 9 }));
    t.equal((await ledger.query('SELECT * FROM own')).length, 5);
    t.match(await test.replay({ check: true }), { identical: true });
    t.match(await tablesFinding(variant, place), { ok: true, faults: [] });
    await test.close();

    const again = await temporaryLedger(t, { engine: variant, place, clock });
    t.strictSame(await again.ledger.outdatedProjections(), []);
    t.match(await again.replay({ check: true }), { identical: true });
  });
}
