// Goal: who follows the logs costs nothing once it has gone, and never more than the newest note of each pool while it is slow.
import { Subject } from 'rxjs';
import { test } from 'tap';
import type { PoolId } from '../../src/events/scalars.js';
import { Followers } from '../../src/ledger/followers.js';

const one = 'one' as PoolId;
const two = 'two' as PoolId;

function world() {
  const committed$ = new Subject<{ pool: PoolId; head: number }>();
  return { committed$, followers: new Followers(committed$) };
}

test('10,000 followers hang on one subscription, and leave none', async (t) => {
  const { committed$, followers } = world();
  const heard = new Map<number, number>();
  const all = Array.from({ length: 10_000 }, (_, i) =>
    followers.headsOf(i % 2 === 0 ? one : two).subscribe((head) => heard.set(i, head)),
  );
  all.push(followers.grown(1_000).subscribe());
  t.equal(committed$.observers.length, 1);
  committed$.next({ pool: one, head: 5 });
  t.equal(heard.size, 5_000);
  for (const each of all) each.unsubscribe();
  t.notOk(committed$.observed);
  committed$.next({ pool: one, head: 6 });
  t.equal(heard.get(0), 5);
  followers.headsOf(one).subscribe((head) => heard.set(0, head));
  committed$.next({ pool: one, head: 7 });
  t.equal(heard.get(0), 7, 'who comes again hears again');
});

test('they end with the commits', async (t) => {
  const { committed$, followers } = world();
  let ended = 0;
  const complete = () => {
    ended += 1;
  };
  for (let i = 0; i < 10_000; i += 1) followers.headsOf(one).subscribe({ complete });
  followers.grown(1_000).subscribe({ complete });
  committed$.next({ pool: one, head: 1 });
  committed$.complete();
  t.equal(ended, 10_001);
  t.notOk(committed$.observed);
});

test('a note of each pool at once, and then the newest of those that came', async (t) => {
  const { committed$, followers } = world();
  const heard: [string, number][] = [];
  const last = new Promise<void>((resolve) => {
    followers.grown(1).subscribe(({ pool, head }) => {
      heard.push([pool, head]);
      if (head === 1_000) resolve();
    });
  });
  committed$.next({ pool: two, head: 1 });
  for (let head = 1; head <= 1_000; head += 1) committed$.next({ pool: one, head });
  t.same(heard, [
    [two, 1],
    [one, 1],
  ]);
  await last;
  t.same(heard.at(-1), [one, 1_000]);
  t.equal(heard.length, 3);
});
