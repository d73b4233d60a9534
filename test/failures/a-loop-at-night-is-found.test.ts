// An agent ran in a loop all night, and somebody saw it in the morning, when the week's quota was gone. Here a loop is found within a
// quarter of an hour, while everybody sleeps, and the alert says what is unusual, what is usual, and in which session.
import t from 'tap';
import { parseQuietHours } from '../../src/watch/quiet-hours.js';
import { ManualClock } from '../support/clock.js';
import { usage } from '../support/command.js';
import { pool } from '../support/ledger.js';
import { liveThrough } from '../support/ordinary-life.js';
import { watchedLedger } from '../support/watched.js';

const monday = Date.parse('2026-01-05T00:00:00Z');

t.test('a loop that runs overnight is found within 15 minutes, and told once', async (t) => {
  const quietHours = parseQuietHours('22:00-07:00');
  const test = await watchedLedger(t, { clock: new ManualClock(monday), watch: { quietHours } });
  await liveThrough(test, 25, 7);
  test.clock.advance(3_600_000);
  t.strictSame((await test.look()).raised, []);
  const respond = async (minute: number) => {
    const about = { cost_micro_usd: 40_000, session: 'the-loop' };
    const commands = Array.from({ length: minute <= 480 ? 6 : 0 }, () => usage('Ada', about));
    if (commands.length > 0) await test.ledger.submit(pool, { commands, advise: true });
  };
  const raised = (await test.lookFor(480, { between: respond })).filter(([, alert]) => alert.startsWith('unusual-use'));
  t.equal(raised.length, 1, 'once in a night');
  t.ok((raised[0]?.[0] ?? 99) <= 15, `after ${raised[0]?.[0]} minutes`);
  const text = test.open()['unusual-use: Ada'] ?? '';
  t.match(
    text,
    /^Ada made \d+ responses in 10 minutes; usual are [\d.]+, and up to \d+ when it is busy\. Session: the-loop\.$/,
  );
  test.clock.advance(86_400_000);
  t.ok((await test.look()).cleared.includes('unusual-use: Ada'), 'and is over when it is');
});
