// Goal: the time that events are recorded at follows the wall clock where that agrees with the time that passes, and goes on without it where it does not.
import { test } from 'tap';
import { LogClock } from '../../src/ledger/log-clock.js';
import { ManualClock } from '../support/clock.js';

const noon = Date.parse('2026-01-05T12:00:00Z');
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

function started({ head = noon - minute, at = noon } = {}) {
  const clock = new ManualClock(at);
  const newest = { head };
  return {
    clock,
    newest,
    log: new LogClock(
      () => clock.now(),
      clock,
      () => newest.head,
    ),
  };
}

test('a clock that agrees with the time that passes is followed', async (t) => {
  const { clock, log } = started();
  for (const ms of [0, 5, hour, 40 * day]) {
    clock.advance(ms);
    t.equal(log.now(), clock.now());
  }
  clock.set(clock.now() + 1_500);
  t.equal(log.now(), clock.now(), 'also where a time server sets it right');
  t.strictSame([log.doubt, log.isUnconfirmed, log.takeJumps()], [null, false, []]);
});

test('a jump of a second changes nothing, however far it is', async (t) => {
  for (const by of [2_001, hour, 8 * hour, 3_650 * day, -hour, -8 * hour, -3_650 * day]) {
    const { clock, log } = started();
    t.equal(log.now(), noon);
    clock.set(noon + by);
    t.equal(log.now(), noon, `${by}`);
    clock.advance(second);
    t.equal(log.now(), noon + second, 'the time goes on');
    t.equal(log.isUnconfirmed, true);
    clock.set(clock.now() - by);
    t.equal(log.now(), noon + second);
    t.strictSame([log.doubt, log.isUnconfirmed, log.takeJumps()], [null, false, []]);
  }
});

test('a jump that stays is believed after a minute, where the log allows it', async (t) => {
  for (const by of [hour, 8 * hour, 29 * day]) {
    const { clock, log } = started();
    clock.set(noon + by);
    log.now();
    clock.advance(59 * second);
    t.equal(log.now(), noon + 59 * second);
    clock.advance(second);
    t.equal(log.now(), noon + by + minute);
    t.match(log.takeJumps(), [{ by, from: noon + minute }]);
    t.strictSame([log.doubt, log.isUnconfirmed, log.takeJumps()], [null, false, []]);
  }
  const { clock, log } = started({ head: noon - 3 * hour });
  clock.set(noon - hour);
  log.now();
  clock.advance(minute);
  t.equal(log.now(), noon - hour + minute, 'back, where nothing was recorded meanwhile');
});

test('a jump that does not stay where it went is looked at for a minute more', async (t) => {
  const { clock, log } = started();
  clock.set(noon + hour);
  log.now();
  clock.advance(50 * second);
  log.now();
  clock.set(clock.now() + hour);
  log.now();
  clock.advance(59 * second);
  t.equal(log.now(), noon + 109 * second);
  clock.advance(second);
  t.equal(log.now(), noon + 2 * hour + 110 * second);
});

test('a clock that went back behind the log, or far ahead of it, is in doubt until it is right again', async (t) => {
  for (const [by, kind] of [
    [-hour, 'behind'],
    [-8 * hour, 'behind'],
    [-3_650 * day, 'behind'],
    [3_650 * day, 'ahead'],
  ] as const) {
    const { clock, log } = started();
    clock.set(noon + by);
    log.now();
    clock.advance(minute);
    t.equal(log.now(), noon + minute, 'the time goes on');
    t.match(log.doubt, { kind, wall: noon + by + minute, head: noon - minute });
    clock.set(clock.now() - by);
    t.strictSame([log.doubt, log.now()], [null, noon + minute]);
  }
});

test('somebody can say that the clock is right', async (t) => {
  const { clock, log } = started();
  clock.set(noon - hour);
  log.now();
  clock.advance(minute);
  t.strictSame(log.accept(), { from: noon + minute, to: noon - hour + minute });
  t.strictSame([log.now(), log.doubt], [noon - hour + minute, null]);
});

test('at the start the newest event is what there is to compare with', async (t) => {
  t.equal(started({ head: 0 }).log.doubt, null, 'an empty log cannot tell');
  t.equal(started({ head: noon - 29 * day }).log.doubt, null);
  t.match(started({ head: noon - 31 * day }).log.doubt, { kind: 'ahead' });
  t.match(started({ head: noon + 6 * minute }).log.doubt, { kind: 'behind' });
  const { clock, log } = started({ head: noon + 4 * minute });
  t.equal(log.doubt, null);
  t.equal(log.now(), noon + 4 * minute, 'a log that is a little ahead goes on from where it is');
  clock.advance(10 * minute);
  t.equal(log.now(), noon + 13 * minute, 'a tenth slower than the world');
  clock.advance(40 * minute);
  t.equal(log.now(), clock.now(), 'until it has caught up');
});

test('a machine that slept is no clock that jumped', async (t) => {
  const { clock, log } = started();
  t.equal(log.now(), noon);
  clock.suspend(9 * hour);
  t.equal(log.now(), noon + 9 * hour);
  clock.suspend(60 * day);
  t.equal(log.now(), clock.now());
  t.strictSame([log.doubt, log.isUnconfirmed, log.takeJumps()], [null, false, []]);
  clock.suspend(hour);
  clock.set(clock.now() + 3 * hour);
  t.equal(log.now(), noon + 60 * day + 9 * hour, 'unless it jumped, too');
});
