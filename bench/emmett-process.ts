/** The process that Emmett runs in. Only what is used of its API is described here, as it is not always installed. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serveParent } from './child.js';
import type { Speed } from './in-process.js';
import { perSecond, quantile, withFolder } from './measure.js';

export type EmmettTask =
  | { readonly kind: 'append'; readonly payloads: readonly object[]; readonly size: number; readonly events: number }
  | { readonly kind: 'rebuild'; readonly payloads: readonly object[]; readonly events: number };

interface Connection {
  command(sql: string): Promise<unknown>;
  querySingle<T>(sql: string): Promise<T | null>;
  close(): void;
}

interface Event {
  readonly type: string;
  readonly data: Payload;
}

interface Payload {
  readonly name: string;
  readonly mode: string;
  readonly cost_micro_usd?: number;
  readonly tokens?: { readonly input?: number; readonly output?: number; readonly cache_read?: number };
}

interface Store {
  appendToStream(name: string, events: readonly Event[]): Promise<unknown>;
  consumer(options: { pulling: { batchSize: number; pullingFrequencyInMs: number } }): {
    processor(options: {
      processorId: string;
      projection: unknown;
      startFrom: 'BEGINNING';
      stopAfter(): boolean;
    }): unknown;
    start(): Promise<void>;
  };
}

interface Library {
  sqliteConnection(options: { fileName: string }): Connection;
  getSQLiteEventStore(options: {
    fileName: string;
    connectionOptions: { singleton: true; connection: Connection };
  }): Store;
  sqliteRawBatchSQLProjection(options: { canHandle: string[]; evolve(events: readonly Event[]): string[] }): object;
}

const stream = 'pool-default';

async function work({ folder, task }: { folder: string; task: EmmettTask }): Promise<Speed | number> {
  const library = await load(folder);
  return withFolder(async (data) => {
    const fileName = join(data, 'emmett.db');
    const connection = library.sqliteConnection({ fileName });
    try {
      await connection.command('PRAGMA synchronous = FULL');
      const store = library.getSQLiteEventStore({ fileName, connectionOptions: { singleton: true, connection } });
      if (task.kind === 'append') return await append(store, task.payloads, task.size, task.events);
      await append(store, task.payloads, 1_000, task.events);
      return await rebuild(library, store, connection, task.events);
    } finally {
      connection.close();
    }
  });
}

async function load(folder: string): Promise<Library> {
  const path = createRequire(join(folder, 'package.json')).resolve('@event-driven-io/emmett-sqlite');
  return (await import(pathToFileURL(path).href)) as Library;
}

async function append(store: Store, payloads: readonly object[], size: number, events: number): Promise<Speed> {
  const batch = Array.from({ length: size }, (_, i) => ({
    type: 'usage.recorded',
    data: payloads[i % payloads.length] as Payload,
  }));
  await store.appendToStream(stream, batch);
  const latencies: number[] = [];
  const started = performance.now();
  for (let done = 0; done < events; done += size) {
    const from = performance.now();
    await store.appendToStream(stream, batch);
    latencies.push(performance.now() - from);
  }
  return { rate: perSecond(events, started), p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

const tables = [
  'CREATE TABLE increments (id INTEGER PRIMARY KEY, claude_name TEXT, mode TEXT, tokens INTEGER, cost_micro_usd INTEGER)',
  'CREATE TABLE daily (claude_name TEXT, date TEXT, mode TEXT, tokens INTEGER, cost_micro_usd INTEGER, PRIMARY KEY (claude_name, date, mode))',
];

/**
 * Emmett has no rebuild for SQLite. What stands for it is a consumer with a projection that begins at the beginning: two
 * tables with a few columns each, where the ledger rebuilds all of its tables with all columns.
 */
async function rebuild(library: Library, store: Store, connection: Connection, events: number): Promise<number> {
  for (const sql of tables) await connection.command(sql);
  const projection = library.sqliteRawBatchSQLProjection({
    canHandle: ['usage.recorded'],
    evolve: (batch) => batch.flatMap(({ data }) => statementsOf(data)),
  });
  let seen = 0;
  const consumer = store.consumer({ pulling: { batchSize: 1_000, pullingFrequencyInMs: 0 } });
  const stopAfter = () => ++seen >= events;
  consumer.processor({ processorId: 'rebuild', projection, startFrom: 'BEGINNING', stopAfter });
  const started = performance.now();
  await consumer.start();
  const rate = perSecond(events, started);
  const built = await connection.querySingle<{ rows: number }>('SELECT count(*) AS rows FROM increments');
  if (built?.rows !== events) throw new Error(`Emmett built ${built?.rows} of ${events} rows`);
  return rate;
}

function statementsOf({ name, mode, cost_micro_usd: cost = 0, tokens = {} }: Payload): string[] {
  const total = (tokens.input ?? 0) + (tokens.output ?? 0) + (tokens.cache_read ?? 0);
  return [
    `INSERT INTO increments (claude_name, mode, tokens, cost_micro_usd) VALUES ('${name}', '${mode}', ${total}, ${cost})`,
    `INSERT INTO daily VALUES ('${name}', '2026-01-05', '${mode}', ${total}, ${cost}) ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens, cost_micro_usd = cost_micro_usd + excluded.cost_micro_usd`,
  ];
}

serveParent(import.meta.url, work);
