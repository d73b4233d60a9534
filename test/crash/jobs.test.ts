/**
 * Goal: whenever a daemon is killed, each of its jobs reaches one end, with no more attempts than it may have, and no day is closed twice.
 * `KILLS=100` makes it longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ManualClock } from '../support/clock.js';
import { usage } from '../support/command.js';
import { spawnDaemon, spawnDoomedDaemon } from '../support/daemon.js';
import { variants } from '../support/engines.js';
import { temporaryLedger } from '../support/ledger.js';
import { randomSource } from '../support/random.js';

const kills = Number(process.env.KILLS ?? 20);
const seed = Number(process.env.SEED ?? 4_711);
const perLife = 3;

interface Job {
  readonly state: string;
  readonly attempts: number;
  readonly attempts_max: number;
}

interface Closed {
  readonly payload: { readonly date: string };
}

const dateOf = (number: number): string => new Date(Date.UTC(2024, 0, 1 + number)).toISOString().slice(0, 10);

for (const engine of variants) {
  t.test(engine.name, { timeout: 300_000 + kills * 30_000 }, async (t) => {
    t.comment(`seed ${seed}, ${kills} kills`);
    const random = randomSource(seed);
    const place = await engine.place(t);
    const grown = await temporaryLedger(t, { engine, place, clock: new ManualClock(Date.now()) });
    for (let day = 0; day < kills * perLife; day++)
      await grown.record(usage('Ada', { cost_micro_usd: 5 }, { occurred_at: Date.parse(dateOf(day)) }));
    await grown.close();
    for (let life = 0; life < kills; life++) {
      const daemon = await spawnDoomedDaemon(place);
      for (let i = 0; i < perLife; i++) {
        const body = JSON.stringify({ kind: 'daily-aggregate', payload: { date: dateOf(life * perLife + i) } });
        const headers = { 'content-type': 'application/json' };
        t.equal((await fetch(`${daemon.url}/v1/jobs`, { method: 'POST', headers, body })).status, 201);
      }
      await sleep(random() * 40);
      daemon.process.kill('SIGKILL');
      await daemon.ended;
      // Five minutes pass: the claim of the one that is gone has run out, and its pause is over.
      await engine.meddle(place, `UPDATE jobs SET lease_until = 1 WHERE state = 'running'`);
      await engine.meddle(place, `UPDATE jobs SET run_at = 1 WHERE state = 'pending'`);
    }
    const daemon = await spawnDaemon(place);
    t.teardown(() => daemon.stop());
    const ask = async <T>(path: string) => (await (await fetch(`${daemon.url}/v1/${path}`)).json()) as T;
    let jobs: readonly Job[] = [];
    do {
      await sleep(200);
      await engine.meddle(place, `UPDATE jobs SET run_at = 1 WHERE state = 'pending' AND attempts > 0`);
      ({ jobs } = await ask<{ jobs: readonly Job[] }>('jobs?limit=1000'));
    } while (jobs.some(({ state }) => /pending|running/.test(state)));
    t.equal(jobs.length, kills * perLife);
    t.ok(jobs.every(({ state, attempts, attempts_max }) => /succeeded|dead/.test(state) && attempts <= attempts_max));
    const { events } = await ask<{ events: readonly Closed[] }>('events?type=day.closed&limit=1000');
    const dates = events.map(({ payload }) => payload.date);
    t.equal(new Set(dates).size, dates.length, 'no day is closed twice');
    if (jobs.every(({ state }) => state === 'succeeded')) t.equal(dates.length, kills * perLife);
  });
}
