// Goal: a log that release 0.1.0 wrote gives the rows that it gave there, when it is taken in and when it is replayed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { Importer } from '../../src/ledger/import.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { packageRoot } from '../../src/package-root.js';
import { variants } from '../support/engines.js';
import { logFault, pool } from '../support/ledger.js';

/**
 * Made by that release: 260 events of its demo, then agents, turns, pauses, merges, readings of two accounts, a correction, a closed
 * day and another time zone over HTTP. `tables.json` holds the rows that it had then, by table, in the order of their keys.
 */
const read = (name: string): string =>
  gunzipSync(readFileSync(join(packageRoot, 'test/support/old-log', `${name}.gz`))).toString('utf8');
const lines = read('log.ndjson').trimEnd().split('\n');
const expected = JSON.parse(read('tables.json')) as Record<string, readonly Record<string, unknown>[]>;

async function* all(): AsyncGenerator<readonly string[]> {
  yield lines;
}

for (const variant of variants) {
  t.test(`on ${variant.name}`, async (t) => {
    const place = await variant.place(t, { calm: true });
    const settings = { database: place, timeZone: 'UTC', unknownAgents: 'auto' } as const;
    const ledger = await Ledger.open(await variant.open(place), settings);
    t.teardown(() => ledger.close());
    await new Importer(ledger, undefined).run(all());

    t.equal(logFault(await ledger.readStored(pool, { limit: 1_000 })), null);
    for (const [table, rows] of Object.entries(expected)) {
      // Tables may gain columns.
      const columns = Object.keys(rows[0] as object);
      const found = await ledger.query<Record<string, unknown>>(`SELECT ${columns.join(', ')} FROM ${table}`);
      t.strictSame(found.map(textOf).sort(), rows.map(textOf).sort(), table);
    }
    const replay = ledger.replay({ check: true });
    let step = await replay.next();
    while (step.done !== true) step = await replay.next();
    t.match(step.value, { identical: true });
  });
}

/** The engines give columns in the order they were asked for. */
function textOf(row: Record<string, unknown>): string {
  return JSON.stringify(row);
}
