/** Goal: where a daemon makes backups, people are told when one is late, and the alert ends with the next backup. */
import t from 'tap';
import { watchdogOf } from '../../src/daemon/watchdog.js';
import { Backups } from '../support/backups.js';
import { usage } from '../support/command.js';
import { minutes } from '../support/fold.js';
import { pool, temporaryLedger } from '../support/ledger.js';

const everyMs = minutes(60);

t.test('a backup that is late', async (t) => {
  const test = await temporaryLedger(t);
  const backups = new Backups(t);
  const watchdog = watchdogOf(test.ledger, { backup: { folder: backups.folder, everyMs } });
  const open = async (): Promise<string[]> => {
    await watchdog.look();
    const { alerts } = test.ledger.state(pool);
    return [...alerts.values()].map(({ text }) => text).filter((text) => text.includes('backup'));
  };
  await test.record(usage('Ada'));
  t.same(await open(), [], 'the first one is not due yet');
  test.clock.advance(1.5 * everyMs + 1);
  t.match(await open(), [/^There is no backup; one is due every 60 min/]);
  await backups.create(test.place, {}, test.clock);
  t.same(await open(), []);
  test.clock.advance(1.5 * everyMs + minutes(61));
  t.match(await open(), [/^The last backup was made .* ago/]);
});
