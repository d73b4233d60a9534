/** What a page of a table with 1,000,000 rows takes: the first, and the 10,000th. `node dist/bench/tables.js [ROWS] [PAGES]`. */
import { buildServer } from '../src/api/server.js';
import { openEngine } from '../src/engines/open.js';
import type { Command } from '../src/events/command.js';
import type { PoolId } from '../src/events/scalars.js';
import { Ledger } from '../src/ledger/ledger.js';
import { median, withFolder } from './measure.js';

const pool = 'default' as PoolId;
const rows = Number(process.argv[2] ?? 1_000_000);
const pages = Number(process.argv[3] ?? 10_000);
const batch = 1_000;
const timed = 30;
const table = 'resource_share_increments';

await withFolder(async (database) => {
  const settings = { database, timeZone: 'UTC', unknownAgents: 'auto', newcomersPerHour: 10_000 } as const;
  const ledger = await Ledger.open(await openEngine(database, 'writer'), settings);
  await ledger.addPool(pool);
  for (let i = 0; i < rows; i += batch)
    await ledger.submit(pool, { commands: Array.from({ length: batch }, (_, each) => useOf(i + each)) });
  const app = buildServer(ledger, { log: { level: 'silent' } });
  const page = async (url: string) => {
    const started = performance.now();
    const { body, statusCode } = await app.inject(url);
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${body.slice(0, 300)}`);
    const next = /<a href="([^"]+)" rel="next"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    return { ms: performance.now() - started, next };
  };
  await page(`/tables/${table}`);
  const first: number[] = [];
  for (let i = 0; i < timed; i += 1) first.push((await page(`/tables/${table}`)).ms);
  const last: number[] = [];
  let url: string | undefined = `/tables/${table}`;
  for (let number = 1; number <= pages; number += 1) {
    if (url === undefined) throw new Error(`there are ${number - 1} pages`);
    const { ms, next } = await page(url);
    if (number > pages - timed) last.push(ms);
    url = next;
  }
  const [one, deep] = [median(first), median(last)];
  process.stdout.write(
    `${rows} rows: page 1 takes ${one.toFixed(1)} ms, pages ${pages - timed + 1} to ${pages} ${deep.toFixed(1)} ms (medians of ${timed}), ${(deep / one).toFixed(2)} times as long\n`,
  );
  await app.close();
  await ledger.close();
});

function useOf(number: number): Command {
  const payload = {
    name: `agent-${number % 10}`,
    mode: 'autonomy',
    cost_micro_usd: 1_000,
    model: 'claude-opus-5',
  } as never;
  return { type: 'usage.recorded', payload, actor: 'bench', source: 'bench/1' };
}
