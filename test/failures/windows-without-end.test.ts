// 17,600 keys of windows took 1.27 GB, and pools could be added without end. Here a pool holds 64 windows, of which those that
// nobody reads for 90 days make room, and a ledger holds 1,000 pools.
import t from 'tap';
import type { PoolId } from '../../src/events/scalars.js';
import { limits } from '../../src/limits.js';
import { command } from '../support/command.js';
import { pool, temporaryLedger } from '../support/ledger.js';

const keysAt = (from: number, count: number) => Array.from({ length: count }, (_, i) => `w${from + i}`);
const readingOf = (...keys: string[]) =>
  command('quota.read', { windows: keys.map((key) => ({ key, percent_bp: 100 })) });

t.test('a pool holds so many windows', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(readingOf(...keysAt(0, 32)), readingOf(...keysAt(32, 30)));
  test.clock.advance(1_000);
  const [outcome] = await test.ledger.submit(pool, { commands: [readingOf('w0', ...keysAt(62, 4))] });
  t.match(outcome, {
    status: 'recorded',
    windows: [{ key: 'w0' }, { key: 'w62' }, { key: 'w63' }],
    notes: [/^w64: not recorded/, /^w65: not recorded/],
  });
  t.equal(test.ledger.state(pool).windows.size, limits.windowsActiveMax);
  const refused = await test.ledger.submitOne(pool, readingOf('w70'));
  t.match(refused, { status: 'rejected', code: 'window_limit' });
  const full = await test.ledger.submitOne(pool, command('quota.exhausted', { window: 'w71', evidence: '429' }));
  t.match(full, { status: 'rejected', code: 'window_limit' });
  t.match(await test.ledger.submitOne(pool, command('quota.exhausted', { window: 'w1', evidence: '429' })), {
    status: 'recorded',
  });

  test.clock.advance(limits.lapseMs - 1);
  await test.record(readingOf('w5'));
  test.clock.advance(1);
  await test.ledger.forgetLapsed();
  const { windows, fair } = test.ledger.state(pool);
  t.strictSame([...windows.keys()], ['w5'], 'those that nobody read have left');
  t.notOk(fair.windows.has('w6'));
  t.match(await test.ledger.submitOne(pool, readingOf('w70')), { status: 'recorded' });
  t.ok((await test.replay({ check: true })).identical);
});

t.test('a ledger holds so many pools', async (t) => {
  const test = await temporaryLedger(t);
  for (let n = 1; n < limits.poolsMax; n++) await test.ledger.addEmptyPool(`p${n}` as PoolId);
  await t.rejects(test.ledger.addPool('one-more' as PoolId), { code: 'pool_limit' });
  await t.rejects(test.ledger.addEmptyPool('one-more' as PoolId), { code: 'pool_limit' });
});
