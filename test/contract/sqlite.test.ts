// What only the embedded engine has to stand: a second writer, a killed one, a damaged file, a full disk.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import t from 'tap';
import { openEngine, writerOf } from '../../src/engines/open.js';
import { Ledger } from '../../src/ledger/ledger.js';
import type { Outcome } from '../../src/ledger/outcome.js';
import { packageRoot } from '../../src/package-root.js';
import { projections } from '../../src/projections/projector.js';
import { StorageError, type StorageFault } from '../../src/storage-error.js';
import { ManualClock } from '../support/clock.js';
import { reading, usage } from '../support/command.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { logFault, pool, temporaryLedger } from '../support/ledger.js';

const program = (name: string) => join(packageRoot, 'dist', 'test', 'support', `${name}.js`);
const databaseIn = (folder: string) => join(folder, 'resource_tracking.db');

/** A process that holds a data directory; it is gone when the test ends. */
async function holder(t: Scope, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program('hold-ledger'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('the process has no output');
  await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** The storage error that opening a directory results in. */
async function openingFault(t: Scope, folder: string): Promise<StorageError> {
  try {
    const engine = await openEngine(folder, 'writer');
    t.teardown(() => engine.close());
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('it opened');
}

t.test('a lease may be renewed while tables are compared, and while they change places', async (t) => {
  const test = await temporaryLedger(t);
  const replayer = await openEngine(test.place, 'replayer');
  t.teardown(() => replayer.close());
  const shadow = await replayer.openShadow('compared', projections, false);
  t.teardown(() => shadow.drop());
  await shadow.apply([], new Map());
  await test.record(usage('Ada'));
  const db = new Database(databaseIn(test.place), { readonly: true });
  t.teardown(() => db.close());
  const { operations } = replayer;
  const token = (await operations.acquireLease('replay', 'this test', 60_000)) as number;
  const renewals: Promise<boolean>[] = [];
  const renew = () => {
    renewals.push(operations.renewLease('replay', token, 120_000));
    return { changes: [], reached: new Map() };
  };
  const renewedUntil = db.prepare('SELECT expires_at FROM leases').pluck();
  const until = renewedUntil.get();
  let wasRenewed = false;
  await replayer.compareShadow(shadow, projections, () => {
    const folded = renew();
    wasRenewed = renewedUntil.get() !== until;
    return folded;
  });
  t.ok(wasRenewed, 'not only when the comparison is over');
  await replayer.swapShadow(shadow, projections, renew);
  t.strictSame(await Promise.all(renewals), [true, true]);
});

t.test('who slept before a swap leaves the copies of the one that swaps', async (t) => {
  const test = await temporaryLedger(t);
  const [asleep, awake] = [await openEngine(test.place, 'replayer'), await openEngine(test.place, 'replayer')];
  t.teardown(() => Promise.all([asleep.close(), awake.close()]));
  const old = await asleep.openShadow('replay', projections, false);
  const shadow = await awake.openShadow('replay', projections, false);
  const nothing = () => ({ changes: [], reached: new Map() });
  await t.rejects(asleep.swapShadow(old, projections, nothing), { name: 'StorageError', reason: 'taken' });
  const db = new Database(databaseIn(test.place), { readonly: true });
  t.teardown(() => db.close());
  const copies = db.prepare(`SELECT name FROM sqlite_master WHERE name LIKE '%\\_\\_new' ESCAPE '\\'`);
  t.strictSame(copies.all(), []);
  await awake.swapShadow(shadow, projections, nothing);
  await shadow.drop();
});

t.test('a second writer is refused, and told who writes', async (t) => {
  const folder = temporaryFolder(t);
  const child = await holder(t, folder);
  const { reason, message } = await openingFault(t, folder);
  t.equal(reason, 'locked');
  t.match(message, `process ${child.pid} on ${hostname()}`);
  t.match(writerOf(folder), { pid: child.pid, host: hostname() });
  const reader = await openEngine(folder, 'reader');
  t.strictSame(await reader.pools(), [], 'readers are welcome');
  await reader.close();
});

t.test(
  'the next batch is on its way before those of the last one are answered, and they only once it is written',
  async (t) => {
    const folder = temporaryFolder(t);
    const engine = await openEngine(folder, 'writer');
    const seen: string[] = [];
    const append = engine.append.bind(engine);
    engine.append = async (of, knownSeq, lookups, decide) => {
      await append(of, knownSeq, lookups, (found) => {
        seen.push('decided');
        return decide(found);
      });
      seen.push('written');
    };
    const ledger = await Ledger.open(engine, { database: folder, timeZone: 'UTC', unknownAgents: 'auto' });
    t.teardown(() => ledger.close());
    await ledger.addPool(pool);
    await ledger.submitOne(pool, usage('Ada'));
    seen.length = 0;
    const report = async () => {
      await ledger.submitOne(pool, usage('Ada'));
      seen.push('answered');
    };
    const first = report();
    while (seen.length === 0) await new Promise(setImmediate);
    await Promise.all([first, report()]);
    t.strictSame(seen, ['decided', 'written', 'decided', 'answered', 'written', 'answered']);
  },
);

t.test('the directory of a killed writer can be opened at once', async (t) => {
  const folder = temporaryFolder(t);
  await kill(await holder(t, folder));
  t.ok(existsSync(join(folder, 'writer.json')), 'what the killed one said of itself is still there');
  t.equal(writerOf(folder), null);
  const engine = await openEngine(folder, 'writer');
  t.equal(writerOf(folder)?.pid, process.pid);
  await engine.close();
  t.equal(writerOf(folder), null);
});

t.test('a database of a newer release is left alone', async (t) => {
  const folder = temporaryFolder(t);
  await (await temporaryLedger(t, { place: folder })).close();
  const db = new Database(databaseIn(folder));
  db.pragma('user_version = 9999');
  db.close();
  const before = statSync(databaseIn(folder)).mtimeMs;
  const { reason, message } = await openingFault(t, folder);
  t.equal(reason, 'newer');
  t.match(message, 'schema 9999');
  t.equal(statSync(databaseIn(folder)).mtimeMs, before);
  t.equal(writerOf(folder), null, 'the refused one holds no lock');
});

t.test('a damaged database is said to be damaged', async (t) => {
  const overwrite = (folder: string, from: number, bytes: number) => {
    const file = openSync(databaseIn(folder), 'r+');
    writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
    closeSync(file);
  };
  const damages: [string, (folder: string, size: number) => void][] = [
    ['the header', (folder) => overwrite(folder, 0, 100)],
    ['a page of the schema', (folder) => overwrite(folder, 100, 3_000)],
    ['all but the first page', (folder, size) => overwrite(folder, 4_096, size - 4_096)],
    [
      'everything',
      (folder) =>
        writeFileSync(databaseIn(folder), 'this is no database, but it is long enough to be read as one'.repeat(20)),
    ],
  ];
  for (const [name, damage] of damages) {
    const folder = temporaryFolder(t);
    const test = await temporaryLedger(t, { place: folder });
    await test.record(...Array.from({ length: 50 }, (_, i) => usage(`Ada ${i}`)));
    await test.close();
    damage(folder, statSync(databaseIn(folder)).size);
    const fault = await firstFault(folder);
    t.equal(fault.reason, 'corrupt', `${name}: ${fault.message}`);
    t.match(fault.message, 'the database file is damaged; restore a backup', name);
    t.equal(writerOf(folder), null, 'nobody holds the lock afterwards');
  }
});

/** Opens and reads everything; the first storage error. */
async function firstFault(folder: string): Promise<StorageError> {
  try {
    const engine = await openEngine(folder, 'writer');
    try {
      await engine.readEvents(pool, { limit: 1_000 });
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

t.test('a place that is no directory is refused with a reason', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const cases: [string, StorageFault[]][] = [
    [file, ['missing']],
    [join(file, 'below'), ['missing']],
    [directoryInPlaceOfDatabase(t), ['read_only', 'missing']],
  ];
  for (const [place, reasons] of cases) {
    const { reason, message } = await openingFault(t, place);
    t.ok(reasons.includes(reason), `${reason}: ${message}`);
  }
});

function directoryInPlaceOfDatabase(t: Scope): string {
  const folder = temporaryFolder(t);
  mkdirSync(databaseIn(folder));
  return folder;
}

t.test('there is nothing to read where nobody has written', async (t) => {
  await t.rejects(openEngine(temporaryFolder(t), 'reader'), { reason: 'missing', message: /there is no ledger/ });
});

t.test('a process that could not open its ledger can end by itself', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(databaseIn(folder), 'no database'.repeat(100));
  const source = `import { openEngine } from '${pathToFileURL(join(packageRoot, 'dist/src/engines/open.js'))}';
    await openEngine(process.argv[2], 'writer').catch(({ reason }) => console.log(reason));`;
  const script = join(folder, 'open.mjs');
  writeFileSync(script, source);
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [output, [code]] = await Promise.all([textOf(child), once(child, 'exit')]);
  t.equal(output, 'corrupt\n');
  t.equal(code, 0);
});

t.test('a full disk stops the ledger, and takes nothing back', async (t) => {
  const folder = temporaryFolder(t);
  // With the signal ignored, a write beyond the limit fails as one to a full disk does, in the middle if need be.
  const limited = `trap '' XFSZ; ulimit -f 1500; exec "$0" "$1" "$2"`;
  const child = spawn('bash', ['-c', limited, process.execPath, program('fill-disk'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [output, [code]] = await Promise.all([textOf(child), once(child, 'exit')]);
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FillLine);
  const receipts = lines.flatMap((line) => (line.status === 'recorded' ? [line.receipt] : []));
  const failures = lines.flatMap((line) => (line.status === 'failed' ? [line.code] : []));
  t.ok(receipts.length >= 10, `${receipts.length} were recorded`);
  t.strictSame(failures, ['storage_failed', 'storage_failed', 'storage_failed']);
  t.strictSame(
    lines.slice(-2).map(({ status }) => status),
    ['readable', 'closed'],
    'it can be read and closed',
  );
  t.equal(code, 0);

  const test = await temporaryLedger(t, { place: folder, clock: new ManualClock(Date.now()) });
  const events = await test.stored();
  t.equal(logFault(events), null, 'the chain is whole');
  const ids = new Set(events.map(({ id }) => id));
  t.strictSame(
    receipts.filter(({ id }) => !ids.has(id)),
    [],
    'everything acknowledged is there',
  );
  const readings = events.filter(({ type }) => type === 'quota.read').length;
  t.ok(readings === receipts.length, 'and nothing else');
  t.equal((await test.ledger.query('SELECT id FROM quota_info')).length, readings, 'tables and log agree');
  t.equal((await test.replay({ check: true })).identical, true);
  const again = await test.ledger.submitOne(pool, { ...reading('week_all', 1), key: 'afterwards' });
  t.equal(again.status, 'recorded', 'with room again, it goes on');
});

type FillLine =
  | Outcome
  | { readonly status: 'failed'; readonly code: string }
  | { readonly status: 'readable' | 'closed' };

async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) text += chunk;
  return text;
}

t.test('a projection table that is missing is a storage failure with its remedy, not a crash', async (t) => {
  const test = await temporaryLedger(t);
  const db = new Database(databaseIn(test.place));
  db.exec('DROP TABLE daily_resource_share');
  db.close();
  await t.rejects(test.ledger.submitOne(pool, usage('Ada')), {
    code: 'storage_failed',
    message: /resource-share replay/,
  });
  t.equal((await test.ledger.head(pool)).seq, 1, 'nothing was recorded');
  t.equal((await test.replay()).swapped, true);
  const outcome = await test.ledger.submitOne(pool, usage('Ada'));
  t.equal(outcome.status, 'recorded');
});
