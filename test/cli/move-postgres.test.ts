/**
 * Goal: a ledger moves from one engine to the other and back, and is the same ledger: same log to the byte, chain whole,
 * tables that a replay gives, and the same rows in them. `EVENTS=100000` makes it longer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openEngine } from '../../src/engines/open.js';
import { parseCommand } from '../../src/events/command.js';
import { ManualClock } from '../support/clock.js';
import { databaseFlags } from '../support/daemon.js';
import { dumpTables } from '../support/dump.js';
import { variant } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { pool, temporaryLedger } from '../support/ledger.js';
import { MixedHistory } from '../support/mixed.js';
import { run } from './run.js';

const events = Number(process.env.EVENTS ?? 4_000);
const seed = Number(process.env.SEED ?? 404);
const batch = 500;

t.test('from files to a server and back', { timeout: 1_200_000 }, async (t) => {
  t.comment(`seed ${seed}, ${events} commands`);
  const folder = temporaryFolder(t);
  const [origin, server, back] = [join(folder, 'origin'), await variant.place(t), join(folder, 'back')];
  await make(t, origin);

  const first = join(folder, 'first.ndjson');
  await move(t, origin, first, server);
  const second = join(folder, 'second.ndjson');
  await move(t, server, second, back);
  t.equal(readFileSync(second, 'utf8'), readFileSync(first, 'utf8'), 'the log is the same to the byte');
  t.ok(readFileSync(first, 'utf8').split('\n').length > events / 2, 'and long');

  const rows = await rowsOf(origin);
  t.strictSame(await rowsOf(server), rows, 'the same rows on the server');
  t.strictSame(await rowsOf(back), rows, 'and back in files');
});

async function make(t: Test, place: string): Promise<void> {
  const clock = new ManualClock(Date.parse('2026-02-01T00:00:00Z'));
  const test = await temporaryLedger(t, { place, clock });
  const history = new MixedHistory(seed, clock.now());
  for (let sent = 0; sent < events; sent += batch) {
    const bodies = history.next(batch);
    const commands = bodies.map((body) => parseCommand(body, { actor: 'local', source: 'test/1' }));
    const outcomes = await test.ledger.submit(pool, { commands });
    history.answered(
      outcomes.map((outcome) => ({
        status: outcome.status,
        id: outcome.status === 'recorded' ? outcome.receipt.id : undefined,
      })),
    );
    clock.advance(60_000 * 7);
    history.now = clock.now();
  }
  await test.close();
}

/** Exports, imports elsewhere, and has both chain and tables checked there. */
async function move(t: Test, from: string, file: string, to: string): Promise<void> {
  for (const args of [
    ['export', file, ...databaseFlags(from)],
    ['import', file, ...databaseFlags(to)],
    ['verify', ...databaseFlags(to)],
    ['replay', '--check', ...databaseFlags(to)],
  ]) {
    const { code, stderr } = await run(args);
    t.equal(code, 0, `${args[0]} ${stderr}`);
  }
}

async function rowsOf(place: string): Promise<Record<string, string[]>> {
  const engine = await openEngine(place, 'reader');
  try {
    return await dumpTables(engine);
  } finally {
    await engine.close();
  }
}
