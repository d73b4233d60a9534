// Goal: events that were to be imported and could not be are in no state: not in the one that is answered and decided from, nor
// in the one that is kept for the next start.
import t, { type Test } from 'tap';
import type { StoredEvent } from '../../src/events/envelope.js';
import { serialiseState } from '../../src/events/state.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { register, usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { lookAt } from '../support/look.js';

/** An export of a pool's first event and of uses by people whom nobody else knows. */
async function exported(t: Test): Promise<readonly StoredEvent[]> {
  const origin = await temporaryLedger(t);
  await origin.record(usage('Ada'), usage('Grace'), usage('Ada'), usage('Hedy'));
  return origin.stored();
}

/** A ledger with the first of the events, as an import has left it between two batches. */
async function halfImported(t: Test, engine: Variant, events: readonly StoredEvent[]): Promise<TestLedger> {
  const place = await engine.place(t);
  const settings = { database: place, timeZone: 'UTC', unknownAgents: 'auto' } as const;
  const first = await Ledger.open(await engine.open(place), settings);
  await first.addEmptyPool(pool);
  await first.adopt(pool, events);
  await first.close();
  return temporaryLedger(t, { engine, place });
}

const namesIn = ({ ledger }: TestLedger): string[] =>
  [...ledger.state(pool).identities.values()].map((one) => one.name);

async function faultsIn(engine: Variant, place: string): Promise<readonly string[]> {
  const reader = await engine.open(place, 'reader');
  try {
    return (await lookAt(reader)).faults;
  } finally {
    await reader.close();
  }
}

for (const engine of variants) {
  t.test(`events that the storage refuses are in no state, on ${engine.name}`, async (t) => {
    const events = await exported(t);
    const test = await halfImported(t, engine, events.slice(0, 3));
    const state = serialiseState(test.ledger.state(pool));

    await engine.meddle(test.place, 'ALTER TABLE resource_share_increments RENAME TO increments_away');
    await t.rejects(test.ledger.adopt(pool, events.slice(3)));
    await engine.meddle(test.place, 'ALTER TABLE increments_away RENAME TO resource_share_increments');
    t.equal(serialiseState(test.ledger.state(pool)), state, 'answers are those of the log');
    await test.close();
    t.strictSame(await faultsIn(engine, test.place), []);

    const again = await temporaryLedger(t, { engine, place: test.place });
    await again.ledger.adopt(pool, events.slice(3));
    t.strictSame(await again.stored(), events, 'the import goes on where it was');
    t.strictSame(namesIn(again), ['Ada', 'Grace', 'Hedy']);
  });

  if (engine.name === 'sqlite') continue;

  t.test('an import that another node overtakes keeps no state of what it could not append', async (t) => {
    const events = await exported(t);
    const importing = await halfImported(t, engine, events.slice(0, 3));
    const other = await temporaryLedger(t, { engine, place: importing.place });
    await other.record(register('Mary'));

    await t.rejects(importing.ledger.adopt(pool, events.slice(3)), { code: 'log_grown', message: /up to event 4/ });
    t.strictSame(namesIn(importing), ['Ada', 'Mary'], 'it has what the other node appended, and nothing else');
    await importing.close();
    await other.close();
    t.strictSame(await faultsIn(engine, importing.place), []);

    const again = await temporaryLedger(t, { engine, place: importing.place });
    await again.record(usage('Mary'));
    t.strictSame(
      (await again.events()).map(({ type }) => type).filter((type) => type === 'alert.raised'),
      [],
      'nobody is told of lost events',
    );
  });

  for (const isFollowed of [false, true]) {
    const what = isFollowed ? 'another event has its place' : 'nothing has its place';
    t.test(`a state with an event that a server lost is not worked on: ${what}`, async (t) => {
      const events = await exported(t);
      const test = await halfImported(t, engine, events);
      await test.ledger.configurePool(pool, 'Europe/Rome');
      // As after a fail-over to a server that had not got the last event.
      await engine.meddle(test.place, `DELETE FROM events WHERE seq > ${events.length}`);
      await engine.meddle(
        test.place,
        `UPDATE pools SET (head_seq, head_id, head_hash, head_recorded_at) =
          (SELECT seq, id, hash, recorded_at FROM events WHERE seq = ${events.length})`,
      );
      const other = await temporaryLedger(t, { engine, place: test.place });
      other.clock.advance(1_000);
      if (isFollowed) await other.record(register('Joan'));
      await test.close();
      await other.close();

      const again = await temporaryLedger(t, { engine, place: test.place });
      await again.record(usage('Ada'));
      t.strictSame(namesIn(again), ['Ada', 'Grace', 'Hedy', ...(isFollowed ? ['Joan'] : [])]);
      t.equal(again.ledger.state(pool).timeZone, 'UTC');
      t.strictSame(
        (await again.events()).filter(({ type }) => type === 'alert.raised'),
        [],
      );
    });
  }
}
