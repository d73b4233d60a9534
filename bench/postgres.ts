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
const turnEvents = 60_000;
const pools: readonly PoolId[] = [pool, 'second' as PoolId, 'third' as PoolId];

/** More than a run writes: files of 16 MB. */
const walFiles = 100;
/** Every commit waits for the disk. */
const settings = {
  fsync: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
  min_wal_size: `${walFiles * 16}MB`,
  max_wal_size: '4GB',
};

export const postgres: Benchmark = {
  title: 'On PostgreSQL',
  question:
    'Events per second in batches of 1,000, with hash chain and every projection, against a bare `INSERT … SELECT … FROM unnest` of the same event rows by node-postgres, and what several pools and a rebuild reach. The server runs on the same machine, with fsync, and has the files for its WAL, as one that has run for a while.',
  async run({ runs, quick }) {
    const server = await PostgresServer.start(settings);
    try {
      await makeWalFiles(server);
      const one: number[] = [];
      const bare: number[] = [];
      const several: number[] = [];
      const rebuilt: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const database = `run${run}`;
        await server.query(`CREATE DATABASE ${database}`);
        await server.query('CHECKPOINT');
        const rates = await appendInTurn(server.url(database), quick ? 1 : 5);
        one.push(rates.one);
        bare.push(rates.bare);
        several.push(rates.several);
        rebuilt.push((await replayRates(server.url(database))).foldRate);
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

/**
 * A new server fills each file of its WAL with zeros before it writes to it, while everybody waits; later it takes old ones, which a
 * checkpoint leaves it. With the files, one pool took 31,500 events/s instead of 26,400, three took 53,300 instead of 42,000.
 */
async function makeWalFiles(server: PostgresServer): Promise<void> {
  await server.query('CREATE TABLE written (number integer)');
  for (let number = 0; number < walFiles; number += 1) {
    await server.query(`INSERT INTO written VALUES (${number})`);
    await server.query('SELECT pg_switch_wal()');
  }
}

/** In turn, so that what the server does meanwhile and how full its tables are is the same for all. */
async function appendInTurn(url: string, turns: number) {
  const ledger = await openLedger(url);
  for (const name of pools.slice(1)) await ledger.addPool(name);
  await append(ledger, pools, 9_000);
  const inserts = await BareInserts.open(url, await ledger.readStored(pool, { limit: batchEvents, after: 13 }));
  const ms = { one: 0, bare: 0, several: 0 };
  for (let turn = 0; turn < turns; turn += 1) {
    ms.one += await msOf(() => append(ledger, [pool], turnEvents));
    ms.bare += await msOf(() => inserts.append(turnEvents));
    ms.several += await msOf(() => append(ledger, pools, turnEvents));
  }
  await inserts.close();
  await ledger.close();
  const rate = (time: number) => ((turns * turnEvents) / time) * 1_000;
  return { one: rate(ms.one), bare: rate(ms.bare), several: rate(ms.several) };
}

async function msOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Into all of some pools together, two batches of each under way at a time. */
async function append(ledger: Ledger, into: readonly PoolId[], events: number): Promise<void> {
  const commands = Array.from({ length: batchEvents }, (_, i) => command(report(i)));
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
}

const columns = [
  ...['pool:text', 'seq:bigint', 'id:text', 'type:text', 'version:bigint', 'occurred_at:bigint', 'recorded_at:bigint'],
  ...['actor:text', 'source:text', 'key:text', 'correlates:text', 'payload:text', 'digest:bytea', 'hash:bytea'],
  ...['hash_version:bigint', 'claude_name:text'],
].map((column) => column.split(':') as [keyof StoredEvent, string]);

/** The same rows into the same table with the same indexes, a commit per batch, and nothing else. */
class BareInserts {
  readonly #client: pg.Client;
  readonly #rows: readonly StoredEvent[];
  #seq = 0;

  private constructor(client: pg.Client, rows: readonly StoredEvent[]) {
    this.#client = client;
    this.#rows = rows;
  }

  static async open(url: string, rows: readonly StoredEvent[]): Promise<BareInserts> {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(`CREATE SCHEMA bare; SET search_path = bare; ${logSchema('postgres')}`);
    return new BareInserts(client, rows);
  }

  async append(events: number): Promise<void> {
    const text = `INSERT INTO events SELECT * FROM unnest(${columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')})`;
    for (let done = 0; done < events; done += batchEvents) {
      const values = columns.map(([column, type]) =>
        this.#rows.map((row, i) =>
          column === 'seq'
            ? this.#seq + i + 1
            : type === 'bytea'
              ? Buffer.from(row[column] as string, 'hex')
              : row[column],
        ),
      );
      await this.#client.query({ name: 'insert', text, values });
      this.#seq += batchEvents;
    }
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
