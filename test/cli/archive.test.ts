// Goal: `archive` says what it does, does no more than was asked, and what other verbs say stays the same.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Test, test } from 'tap';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

const until = '2026-03-30T12:00:00Z';

/** A made week of about a thousand events, whose days end at midnight in the pool's zone. */
async function madeWeek(t: Test): Promise<string> {
  const data = join(temporaryFolder(t), 'demo');
  const made = await run(['demo', '--no-serve', '--data', data, '--until', until]);
  if (made.code !== 0) throw new Error(made.stderr);
  return data;
}

function inDatabase<T>(data: string, work: (db: Database.Database) => T): T {
  const db = new Database(join(data, 'resource_tracking.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const count = (data: string, table: string): number =>
  inDatabase(data, (db) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number);

test('a made week is archived in two steps, and nothing else changes', async (t) => {
  const data = await madeWeek(t);
  const [cli, json] = [onData(data), jsonOn(data)];
  const questions = [
    ['audit', 'events', '--limit', '10000'],
    ['usage', 'summary'],
    ['audit', 'as-of', 'daily', '--seq', '300'],
    ['verify'],
  ];
  const asked = async () => Promise.all(questions.map(async (question) => (await cli(...question, '--json')).stdout));
  const exported = async (name: string) => {
    const file = join(temporaryFolder(t), name);
    await cli('export', file);
    return readFileSync(file, 'utf8');
  };
  const [before, log, rows] = [await asked(), await exported('before'), count(data, 'events')];

  await t.test('a dry run changes nothing', async (t) => {
    const plan = await json('archive', '--before', '2026-03-26', '--dry-run');
    t.match(plan, { pool: 'default', dry_run: true, first_seq: 1, segments: [] });
    t.ok(plan.events > 100 && plan.events === plan.last_seq, `${plan.events} events`);
    const text = await cli('archive', '--before', '2026-03-26', '--dry-run');
    t.match(text.stdout, / events of default, seq 1 to .* would be archived\. Nothing was changed\./);
    t.equal(count(data, 'events'), rows);
  });

  await t.test('events before midnight are archived, the others stay', async (t) => {
    const { last_seq: last } = await json('archive', '--before', '2026-03-26', '--dry-run');
    const done = await cli('archive', '--before', '2026-03-26');
    t.match(done, {
      code: 0,
      stdout: / are archived in one segment, verified\./,
      stderr: /archiving: .* bytes, \d+ an event/s,
    });
    t.equal(count(data, 'events'), rows - last);
    const at = log.split('\n').map((line) => (line === '' ? Number.POSITIVE_INFINITY : JSON.parse(line).recorded_at));
    t.ok(at[last - 1] < Date.parse('2026-03-26') && at[last] >= Date.parse('2026-03-26'), 'cut at midnight');
    t.match(await cli('archive', '--before', '2026-03-26'), {
      code: 0,
      stdout: /No event .* up to seq \d+ they are already/,
    });
  });

  await t.test('the rest follows, up to the newest event', async (t) => {
    const done = await json('archive', '--before', until);
    t.match(done.segments, [{ last_seq: rows - 1, merkle_root: /^[0-9a-f]{64}$/, previous_hash: /^[0-9a-f]{64}$/ }]);
    t.equal(count(data, 'events'), 1);
    t.strictSame(await asked(), before, 'every verb says what it said');
    t.ok((await exported('after')) === log, 'an export is the same to the byte');
    t.match(await json('replay', '--check'), { identical: true });
  });

  await t.test('a daemon serves archived events, and archiving waits until it has stopped', async (t) => {
    const daemon = await spawnDaemon(data);
    await cli('usage', 'record', 'Ada', '--cost', '1');
    t.match(await cli('archive', '--before', 'now'), {
      code: 2,
      stderr: /is served by process .* stop the daemon first/,
    });
    t.match(await cli('archive', '--before', 'now', '--dry-run'), { code: 0 }, 'a dry run needs it not');
    const page = (await (await fetch(`${daemon.url}/v1/events?limit=3`)).json()) as { events: { seq: number }[] };
    t.strictSame(
      page.events.map(({ seq }) => seq),
      [1, 2, 3],
    );
    await daemon.stop();
  });

  await t.test('a damaged segment is found by verify, and stops a replay', async (t) => {
    inDatabase(data, (db) => {
      const [second] = db.prepare('SELECT last_seq, bytes FROM segments ORDER BY last_seq DESC LIMIT 1').all() as {
        last_seq: number;
        bytes: Buffer;
      }[];
      const { last_seq: seq, bytes } = second as { last_seq: number; bytes: Buffer };
      bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 4;
      db.prepare('UPDATE segments SET bytes = ? WHERE last_seq = ?').run(bytes, seq);
    });
    const first = inDatabase(data, (db) => db.prepare('SELECT max(first_seq) FROM segments').pluck().get());
    const verdict = await cli('verify', '--json');
    t.equal(verdict.code, 1);
    t.match(JSON.parse(verdict.stdout), [{ ok: false, first_bad_seq: first, what: /is damaged: its bytes are not/ }]);
    t.match(await cli('replay', '--check'), { code: 2, stderr: /is damaged/ });
  });
});

test('what storage does to a segment while it is written is found before rows are dropped', async (t) => {
  const data = await madeWeek(t);
  const rows = count(data, 'events');
  const spoil = (what: string) =>
    inDatabase(data, (db) =>
      db.exec(`DROP TRIGGER IF EXISTS spoil; CREATE TRIGGER spoil AFTER INSERT ON segments BEGIN ${what}; END`),
    );
  const spoiled = [
    'UPDATE segments SET bytes = zeroblob(length(bytes)) WHERE last_seq = new.last_seq',
    'UPDATE segments SET bytes = substr(bytes, 1, 5000) WHERE last_seq = new.last_seq',
    'UPDATE segments SET merkle_root = zeroblob(32) WHERE last_seq = new.last_seq',
    'UPDATE segments SET events = 3 WHERE last_seq = new.last_seq',
  ];
  for (const what of spoiled) {
    spoil(what);
    const { code, stderr } = await onData(data)('archive', '--before', until);
    t.equal(code, 2, stderr);
    t.match(stderr, /nothing was dropped/, what);
    t.equal(count(data, 'events'), rows, 'no row is gone');
    t.equal(count(data, 'segments'), 0);
  }
  spoil('SELECT 1');
  t.match(await onData(data)('archive', '--before', until), { code: 0 });
  t.match(await onData(data)('verify'), { code: 0 });
});

test("a date is its midnight in the pool's zone", async (t) => {
  const data = join(temporaryFolder(t), 'data');
  await onData(data)('pools', 'add', 'tokyo', '--time-zone', 'Asia/Tokyo');
  const plan = await jsonOn(data)('archive', '--before', '2026-03-26', '--pool', 'tokyo', '--dry-run');
  t.match(plan, { pool: 'tokyo', before: Date.parse('2026-03-25T15:00:00Z'), events: 0, first_seq: null });
});

test('wrong words, and places that are not', async (t) => {
  const data = join(temporaryFolder(t), 'none');
  const cli = onData(data);
  t.match(await cli('archive'), { code: 64, stderr: /--before/ });
  t.match(await cli('archive', '--before', 'soon'), { code: 64, stderr: /is no time/ });
  t.match(await cli('archive', '--before', 'now'), { code: 2, stderr: /there is no ledger/ });
  await cli('usage', 'record', 'Ada', '--cost', '1');
  t.match(await cli('archive', '--before', 'now', '--pool', 'typo'), { code: 2, stderr: /there is no pool typo/ });
});
