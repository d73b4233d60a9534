/**
 * A process that records readings of 4 KB until the storage refuses, tries a few more, and closes. It prints one line of
 * JSON per outcome. Its argument is the data directory; whoever starts it limits the size of its files.
 */
import { writeSync } from 'node:fs';
import { openEngine } from '../../src/engines/open.js';
import type { PoolId } from '../../src/events/scalars.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { Problem } from '../../src/problems.js';
import { reading } from './command.js';

const attemptsAfterFailure = 3;
const reportsMax = 2_000;
const pool = 'default' as PoolId;
const folder = process.argv[2] as string;
const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);

const engine = await openEngine(folder, 'writer');
const ledger = await Ledger.open(engine, { database: folder, timeZone: 'UTC', unknownAgents: 'auto' });
await ledger.addPool(pool);
let failures = 0;
for (let i = 0; i < reportsMax && failures < attemptsAfterFailure; i += 1) {
  const report = { ...reading('week_all', 5_000), key: `reading ${i}` };
  const raw = `${i} `.padEnd(4_096, 'x');
  try {
    const outcome = await ledger.submitOne(pool, { ...report, payload: { ...report.payload, raw } });
    say(outcome);
  } catch (error) {
    failures += 1;
    say({ status: 'failed', code: error instanceof Problem ? error.code : 'none', detail: (error as Error).message });
  }
}
say({ status: 'readable', head: (await ledger.head(pool)).seq });
await ledger.close();
say({ status: 'closed' });
