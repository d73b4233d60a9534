/** What a scrape of the metrics costs at 200 identities, and at 1,000: `node dist/bench/scrape.js`. */
import { setTimeout as wait } from 'node:timers/promises';
import { buildServer } from '../src/api/server.js';
import { openEngine } from '../src/engines/open.js';
import type { Command } from '../src/events/command.js';
import type { PoolId } from '../src/events/scalars.js';
import { Ledger } from '../src/ledger/ledger.js';
import { median, withFolder } from './measure.js';

const pool = 'default' as PoolId;

/** Identities, scrapes, and how long it rests between two: what took long is kept for a hundred times as long. */
for (const [identities, scrapes, restMs] of [
  [200, 150, 300],
  [1_000, 10, 6_000],
] as const) {
  await withFolder(async (database) => {
    const settings = { database, timeZone: 'UTC', unknownAgents: 'auto', newcomersPerHour: 10_000 } as const;
    const ledger = await Ledger.open(await openEngine(database, 'writer'), settings);
    await ledger.addPool(pool);
    const app = buildServer(ledger, { log: { level: 'silent' } });
    await ledger.submit(pool, { commands: Array.from({ length: identities }, (_, i) => useOf(i)) });
    const times: number[] = [];
    const cpuMs: number[] = [];
    let bytes = 0;
    for (let i = 0; i < scrapes; i += 1) {
      // Each scrape finds something new in the log, as it does where agents work.
      await ledger.submitOne(pool, useOf(i));
      await wait(restMs);
      const started = performance.now();
      const cpu = process.cpuUsage();
      const { body } = await app.inject('/metrics');
      times.push(performance.now() - started);
      const { user, system } = process.cpuUsage(cpu);
      cpuMs.push((user + system) / 1_000);
      bytes = body.length;
    }
    const [p50, worst, cpu] = [median(times.slice(1)), Math.max(...times.slice(1)), median(cpuMs.slice(1))].map((ms) =>
      ms.toFixed(1),
    );
    process.stdout.write(
      `${identities} identities: a scrape takes ${p50} ms (median; ${cpu} ms of processor time), ${worst} ms at most; the first ${times[0]?.toFixed(0)} ms; ${bytes} bytes\n`,
    );
    await app.close();
    await ledger.close();
  });
}

function useOf(number: number): Command {
  const payload = { name: `agent-${number}`, mode: 'autonomy', cost_micro_usd: 1_000 } as never;
  return { type: 'usage.recorded', payload, actor: 'bench', source: 'bench/1' };
}
