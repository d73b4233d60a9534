/**
 * What open pages cost the server: 50 viewers of dashboards while agents report, less what the reports alone cost. `node dist/bench/pages.js`.
 */
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { buildServer } from '../src/api/server.js';
import { openEngine } from '../src/engines/open.js';
import type { Command } from '../src/events/command.js';
import type { PoolId } from '../src/events/scalars.js';
import { Ledger } from '../src/ledger/ledger.js';
import { withFolder } from './measure.js';

const pool = 'default' as PoolId;
const identities = 30;
const viewers = 50;
const seconds = 20;
const reportsPerSecond = 10;

await withFolder(async (database) => {
  const settings = { database, timeZone: 'UTC', unknownAgents: 'auto', newcomersPerHour: 10_000 } as const;
  const ledger = await Ledger.open(await openEngine(database, 'writer'), settings);
  await ledger.addPool(pool);
  const app = buildServer(ledger, { log: { level: 'silent' } });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  for (let i = 0; i < 100; i += 1)
    await ledger.submit(pool, { commands: Array.from({ length: identities }, (_, each) => useOf(each)) });
  const alone = await secondsOfReports(ledger);
  // All at one page; and each at a page of its own, by another time that is shown.
  for (const [name, pathOf] of [
    ['one dashboard', () => '/dashboard'],
    [
      '50 different ones',
      (i: number) => `/dashboard?from=2026-01-${String(1 + (i % 28)).padStart(2, '0')}&step=${i < 28 ? 'day' : 'week'}`,
    ],
  ] as const) {
    const feeds = await Promise.all(Array.from({ length: viewers }, (_, i) => follow(port, pathOf(i))));
    const together = await secondsOfReports(ledger);
    const each = (together - alone) / viewers;
    process.stdout.write(
      `${viewers} viewers of ${name}, ${reportsPerSecond} reports a second: ${each.toFixed(2)} ms of processor time a viewer and second (reports alone ${alone.toFixed(0)} ms a second)\n`,
    );
    for (const feed of feeds) feed.destroy();
    await wait(1_000);
  }
  await app.close();
  await ledger.close();
});

/** Milliseconds of processor time a second, of all threads. */
async function secondsOfReports(ledger: Ledger): Promise<number> {
  await wait(2_000);
  const before = process.cpuUsage();
  const began = performance.now();
  for (let i = 0; performance.now() - began < seconds * 1_000; i += 1) {
    await ledger.submitOne(pool, useOf(i % identities));
    await wait(1_000 / reportsPerSecond);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / ((performance.now() - began) / 1_000);
}

function follow(port: number, path: string): Promise<{ destroy(): void }> {
  return new Promise((resolve, reject) => {
    const request = get({ port, path, headers: { accept: 'text/event-stream' } }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${path} answered ${response.statusCode}`));
      response.resume();
      resolve({ destroy: () => request.destroy() });
    });
    request.on('error', () => undefined);
  });
}

function useOf(number: number): Command {
  const payload = { name: `agent-${number}`, mode: 'autonomy', cost_micro_usd: 1_000, model: 'claude-opus-5' } as never;
  return { type: 'usage.recorded', payload, actor: 'bench', source: 'bench/1' };
}
