/** The ledger on PostgreSQL, its server on the same machine: appending, several pools at once, rebuilding. */
import pg from 'pg';
import type { StoredEvent } from '../src/events/envelope.js';
import type { PoolId } from '../src/events/scalars.js';
import type { Ledger } from '../src/ledger/ledger.js';
import { PostgresServer } from '../test/support/postgres-server.js';
import type { Benchmark } from './benchmark.js';
import { median } from './measure.js';
import { replayRates } from './replay-process.js';
import { command, openLedger, pool, report } from './reports.js';
import { logSchema } from './schema.js';

const batchEvents = 1_000;
const pools: readonly PoolId[] = [pool, 'second' as PoolId, 'third' as PoolId];

/** Every commit waits for the disk. */
const settings = { fsync: 'on', full_page_writes: 'on', shared_buffers: '256MB', max_wal_size: '4GB' };

export const postgres: Benchmark = {
  title: 'On PostgreSQL',
  question:
    'Events per second in batches of 1,000, with hash chain and every projection, against a bare `INSERT … SELECT … FROM unnest` of the same event rows by node-postgres, and what several pools and a rebuild reach. The server runs on the same machine, with fsync.',
  async run({ runs, quick }) {
    const server = await PostgresServer.start(settings);
    try {
      const events = quick ? 30_000 : 300_000;
      const one: number[] = [];
      const bare: number[] = [];
      const several: number[] = [];
      const rebuilt: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const database = `run${run}`;
        await server.query(`CREATE DATABASE ${database}`);
        const url = server.url(database);
        const ledger = await openLedger(url);
        for (const name of pools.slice(1)) await ledger.addPool(name);
        await append(ledger, pools, 9_000);
        one.push(await append(ledger, [pool], events));
        bare.push(await bareRate(url, await ledger.readStored(pool, { limit: batchEvents, after: 13 }), events));
        several.push(await append(ledger, pools, events));
        await ledger.close();
        rebuilt.push((await replayRates(url)).foldRate);
      }
      const onePool = median(one);
      return {
        figures: [
          {
            name: 'one pool',
            value: onePool,
            unit: 'events/s',
            baseline: { name: 'bare insert of the events', value: median(bare) },
            target: { atLeast: 0.5, ratio: true },
          },
          {
            name: `${pools.length} pools at once`,
            value: median(several),
            unit: 'events/s',
            baseline: { name: 'one pool', value: onePool },
            target: { atLeast: 1.5, ratio: true },
          },
          { name: 'rebuild', value: median(rebuilt), unit: 'events/s', target: { atLeast: 50_000 } },
        ],
      };
    } finally {
      await server.remove();
    }
  },
};

/** Events per second into all of some pools together, two batches of each under way at a time. */
async function append(ledger: Ledger, into: readonly PoolId[], events: number): Promise<number> {
  const commands = Array.from({ length: batchEvents }, (_, i) => command(report(i)));
  const started = performance.now();
  await Promise.all(
    into.map(async (name) => {
      let before: Promise<unknown> = Promise.resolve();
      for (let done = 0; done < events / into.length; done += batchEvents) {
        const batch = ledger.submit(name, { commands });
        await before;
        before = batch;
      }
      await before;
    }),
  );
  return (events / (performance.now() - started)) * 1_000;
}

const columns = [
  ...['pool:text', 'seq:bigint', 'id:text', 'type:text', 'version:bigint', 'occurred_at:bigint', 'recorded_at:bigint'],
  ...['actor:text', 'source:text', 'key:text', 'correlates:text', 'payload:text', 'digest:bytea', 'hash:bytea'],
  ...['hash_version:bigint', 'claude_name:text'],
].map((column) => column.split(':') as [keyof StoredEvent, string]);

/** The same rows into the same table with the same indexes, a commit per batch, and nothing else. */
async function bareRate(url: string, rows: readonly StoredEvent[], events: number): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`CREATE SCHEMA bare; SET search_path = bare; ${logSchema('postgres')}`);
    const text = `INSERT INTO events SELECT * FROM unnest(${columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')})`;
    const started = performance.now();
    for (let done = 0; done < events; done += batchEvents) {
      const values = columns.map(([column, type]) =>
        rows.map((row, i) =>
          column === 'seq' ? done + i + 1 : type === 'bytea' ? Buffer.from(row[column] as string, 'hex') : row[column],
        ),
      );
      await client.query({ name: 'insert', text, values });
    }
    return (events / (performance.now() - started)) * 1_000;
  } finally {
    await client.end();
  }
}
