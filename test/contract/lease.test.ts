// Goal: one holder at a time does the work of a lease; whoever lost it is told, and stops.
import t from 'tap';
import type { Engine } from '../../src/engines/engine.js';
import { type HeldLease, holdLease } from '../../src/engines/lease.js';
import { openEngine } from '../../src/engines/open.js';
import { nextTurn, systemClock } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { type Variant, variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';

const taken = { name: 'StorageError', reason: 'taken' };

/** A server's leases run out by its own clock: there, time really passes. */
async function world(t: Scope, variant: Variant) {
  const place = await variant.place(t, { calm: true });
  const clock = new ManualClock(noon);
  const engine = await openEngine(place, 'writer', { inline: true, clock });
  t.teardown(() => engine.close());
  const runOut = (ms: number) => (engine.shared ? systemClock.sleep(ms) : clock.advance(ms));
  return { place, engine, clock, runOut };
}

/** A holder whose work ends when the test says so. */
function holding(engine: Engine, clock: ManualClock, ttlMs: number, more: { readonly signal?: AbortSignal } = {}) {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begin: (lease: HeldLease) => void = () => undefined;
  const begun = new Promise<HeldLease>((resolve) => {
    begin = resolve;
  });
  const done = holdLease(engine, clock, { name: 'job', ttlMs, ...more }, async (lease) => {
    begin(lease);
    await ended;
    lease.signal.throwIfAborted();
    return 'done';
  });
  done.catch(() => undefined);
  return { begun, end, done };
}

const aborted = ({ signal }: HeldLease) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });

const next = (engine: Engine, clock: ManualClock) =>
  holdLease(engine, clock, { name: 'job', ttlMs: 60_000 }, async ({ token }) => token);

for (const variant of variants) {
  t.test(variant.name, async (t) => {
    t.test('a second holder is refused at once, until the first one has ended', async (t) => {
      const { engine, clock } = await world(t, variant);
      const first = holding(engine, clock, 60_000);
      const { token } = await first.begun;
      await t.rejects(next(engine, clock), taken);
      first.end();
      t.equal(await first.done, 'done');
      t.ok((await next(engine, clock)) > token, 'the next holder has a greater token');
    });

    t.test(
      'a second holder that waits has the lease as soon as it is free, and gives up when its time is over',
      async (t) => {
        const { engine, clock } = await world(t, variant);
        const first = holding(engine, clock, 60_000);
        await first.begun;
        const asked = { name: 'job', ttlMs: 60_000, waitMs: 1_000 };
        const late = holdLease(engine, clock, asked, async () => 'late').then(
          () => 'taken',
          ({ reason }) => reason,
        );
        t.equal(await clock.advanceUntil(late, 10), 'taken');
        const waiting = holdLease(engine, clock, { ...asked, waitMs: 3_600_000 }, async () => 'second');
        first.end();
        await first.done;
        t.equal(await clock.advanceUntil(waiting, 10), 'second');
      },
    );

    t.test('a lease that is renewed outlasts its time', async (t) => {
      const { engine, clock } = await world(t, variant);
      const first = holding(engine, clock, 60_000);
      const { signal } = await first.begun;
      const runsOutAt = async () => (await engine.query<{ at: number }>('SELECT expires_at AS at FROM leases'))[0]?.at;
      for (let quarter = 0; quarter < 8; quarter++) {
        const before = await runsOutAt();
        clock.advance(15_000);
        while ((await runsOutAt()) === before) await nextTurn();
        await t.rejects(next(engine, clock), taken);
      }
      t.notOk(signal.aborted);
      first.end();
      t.equal(await first.done, 'done');
    });

    t.test('a lease of somebody who is gone runs out although the clock went back', async (t) => {
      const { place, engine, clock } = await world(t, variant);
      const asleep = new ManualClock(noon);
      const first = holding(engine, asleep, 60_000);
      const { token } = await first.begun;
      if (engine.shared) await variant.meddle(place, 'UPDATE leases SET expires_at = expires_at + 3600000');
      else clock.set(noon - 3_600_000);
      t.ok((await next(engine, clock)) > token);
      first.end();
      await first.done;
    });

    t.test('a holder that slept past its time is told that another one has the lease', async (t) => {
      const { engine, clock, runOut } = await world(t, variant);
      const asleep = new ManualClock(noon);
      const first = holding(engine, asleep, 100);
      const lease = await first.begun;
      await runOut(101);
      const second = holding(engine, clock, 60_000);
      t.ok((await second.begun).token > lease.token);
      asleep.advance(99);
      await aborted(lease);
      first.end();
      await t.rejects(first.done, { ...taken, message: /another process has taken it/ });
      await t.rejects(next(engine, clock), taken, 'the second one still holds the lease');
      second.end();
      t.equal(await second.done, 'done');
    });

    t.test('a lease that cannot be renewed in time is lost, though nobody takes it', async (t) => {
      const { engine, clock } = await world(t, variant);
      const first = holding(engine, clock, 60_000);
      const lease = await first.begun;
      await engine.close();
      for (let quarter = 1; quarter < 4; quarter++) clock.advance(15_000);
      t.notOk(lease.signal.aborted, 'as long as there is time, it is tried again');
      clock.advance(15_000);
      await aborted(lease);
      first.end();
      await t.rejects(first.done, { ...taken, message: /could not be renewed in time/ });
    });

    t.test('an error of the work comes before one of the release', async (t) => {
      const { engine, clock } = await world(t, variant);
      const failing = holdLease(engine, clock, { name: 'job', ttlMs: 60_000 }, async () => {
        await engine.close();
        throw new Error('the work failed');
      });
      await t.rejects(failing, { message: 'the work failed' });
    });

    t.test('the signal of the request ends the work, and the lease is released', async (t) => {
      const { engine, clock } = await world(t, variant);
      const stopped = new AbortController();
      const first = holding(engine, clock, 60_000, { signal: stopped.signal });
      await first.begun;
      stopped.abort(new Error('enough'));
      first.end();
      await t.rejects(first.done, { message: 'enough' });
      t.type(await next(engine, clock), 'number');
      t.equal(clock.waiting, 0, 'nobody waits for the clock any more');
    });
  });
}
