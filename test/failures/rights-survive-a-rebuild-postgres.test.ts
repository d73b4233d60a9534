// Goal: a role that may read the tables may read them after a rebuild, which puts new tables in the place of the old ones.
import { randomBytes } from 'node:crypto';
import { test } from 'tap';
import { usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { temporaryLedger } from '../support/ledger.js';
import { queryOnce } from '../support/postgres-server.js';

test('as the guide makes it, and as somebody gave it', async (t) => {
  const place = await variant.place(t, { calm: true });
  const role = `reader_${randomBytes(6).toString('hex')}`;
  await queryOnce(
    place,
    `CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA public TO ${role};
     ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${role}`,
  );
  t.teardown(() => queryOnce(place, `DROP OWNED BY ${role}; DROP ROLE ${role}`));
  const test = await temporaryLedger(t, { place, engine: variant });
  await test.record(usage('Ada', { cost_micro_usd: 1 }));
  await queryOnce(
    place,
    `GRANT SELECT, DELETE ON quota_info TO ${role} WITH GRANT OPTION; GRANT SELECT ON daily_resource_share TO PUBLIC;
     UPDATE resource_share_increments SET cost_micro_usd = 2`,
  );
  t.equal((await test.replay()).swapped, true);

  const url = new URL(place);
  url.username = role;
  const reader = await variant.open(url.href, 'reader');
  t.teardown(() => reader.close());
  for (const table of ['resource_share_increments', 'daily_resource_share', 'recent_increments', 'usage_by_hour']) {
    t.ok(await reader.query(`SELECT * FROM ${table}`), table);
  }
  t.match(
    await queryOnce(place, `SELECT has_table_privilege('${role}', 'quota_info', 'DELETE WITH GRANT OPTION') AS may`),
    [{ may: true }],
  );
  t.match(await queryOnce(place, `SELECT has_table_privilege('public', 'daily_resource_share', 'SELECT') AS may`), [
    { may: true },
  ]);
  t.match(await queryOnce(place, `SELECT has_table_privilege('${role}', 'daily_resource_share', 'DELETE') AS may`), [
    { may: false },
  ]);
});
