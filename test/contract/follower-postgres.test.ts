// Goal: what another node appends is known here after a short while, and nothing is looked for without need.
import { firstValueFrom } from 'rxjs';
import t from 'tap';
import { limits } from '../../src/limits.js';
import { usage } from '../support/command.js';
import { pool, temporaryLedger } from '../support/ledger.js';

t.test('a node looks for what others append: soon after news, and less and less often without', async (t) => {
  const writer = await temporaryLedger(t);
  const { ledger, clock } = await temporaryLedger(t, { place: writer.place });
  const followed = async (waitMs: number) => {
    const news = firstValueFrom(ledger.followers.headsOf(pool));
    const [receipt] = await writer.record(usage('Ada'));
    clock.advance(waitMs - 1);
    t.equal(clock.waiting, 1, `it does not look before ${waitMs} ms`);
    clock.advance(1);
    t.equal(await news, receipt?.seq, `what was appended is found after ${waitMs} ms`);
    await clock.whenWaiting(1);
  };
  await followed(limits.followMsMin);
  for (let waitMs: number = limits.followMsMin; waitMs < limits.followMsMax; waitMs *= 1.5) {
    clock.advance(waitMs);
    await clock.whenWaiting(1);
  }
  await followed(limits.followMsMax);
  await followed(limits.followMsMin);
});

t.test('a node that is closed no longer follows', async (t) => {
  const test = await temporaryLedger(t);
  t.equal(test.clock.waiting, 1);
  await test.close();
  t.equal(test.clock.waiting, 0);
});
