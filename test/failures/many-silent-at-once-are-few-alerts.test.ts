// One cause can concern everybody: a network that is away makes a thousand agents silent at once. Here that is twenty alerts and one
// that tells of the rest, reports are taken meanwhile, and when the cause is gone so are the alerts.
import t from 'tap';
import { usage } from '../support/command.js';
import { hours, minutes } from '../support/fold.js';
import { pool } from '../support/ledger.js';
import { watchedLedger } from '../support/watched.js';

t.test('a thousand agents that fall silent at once are twenty alerts, and one for the rest', async (t) => {
  const test = await watchedLedger(t, { newcomersPerHour: 1_000 });
  const commands = Array.from({ length: 900 }, (_, i) => usage(`agent-${i}`, { cost_micro_usd: 1 }));
  await test.ledger.submit(pool, { commands, advise: true });
  test.clock.advance(hours(30));
  const [{ raised }, taken] = await Promise.all([test.look(), test.ledger.submitOne(pool, usage('agent-0'))]);
  t.equal(raised.length, 21);
  t.equal(taken.status, 'recorded');
  t.match(test.open()['identity-overdue: many'], /^8\d\d more at once: .* and others\.$/);
  t.equal((await test.lookFor(5)).length, 0, 'once');
  await test.ledger.submit(pool, { commands, advise: true });
  test.clock.advance(minutes(1));
  t.equal((await test.look()).cleared.length, 21);
  t.strictSame(test.open(), {});
});
