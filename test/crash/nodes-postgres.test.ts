/**
 * Goal: several daemons on one database are one ledger, whichever of them is killed at whatever moment: one gapless
 * chain, every acknowledged command once, the same answers everywhere, and tables that are what a replay gives.
 * `SECONDS=60` makes it longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { PoolId } from '../../src/events/scalars.js';
import { replay } from '../../src/replay/replay.js';
import { systemClock } from '../../src/runtime/clock.js';
import { type Daemon, spawnDaemon } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { faultsOf, KeyedClients } from '../support/keyed-client.js';
import { randomSource } from '../support/random.js';

const seconds = Number(process.env.SECONDS ?? 15);
const seed = Number(process.env.SEED ?? 7_310);
const clients = 48;
const pool = 'default' as PoolId;

t.test('three daemons on one database, killed at random', { timeout: 60_000 * 8 }, async (t) => {
  const place = await variant.place(t);
  t.comment(`seed ${seed}, ${seconds} s`);
  const random = randomSource(seed);
  const daemons: Daemon[] = await Promise.all([1, 2, 3].map(() => spawnDaemon(place)));
  t.teardown(async () => {
    for (const daemon of daemons) daemon.process.kill('SIGKILL');
  });

  const sending = new KeyedClients(clients, seed, () => (daemons[Math.floor(random() * 3)] as Daemon).url);
  let kills = 0;
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    await sleep(300 + random() * 1_500);
    const victim = Math.floor(random() * 3);
    const daemon = daemons[victim] as Daemon;
    daemon.process.kill('SIGKILL');
    await daemon.ended;
    kills += 1;
    daemons[victim] = await spawnDaemon(place);
  }
  await sending.stop();
  t.ok(kills >= Math.floor(seconds / 10), `${kills} kills`);

  await join(daemons);

  const engine = await variant.open(place, 'replayer');
  t.teardown(() => engine.close());
  const events = await engine.readEvents(pool, { limit: 10_000_000 });
  t.ok(sending.answers.size > clients, `${sending.answers.size} commands were answered, ${events.length} events`);
  t.strictSame(faultsOf(events, sending.answers).slice(0, 10), []);

  await agree(t, daemons);
  for (const daemon of daemons) t.equal(await daemon.stop(), 0);
  t.match(await replay(engine, systemClock, { check: true }), { identical: true, events: events.length });
});

interface Fairness {
  readonly identities: readonly { readonly name: string; readonly last_run_at: string | null }[];
}

interface Advice {
  readonly told_interval_s: number | null;
  readonly figures: { readonly used_micro_usd: number } | null;
}

/** Each daemon takes in somebody new: in a minute, merges and retirements may have left nobody to tell anything. */
async function join(daemons: readonly Daemon[]): Promise<void> {
  for (const [i, { url }] of daemons.entries()) {
    const response = await fetch(`${url}/resource-share/increment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ claude_name: `Newcomer-${i}`, mode: 'autonomy', cost_delta: 0.0125 }),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  }
}

/** What each of them knows in memory is the same soon after the last event. Nothing that passes with time is asked. */
async function agree(t: Test, daemons: readonly Daemon[]): Promise<void> {
  const asked = async ({ url }: Daemon) => {
    const { identities } = (await (await fetch(`${url}/v1/fairness`)).json()) as Fairness;
    return Promise.all(
      identities.map(async ({ name, last_run_at: lastRun }) => {
        const response = await fetch(`${url}/v1/advice/${encodeURIComponent(name)}`);
        const { told_interval_s: interval, figures } = (await response.json()) as Advice;
        return [name, lastRun, interval, figures?.used_micro_usd];
      }),
    );
  };
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answers = await Promise.all(daemons.map(asked));
    const [first, ...others] = answers as [unknown[][], ...unknown[][][]];
    if (new Set(answers.map((told) => JSON.stringify(told))).size === 1 || performance.now() > deadline) {
      for (const told of others) t.strictSame(told, first, 'all answer the same');
      t.ok(first.length >= daemons.length, 'and of somebody');
      return;
    }
    await sleep(50);
  }
}
