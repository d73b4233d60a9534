// Goal: whatever is changed in a ledger so that it answers otherwise, `verify` finds it: in the log, the indexes, the kept
// answers, the snapshots, the checkpoints and the tables. FLIPS=100 tries a hundred random bits.
import { closeSync, cpSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openEngine } from '../../src/engines/open.js';
import { type Command, parseCommand } from '../../src/events/command.js';
import type { EpochMs } from '../../src/events/scalars.js';
import { serialiseState } from '../../src/events/state.js';
import { Ledger } from '../../src/ledger/ledger.js';
import type { Clock } from '../../src/runtime/clock.js';
import { dumpTables } from '../support/dump.js';
import { type Variant, variants } from '../support/engines.js';
import { hours } from '../support/fold.js';
import { temporaryFolder } from '../support/folder.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { lookAt } from '../support/look.js';
import { MixedHistory } from '../support/mixed.js';
import { randomSource } from '../support/random.js';

const flips = Number(process.env.FLIPS ?? 8);
const seed = Number(process.env.SEED ?? 20_261);
const eventsMin = 1_200;

/** A ledger with keys, checkpoints, a segment and a snapshot, closed; and what was sent to it under keys. */
async function madeLedger(t: Test, engine: Variant): Promise<{ test: TestLedger; keyed: Command[] }> {
  const test = await temporaryLedger(t, { engine });
  const history = new MixedHistory(seed, test.clock.now());
  const keyed = new Map<string, Command>();
  while (test.ledger.state(pool).seq < eventsMin) {
    const commands = history.next(40).map((made) => parseCommand(made, { actor: 'test', source: 'test' }));
    const outcomes = await test.ledger.submit(pool, { commands });
    history.answered(
      outcomes.map((one) => ({ status: one.status, id: 'receipt' in one ? one.receipt?.id : undefined }) as never),
    );
    for (const [i, { status }] of outcomes.entries()) {
      const command = commands[i] as Command;
      if (status === 'recorded' && command.key !== undefined) keyed.set(command.key, command);
    }
    test.clock.advance(hours(2));
    history.now = test.clock.now();
  }
  const archived = (test.clock.now() - hours(24)) as EpochMs;
  for await (const _ of test.ledger.archive(pool, archived)) void _;
  await test.ledger.keepCheckpoints(250);
  await test.close();
  return { test, keyed: [...keyed.values()] };
}

async function faultsIn(engine: Variant, place: string): Promise<readonly string[]> {
  const reader = await engine.open(place, 'reader');
  try {
    return (await lookAt(reader)).faults;
  } finally {
    await reader.close();
  }
}

for (const engine of variants) {
  t.test(`what is beside the log is compared with it, on ${engine.name}`, async (t) => {
    const { test } = await madeLedger(t, engine);
    const { place } = test;
    const reader = await engine.open(place, 'reader');
    const { faults, findings } = await lookAt(reader);
    await reader.close();
    t.strictSame(faults, [], 'a sound ledger is whole');
    t.match(findings, [
      { part: 'storage' },
      { part: 'kept answers', looked_at: /^of \d+ keyed requests$/ },
      { part: 'saved states', looked_at: /^[12] snapshots, [4-9] checkpoints$/ },
      { part: 'tables', looked_at: /rows of 12 tables$/ },
    ]);

    const last = '(SELECT max(key) FROM idempotency WHERE seq IS NOT NULL)';
    for (const [what, change, undo, found] of [
      [
        'a kept answer that is gone',
        `UPDATE idempotency SET pool = 'elsewhere' WHERE key = ${last}`,
        "UPDATE idempotency SET pool = 'default' WHERE pool = 'elsewhere'",
        /is gone: sent again, it would count again/,
      ],
      [
        'a kept answer that names another event',
        `UPDATE idempotency SET seq = seq - 1 WHERE key = ${last}`,
        `UPDATE idempotency SET seq = seq + 1 WHERE key = ${last}`,
        /is not the answer that was given/,
      ],
      [
        'a word of a kept answer',
        `UPDATE idempotency SET answer = replace(answer, '"status"', '"statuz"') WHERE key = ${last}`,
        `UPDATE idempotency SET answer = replace(answer, '"statuz"', '"status"') WHERE key = ${last}`,
        /is not the answer that was given/,
      ],
      [
        'a snapshot',
        `UPDATE snapshots SET state = replace(state, '"timeZone":"UTC"', '"timeZone":"CET"')`,
        `UPDATE snapshots SET state = replace(state, '"timeZone":"CET"', '"timeZone":"UTC"')`,
        /the snapshot as of \d+ is not what the log gives/,
      ],
      [
        'the rows of a checkpoint',
        `UPDATE checkpoints SET contents = replace(contents, 'Agent 3', 'Agenz 3') WHERE part = 'daily_resource_share' AND seq = 500`,
        `UPDATE checkpoints SET contents = replace(contents, 'Agenz 3', 'Agent 3') WHERE part = 'daily_resource_share' AND seq = 500`,
        /the checkpoint as of 500 is not what the log gives \(daily_resource_share\)/,
      ],
      [
        'a checkpoint that nobody finds',
        `UPDATE checkpoints SET rules = 'x' || rules WHERE part = 'daily_resource_share' AND seq = 500`,
        `UPDATE checkpoints SET rules = substr(rules, 2) WHERE part = 'daily_resource_share' AND seq = 500`,
        /checkpoint/,
      ],
      [
        'a row of a table',
        `UPDATE daily_resource_share SET reports = reports + 1`,
        `UPDATE daily_resource_share SET reports = reports - 1`,
        /^daily_resource_share: \d+ rows differ/,
      ],
    ] as const) {
      await engine.meddle(place, change);
      t.match((await faultsIn(engine, place)).join('\n'), found, what);
      await engine.meddle(place, undo);
    }
    t.strictSame(await faultsIn(engine, place), [], 'and it is whole again');
  });
}

