/** Appending in process: how near is the ledger, with chain and projections, to bare inserts of the same events? */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { StoredEvent } from '../src/events/envelope.js';
import { packageRoot } from '../src/package-root.js';
import { type Benchmark, type Figure, median, withFolder } from './measure.js';
import { command, openLedger, pool, report } from './reports.js';

const batchSizes = [1, 1_000] as const;

export const append: Benchmark = {
  title: 'Append in process',
  question:
    'Events per second, durable, with hash chain and every projection; against bare inserts of the same event rows.',
  async run({ runs, quick }) {
    const figures: Figure[] = [];
    for (const size of batchSizes) {
      const events = size === 1 ? (quick ? 500 : 3_000) : quick ? 40_000 : 200_000;
      const ours: number[] = [];
      const bare: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const { rate, rows } = await appendRate(size, events);
        ours.push(rate);
        bare.push(await bareRate(rows, size, events));
      }
      figures.push({
        name: `batches of ${size}`,
        value: median(ours),
        unit: 'events/s',
        baseline: { name: 'bare insert of the events', value: median(bare) },
      });
    }
    return figures;
  },
};

async function appendRate(size: number, events: number): Promise<{ rate: number; rows: StoredEvent[] }> {
  return withFolder(async (folder) => {
    const ledger = await openLedger(folder);
    const commands = Array.from({ length: size }, (_, i) => command(report(i)));
    for (let i = 0; i < 10; i += 1) await ledger.submit(pool, { commands });
    const started = performance.now();
    let before: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < events; done += size) {
      const batch = ledger.submit(pool, { commands });
      if (size > 1) await before;
      else await batch;
      before = batch;
    }
    await before;
    const rate = (events / (performance.now() - started)) * 1_000;
    const rows = await ledger.readStored(pool, { limit: 1_000, after: 13 });
    await ledger.close();
    return { rate, rows };
  });
}

/** The same rows into the same table, in the same batches, with the same durability, and nothing else. */
async function bareRate(rows: readonly StoredEvent[], size: number, events: number): Promise<number> {
  return withFolder(async (folder) => {
    const db = new Database(join(folder, 'bare.db'));
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec(readFileSync(join(packageRoot, 'schema/sqlite/0001_ledger.sql'), 'utf8'));
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
    const started = performance.now();
    for (let done = 0; done < events; done += size) batch.immediate();
    const rate = (events / (performance.now() - started)) * 1_000;
    db.close();
    return rate;
  });
}
