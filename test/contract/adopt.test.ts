// Events that were sealed elsewhere: an import takes them as they are, and what was reported then is not counted again.
import t from 'tap';
import { Ledger } from '../../src/ledger/ledger.js';
import { usage } from '../support/command.js';
import { dumpTables } from '../support/dump.js';
import { variant } from '../support/engines.js';
import { pool, temporaryLedger } from '../support/ledger.js';

t.test('a report that is sent again after an import is answered, not counted', async (t) => {
  const origin = await temporaryLedger(t);
  const keyed = usage('Ada', { cost_micro_usd: 500 }, { key: 'run 1' });
  const first = await origin.ledger.submitOne(pool, keyed);
  await origin.record(usage('Ada', { cost_micro_usd: 70 }), usage('Grace', { cost_micro_usd: 9 }, { key: 'run 2' }));
  const events = await origin.ledger.readStored(pool, { limit: 100 });

  const place = await variant.place(t);
  const engine = await variant.open(place);
  const copy = await Ledger.open(engine, { database: place, timeZone: 'UTC', unknownAgents: 'auto' });
  t.teardown(() => copy.close());
  await copy.addEmptyPool(pool);
  // The registration and the use of one request may come in different batches.
  await copy.adopt(pool, events.slice(0, 2));
  await copy.adopt(pool, events.slice(2));
  t.strictSame(await dumpTables(copy.tables), await dumpTables(origin.ledger.tables), 'the same rows');

  const again = await copy.submitOne(pool, keyed);
  t.equal(again.status, 'repeated');
  t.ok(again.status === 'repeated' && again.receipt !== undefined);
  const other = await copy.submitOne(pool, usage('Grace', { cost_micro_usd: 9 }, { key: 'run 2' }));
  const stored = events.at(-1)?.payload ?? '{}';
  t.match(other, { status: 'repeated', advice: { interval_s: JSON.parse(stored).issued_interval_s } });
  t.equal((await copy.head(pool)).seq, events.length, 'nothing was appended');
  t.equal(first.status, 'recorded');
});

t.test('a payload that was cut is named by its seq when the log is folded', async (t) => {
  const { ledger, place } = await temporaryLedger(t);
  await ledger.submitOne(pool, usage('Ada', { cost_micro_usd: 500 }));
  await ledger.close();
  await variant.meddle(place, `UPDATE events SET payload = '{},{}' WHERE seq = 2; DELETE FROM snapshots`);
  const engine = await variant.open(place);
  t.teardown(() => engine.close());
  const opened = Ledger.open(engine, { database: place, timeZone: 'UTC', unknownAgents: 'auto' });
  await t.rejects(opened, { message: /whose payload is no JSON object/ });
});

t.test('a text that was changed to hold a line break is no other event', async (t) => {
  const { ledger, place } = await temporaryLedger(t);
  await ledger.submitOne(pool, usage('Ada', { cost_micro_usd: 500 }));
  await ledger.close();
  await variant.meddle(place, `UPDATE events SET source = 'one\ntwo' WHERE seq = 2`);
  const engine = await variant.open(place);
  t.teardown(() => engine.close());
  const { events, payloads } = await engine.scanEvents(pool, 0, 10, 10);
  const stored = await engine.readEvents(pool, { limit: 10 });
  t.strictSame(
    events.map(({ seq, source }) => [seq, source]),
    stored.map(({ seq, source }) => [seq, source]),
  );
  t.equal(events[1]?.source, 'one\ntwo');
  t.equal(JSON.parse(payloads).length, stored.length);
});