/** What a ledger answers: its export, tables, state, tables of the past, and the answers to everything sent again. */
async function answersOf(data: string, keyed: readonly Command[], clock: Clock): Promise<string> {
  const ledger = await Ledger.open(await openEngine(data, 'writer', { inline: true }), {
    database: data,
    timeZone: 'UTC',
    unknownAgents: 'auto',
    clock,
  });
  try {
    const { bytes } = await ledger.readTexts(pool, { limit: 1_000_000 }, '\n');
    const parts: unknown[] = [Buffer.from(bytes).toString(), await dumpTables(ledger.tables)];
    parts.push(serialiseState(ledger.state(pool)));
    for (const seq of [300, 600, 900])
      parts.push(await ledger.readTable(pool, 'daily', { limit: 1_000 } as never, seq));
    for (const command of keyed) parts.push(await ledger.submitOne(pool, command));
    return JSON.stringify(parts);
  } finally {
    await ledger.close();
  }
}

const sqlite = variants.find(({ name }) => name === 'sqlite');
if (sqlite !== undefined)
  t.test(`of ${flips} random flips, none that changes an answer goes unseen`, { timeout: 600_000 }, async (t) => {
    const { test, keyed } = await madeLedger(t, sqlite);
    const copyOf = (data: string) => {
      const copy = join(temporaryFolder(t), 'data');
      cpSync(data, copy, { recursive: true });
      return copy;
    };
    const sound = await answersOf(copyOf(test.place), keyed, test.clock);
    t.ok(keyed.length > 300, `${keyed.length} keyed requests`);
    t.comment(`seed ${seed}`);
    const random = randomSource(seed);
    const unseen: string[] = [];
    let seen = 0;
    let harmless = 0;
    for (let i = 0; i < flips; i += 1) {
      const data = copyOf(test.place);
      const where = flipBit(join(data, 'resource_tracking.db'), random);
      const faults = await faultsIn(sqlite, data).catch((error: Error) => [error.message]);
      if (faults.length > 0) {
        seen += 1;
        continue;
      }
      const answers = await answersOf(copyOf(data), keyed, test.clock).catch(
        (error: Error) => `failed: ${error.message}`,
      );
      if (answers === sound) harmless += 1;
      else unseen.push(`${where}: ${answers.slice(0, 200)}`);
    }
    t.comment(`${seen} seen, ${harmless} changed no answer`);
    t.strictSame(unseen, []);
  });

function flipBit(path: string, random: () => number): string {
  const file = openSync(path, 'r+');
  try {
    const at = Math.floor(random() * fstatSync(file).size);
    const bit = Math.floor(random() * 8);
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    byte[0] = (byte[0] as number) ^ (1 << bit);
    writeSync(file, byte, 0, 1, at);
    return `bit ${bit} of byte ${at}`;
  } finally {
    closeSync(file);
  }
}
