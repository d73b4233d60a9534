/**
 * Goal: a server that comes back without its last commits (a standby that had not got them was promoted) is noticed:
 * the ledger goes on from the log as it is now, and says in it that acknowledged events are gone.
 */
import t from 'tap';
import type { EpochMs } from '../../src/events/scalars.js';
import { ManualClock } from '../support/clock.js';
import { usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import type { Scope } from '../support/folder.js';
import { logFault, pool, type TestLedger, temporaryLedger } from '../support/ledger.js';

/** What is left when everything after an event had not reached the standby. */
async function lose(place: string, { seq, id, hash }: { seq: number; id: string; hash: string }): Promise<void> {
  await variant.meddle(
    place,
    `DELETE FROM events WHERE seq > ${seq};
     DELETE FROM idempotency WHERE seq > ${seq};
     DELETE FROM resource_share_increments WHERE seq > ${seq};
     DELETE FROM snapshots WHERE seq > ${seq};
     UPDATE pools SET head_seq = ${seq}, head_id = '${id}', head_hash = decode('${hash}', 'hex')`,
  );
}

async function reported(
  t: Scope,
): Promise<{ test: TestLedger; place: string; receipts: Awaited<ReturnType<TestLedger['record']>> }> {
  const place = await variant.place(t, { calm: true });
  const test = await temporaryLedger(t, { place });
  const receipts = await test.record(usage('Ada'), usage('Ada'), usage('Ada'));
  return { test, place, receipts };
}

t.test('the log ends before what this process knew', async (t) => {
  const { test, place, receipts } = await reported(t);
  await lose(place, receipts[0] as (typeof receipts)[0]);
  const [receipt] = await test.record(usage('Grace'));
  t.equal(logFault(await test.stored()), null, 'the chain goes on from what is there');
  const events = await test.events();
  t.match(events[receipts[0]?.seq ?? 0], {
    type: 'alert.raised',
    payload: { rule: 'events-lost', text: /ends at event 3, but this process knew event 5/ },
  });
  t.equal(events.at(-1)?.id, receipt?.id);
  await test.record(usage('Grace'));
  t.equal((await test.events()).filter(({ type }) => type === 'alert.raised').length, 1, 'it is said once');
});

t.test('another process has gone on meanwhile', async (t) => {
  const { test, place, receipts } = await reported(t);
  await lose(place, receipts[0] as (typeof receipts)[0]);
  const other = await temporaryLedger(t, { place, clock: new ManualClock(test.clock.now() + 60_000) });
  await other.record(usage('Grace'), usage('Grace'), usage('Grace'), usage('Grace'));
  await test.record(usage('Linus'));
  t.equal(logFault(await test.stored()), null);
  // Whether it looked before the other went on, or after.
  const alerts = (await test.events()).filter(({ type }) => type === 'alert.raised');
  t.match(alerts, [{ payload: { text: /holds another event 5|ends at event 3/ } }]);
  t.equal(test.ledger.state(pool).seq, (await test.ledger.head(pool)).seq);
  const uses = (await test.events()).filter(({ type }) => type === 'usage.recorded');
  t.equal(uses.length, 6, 'the lost ones stay lost, and nothing of others');
});

t.test('what was lost is not in the cost of the day', async (t) => {
  const { test, place, receipts } = await reported(t);
  const cost = () => test.ledger.costSince(pool, (test.clock.now() - 1) as EpochMs);
  await test.record(usage('Ada', { cost_micro_usd: 1_000_000 }));
  const before = await cost();
  await lose(place, receipts[2] as (typeof receipts)[0]);
  await test.record(...Array.from({ length: 5 }, () => usage('Grace', { cost_micro_usd: 1 })));
  t.equal(await cost(), before - 1_000_000 + 5);
});
