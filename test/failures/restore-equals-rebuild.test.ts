// Goal: what a backup gives back is the ledger that its log makes: the same events, the same tables, the same export, whether it was
// put together from a snapshot and the events after it, or from events alone, while somebody wrote all the time.
import { createHash } from 'node:crypto';
import t from 'tap';
import type { Ledger } from '../../src/ledger/ledger.js';
import { runReplay } from '../../src/replay/replay-thread.js';
import { systemClock } from '../../src/runtime/clock.js';
import { Backups, growMixed, openLedgerAt } from '../support/backups.js';
import { usage } from '../support/command.js';
import { dumpTables } from '../support/dump.js';
import { variant } from '../support/engines.js';
import { pool, temporaryLedger } from '../support/ledger.js';
import { lookAt } from '../support/look.js';
import { MixedHistory } from '../support/mixed.js';

const everything = { limit: 1_000_000 };

async function digestOf(ledger: Ledger, upTo: number): Promise<string> {
  const events = await ledger.readStored(pool, { ...everything, upTo });
  return createHash('sha256').update(JSON.stringify(events)).digest('hex');
}

async function isAsTheLogSays(place: string): Promise<boolean> {
  const steps = runReplay({ kind: 'replay', database: place, options: { check: true } }, systemClock);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value?.identical === true;
  }
}

t.test(`restored on ${variant.name}`, { timeout: 400_000 }, async (t) => {
  const test = await temporaryLedger(t, { place: await variant.place(t, { calm: true }) });
  const history = new MixedHistory(23, test.clock.now());
  const backups = new Backups(t);
  const isFile = variant.name === 'sqlite';
  await growMixed(test, history, 400);
  if (isFile) await backups.create(test.place, { kind: 'snapshot', packing: 'brotli' });
  await growMixed(test, history, 600);
  for await (const _ of test.ledger.archive(pool, test.clock.now() as never)) void _;
  await growMixed(test, history, 700);

  // While it is made, somebody writes.
  let over = false;
  const writing = (async () => {
    for (; !over; test.clock.advance(1)) await test.record(usage('Ada', { cost_micro_usd: 3 }));
  })();
  const { manifest } = await backups.create(test.place);
  over = true;
  await writing;
  const { seq = 0, head } = manifest.pools[0] ?? {};
  t.ok((await test.ledger.head(pool)).seq >= seq);

  const to = await variant.place(t, { calm: true });
  const { snapshot } = await backups.restore(to);
  t.equal(snapshot !== null, isFile, 'it began with the snapshot, where there is one');
  const restored = await openLedgerAt(to);
  t.teardown(() => restored.close());
  t.match(await restored.head(pool), { seq, hash: head });
  t.equal(await digestOf(restored, seq), await digestOf(test.ledger, seq), 'the events are the same');
  t.ok(await isAsTheLogSays(to), 'and the tables are what they give');

  const reader = await variant.open(to, 'reader');
  t.strictSame((await lookAt(reader)).faults, [], 'verify finds nothing');
  await reader.close();

  // The log alone gives the same tables.
  const alone = await variant.place(t, { calm: true });
  const first = new Backups(t);
  await first.create(to);
  await first.restore(alone);
  const again = await openLedgerAt(alone);
  t.teardown(() => again.close());
  t.strictSame(await dumpTables(again), await dumpTables(restored));
});
