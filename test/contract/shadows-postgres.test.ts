// Shadows of processes that were killed do not gather in the database for ever.
import t from 'tap';
import { projections } from '../../src/projections/projector.js';
import { variant } from '../support/engines.js';
import { queryOnce } from '../support/postgres-server.js';

t.test('a shadow that nobody has used for a day is removed at the next start; a younger one stays', async (t) => {
  const place = await variant.place(t, { calm: true });
  const engine = await variant.open(place);
  t.teardown(() => engine.close());
  await engine.openShadow('old', projections, false);
  const [{ schema: old } = { schema: '' }] = await shadows();
  await engine.openShadow('young', projections, false);
  await variant.meddle(place, `UPDATE ${old}.progress SET opened_at = opened_at - 90000000`);

  await (await variant.open(place)).close();
  const left = (await shadows()).map(({ schema }) => schema);
  t.equal(left.length, 1);
  t.notOk(left.includes(old));

  function shadows() {
    return queryOnce<{ schema: string }>(
      place,
      `SELECT schema_name AS schema FROM information_schema.schemata WHERE schema_name LIKE 'shadow\\_%'`,
    );
  }
});

t.test('no process keeps locks for ever that sleeps in a transaction, one that rebuilds neither', async (t) => {
  const place = await variant.place(t, { calm: true });
  for (const role of ['writer', 'replayer'] as const) {
    const engine = await variant.open(place, role);
    t.teardown(() => engine.close());
    const sql = `SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'`;
    t.strictSame(await engine.query(sql), [{ setting: '30000' }], role);
  }
});
