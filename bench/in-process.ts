/** Appending to the ledger in this process, and its floor: bare inserts of the same event rows. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Command } from '../src/events/command.js';
import type { StoredEvent } from '../src/events/envelope.js';
import type { Ledger } from '../src/ledger/ledger.js';
import { perSecond, quantile, withFolder } from './measure.js';
import { command, openLedger, pool, report } from './reports.js';
import { logSchema } from './schema.js';

export interface Speed {
  readonly rate: number;
  /** Of one batch, from when it was handed over until it was durable. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const durableSqlite = ['journal_mode = WAL', 'synchronous = FULL'];

/** Batches of `size` events; where a batch has several, two are under way at a time. Some of the rows that were written come along. */
export async function appendSpeed(size: number, events: number): Promise<Speed & { rows: StoredEvent[] }> {
  return withFolder(async (folder) => {
    const ledger = await openLedger(folder);
    const commands = Array.from({ length: size }, (_, i) => command(report(i)));
    await warm(ledger, commands);
    const latencies: number[] = [];
    const submit = async () => {
      const from = performance.now();
      await ledger.submit(pool, { commands });
      latencies.push(performance.now() - from);
    };
    const started = performance.now();
    let before: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < events; done += size) {
      const batch = submit();
      await (size > 1 ? before : batch);
      before = batch;
    }
    await before;
    const speed = speedOf(events, started, latencies);
    const rows = await ledger.readStored(pool, { limit: 1_000, after: 13 });
    await ledger.close();
    return { ...speed, rows };
  });
}

/** Single reports from several senders, each of which waits for its answer before it sends the next. */
export async function concurrentSpeed(senders: number, reports: number): Promise<Speed> {
  return withFolder(async (folder) => {
    const ledger = await openLedger(folder);
    const commands = Array.from({ length: 1_000 }, (_, i) => command(report(i)));
    await warm(ledger, commands.slice(0, 1));
    const latencies: number[] = [];
    let next = 0;
    const started = performance.now();
    const send = async () => {
      while (next < reports) {
        const mine = commands[next % commands.length] as (typeof commands)[number];
        next += 1;
        const from = performance.now();
        await ledger.submitOne(pool, mine);
        latencies.push(performance.now() - from);
      }
    };
    await Promise.all(Array.from({ length: senders }, send));
    const speed = speedOf(reports, started, latencies);
    await ledger.close();
    return speed;
  });
}

/** The same rows into the same table, in the same batches, with the same durability, and nothing else. */
export async function bareSpeed(rows: readonly StoredEvent[], size: number, events: number): Promise<Speed> {
  return withFolder(async (folder) => {
    const db = new Database(join(folder, 'bare.db'));
    for (const pragma of durableSqlite) db.pragma(pragma);
    db.exec(logSchema('sqlite'));
    const insert = db.prepare(`INSERT INTO events VALUES (${Array(17).fill('?').join(', ')})`);
    const values = rows.map((row) => [
      ...[row.pool, row.seq, row.id, row.type, row.version, row.occurred_at, row.recorded_at, row.actor, row.source],
      ...[row.key, row.correlates, row.payload, Buffer.from(row.digest, 'hex'), Buffer.from(row.hash, 'hex')],
      ...[row.hash_version, row.claude_name],
    ]);
    let place = 0;
    const batch = db.transaction(() => {
      for (let i = 0; i < size; i += 1) {
        place += 1;
        insert.run(place, values[place % values.length]);
      }
    });
    const latencies: number[] = [];
    const started = performance.now();
    for (let done = 0; done < events; done += size) {
      const from = performance.now();
      batch.immediate();
      latencies.push(performance.now() - from);
    }
    const speed = speedOf(events, started, latencies);
    db.close();
    return speed;
  });
}

/** As a daemon that has been running for a while: its code is compiled, its agents are known. */
async function warm(ledger: Ledger, batch: readonly Command[]): Promise<void> {
  const many = Array.from({ length: 1_000 }, (_, i) => command(report(i)));
  for (let i = 0; i < 5; i += 1) await ledger.submit(pool, { commands: many });
  for (let i = 0; i < 200 / batch.length; i += 1) await ledger.submit(pool, { commands: batch });
}

function speedOf(events: number, started: number, latencies: readonly number[]): Speed {
  return { rate: perSecond(events, started), p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}
