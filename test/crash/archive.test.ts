/**
 * Goal: archiving that is killed at any moment loses no event and doubles none: each of them is either a row or in a segment
 * that is whole. Killed again and again over one log, it still finishes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { type Engine, noLookups } from '../../src/engines/engine.js';
import { genesis } from '../../src/events/chain.js';
import type { Head } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { packageRoot } from '../../src/package-root.js';
import { walkChain } from '../../src/verify/chain-walk.js';
import { variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import { randomSource } from '../support/random.js';
import { follow } from '../support/sealed.js';

const pool = 'default' as PoolId;
const events = 6_000;
const step = 150;
const seed = Number(process.env.SEED ?? 20_262);

for (const variant of variants) {
  t.test(`archiving in ${variant.name} is killed until it is done`, { timeout: 400_000 }, async (t) => {
    t.comment(`seed ${seed}`);
    const random = randomSource(seed);
    const place = await variant.place(t, { calm: true });
    const head = await written(await variant.open(place));
    let kills = 0;
    for (let archived = 0; archived < events - 1; ) {
      const child = spawn(process.execPath, [program, place, pool, String(step)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      const killed = killedSoon(child, 1 + Math.floor(random() * 5), random() * 30);
      const [code] = await ended;
      await killed;
      if (code === null) kills += 1;

      const engine = await variant.open(place, 'reader');
      const all = await engine.readEvents(pool, { limit: events * 2 });
      t.equal(all.length, events, `after ${kills} kills every event is there once`);
      t.equal(all.at(-1)?.hash, head.hash);
      t.equal(await chainBreak(engine, head), null, 'and the chain is whole');
      const before = archived;
      archived = (await engine.segments(pool)).at(-1)?.last.seq ?? 0;
      t.ok(archived > before, `${archived} are archived`);
      const [kept] = await engine.query<{ rows: number }>('SELECT count(*) AS rows FROM events');
      t.equal(kept?.rows, events - archived, 'and no longer rows');
      await engine.close();
    }
    t.ok(kills >= 5, `${kills} kills`);
  });
}

const program = join(packageRoot, 'dist/test/support/seal-ledger.js');

/** Kills a process some time after it has said so many lines. */
async function killedSoon(child: ReturnType<typeof spawn>, lines: number, ms: number): Promise<void> {
  if (child.stdout === null) throw new Error('the process has no output');
  let said = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    said += 1;
    if (said === lines + 1) void wait(ms).then(() => child.kill('SIGKILL'));
  }
}

async function written(engine: Engine): Promise<Head> {
  await engine.createPool(pool, noon);
  let head: Head = { ...genesis, id: null };
  const nothing = noLookups;
  while (head.seq < events) {
    const batch = follow(
      pool,
      head,
      ...Array.from({ length: 1_000 }, (_, i) => ({ payload: { name: `Agent ${i % 7}`, text: 'x'.repeat(i % 300) } })),
    );
    await engine.append(pool, head.seq, nothing, () => ({ events: batch, outcomes: [], changes: [] }));
    head = batch.at(-1) as Head;
  }
  await engine.close();
  return head;
}

async function chainBreak(engine: Engine, head: Head): Promise<unknown> {
  const steps = walkChain(engine, pool, head);
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return value;
  }
}
