// Goal: a database of the original server, however dirty, comes into the ledger with nothing lost, nothing twice and nothing made up.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type Test, test } from 'tap';
import { run, spawnNode } from '../cli/run.js';
import { databaseFlags, spawnDaemon } from '../support/daemon.js';
import { variants } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import {
  type Generation,
  multiplierOf,
  OriginalHousehold,
  sqlTime,
  sumsOf,
  writeWeeks,
} from '../support/original-household.js';
import { program } from '../support/program.js';
import { randomSource } from '../support/random.js';

const hour = 3_600_000;
const day = 24 * hour;
const second = 1_000;
const now = Math.floor(Date.now() / 1_000) * 1_000;

function householdOf(t: Test, generation: Generation = 3): OriginalHousehold {
  const household = new OriginalHousehold(join(temporaryFolder(t), 'resource_tracking.db'), generation);
  t.teardown(() => household.close());
  return household;
}

// biome-ignore lint/suspicious/noExplicitAny: what a daemon answers is what the tests are about
const jsonOf = async (url: string, init?: RequestInit): Promise<any> => (await fetch(url, init)).json();

const digestOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** A day of ordinary life, and everything that was ever seen to be wrong with such a database. */
function dirty(household: OriginalHousehold): void {
  const long = now - 40 * day;
  household.add({ name: 'Ada', at: long, tokens: 120_000 }, { by: 1 });
  household.add({ name: 'Bob', at: long + hour, tokens: 250, mode: 'collaboration' }, { by: 2 });
  // The invented cost of the older form, $0.75, is what a row of the newer form could say too.
  household.add({ name: 'Bob', at: long + 2 * hour, tokens: 250 });
  household.add({ name: 'Bob', at: long + 3 * hour, usd: 0.75 });
  // Times: with an offset, with a T, with a fraction, missing, broken, impossible.
  const iso = new Date(long + 4 * hour + 30 * 60_000).toISOString().slice(0, 19);
  household.add({ name: 'Ada', at: long + 3 * hour, usd: 0.1, timestamp: `${iso}+01:30` }, { at: long + 3 * hour });
  household.add({ name: 'Ada', at: long + 5 * hour, usd: 0.2, timestamp: new Date(long + 5 * hour).toISOString() });
  household.add({ name: 'Ada', at: long + 6 * hour, usd: 0.3, timestamp: `${sqlTime(long + 6 * hour)}.250` });
  household.add({ name: 'Ada', at: long + 6 * hour, usd: 0.4, timestamp: null });
  household.add({ name: 'Ada', at: long + 6 * hour, usd: 0.5, timestamp: 'yesterday' });
  household.add({ name: 'Ada', at: long + 6 * hour, usd: 0.6, timestamp: '2031-02-30 10:00:00' });
  // Names: spellings of one, look-alikes of another, none.
  for (const [i, name] of ['ADA', 'ada', ' Ada ', 'Delta △', 'sparkle delta', 'SPARKLE-DELTA'].entries())
    household.add({ name, at: long + (7 + i) * hour, usd: 0.01 * (i + 1) });
  household.add({ name: '', at: long + 14 * hour, usd: 1.25 }, { name: 'Unknown' });
  household.add({ name: null, at: long + 15 * hour, usd: 2.5 }, { name: 'Unknown' });
  // Modes.
  for (const [i, mode] of ['collaboration', 'Autonomy', 'collab', null].entries())
    household.add({ name: 'Bob', at: long + (16 + i) * hour, usd: 0.02, mode });
  // Nothing that can be recorded, and what was written twice.
  household.write({ name: 'Bob', at: long + 21 * hour, usd: -0.5 });
  household.write({ name: 'Bob', at: long + 21 * hour, tokens: -7 }, 1);
  household.add({ name: 'Bob', at: long + 22 * hour, usd: 0.111_111 });
  household.write({ name: 'Bob', at: long + 22 * hour, usd: 0.111_111 });
  household.add({ name: 'Bob', at: long + 23 * hour, usd: 0.222_222 });
  household.add({ name: 'Bob', at: long + 23 * hour + 20 * second, usd: 0.222_222 });
  household.add({ name: 'Ada', at: now - 2 * hour, usd: 0.5, interval: 1_800 });
  household.add({ name: 'Bob', at: now - hour, usd: 0.25, interval: 999_999 });
  const local = (at: number) => sqlTime(at);
  household.reading(local(now - 20 * day), [10, 20, null]);
  household.reading(local(now - 19 * day), [null, null, null]);
  household.reading(local(now - 18 * day), ['12%', 21, 1_795_914_000]);
  household.reading(null, [13, 22, 5]);
  household.reading(local(now - 3 * hour), [40, 55, 30], [local(now + hour), local(now + 3 * day)]);
  // The session's reset was taken for today's, and is tomorrow's.
  household.reading(local(now - 2 * hour), [44, 56, 31], [local(now - 20 * hour), local(now + 3 * day)]);
  household.db.exec(`
    UPDATE claude_identities SET active = 0 WHERE name = 'Sparkle-Delta';
    UPDATE claude_identities SET pause_until = '${sqlTime(now + 5 * hour)}', collaborative_pref = 40 WHERE name = 'Bob'`);
  household.aggregate();
}

const nameOf = (name: string): string => {
  const folded = name.trim().toLowerCase();
  if (folded === 'ada') return 'Ada';
  return ['sparkle-delta', 'delta △'].includes(folded) ? 'Sparkle-Delta' : name;
};

interface LedgerRow {
  readonly claude_name: string;
  readonly occurred_at: number;
  readonly mode: 'autonomy' | 'collaboration';
  readonly cost_source: string;
  readonly cost_micro_usd: number | null;
  readonly legacy_tokens: number | null;
}

for (const variant of variants) {
  /** The program on a new database of this engine. */
  const ledger = async (t: Test) => {
    const place = await variant.place(t);
    const flags = databaseFlags(place);
    const ask = (...args: readonly string[]) => run([...args, ...flags]);
    const json = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await ask(...args, '--json');
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr} ${stdout}`);
      return JSON.parse(stdout);
    };
    return { place, flags, ask, json };
  };
  const sumsIn = async (json: (...args: readonly string[]) => Promise<unknown>): Promise<string[]> => {
    const rows = (await json('usage', 'list', '--limit', '1000')) as LedgerRow[];
    return sumsOf(
      rows.map(
        ({
          claude_name: name,
          occurred_at: at,
          mode,
          cost_source: source,
          cost_micro_usd: cost,
          legacy_tokens: tokens,
        }) => ({
          name,
          at,
          mode,
          ...(source === 'reported' ? { usd: (cost ?? 0) / 1e6 } : { tokens: tokens ?? 0 }),
        }),
      ),
    );
  };

  test(`${variant.name}: a dirty database comes in whole, once, and again when it has grown`, async (t) => {
    const household = householdOf(t);
    dirty(household);
    const before = digestOf(household.path);
    const { ask, json } = await ledger(t);
    const coop = ['import', 'coop', household.path, '--zone', 'UTC', '--alias', 'Delta △=Sparkle-Delta'];
    const first = await json(...coop);
    t.match(first.difference, { tokens: 0, lines: [] });
    t.equal(digestOf(household.path), before, 'the database is what it was');
    t.strictSame(await sumsIn(json), sumsOf(household.meant, nameOf));
    t.match(first.left_out, {
      'negative amount': { usd: -0.5, tokens: -7 },
      'written twice': { usd: 0.111_111 },
      'no percentage': {},
    });
    t.equal(first.likely_doubles.rows, 1);
    t.match(first.maybe_the_same, [{ one: 'Sparkle-Delta', other: 'sparkle delta', why: 'the same letters' }]);

    const head = (await json('verify'))[0].seq;
    const again = await json(...coop);
    t.match(
      again.tables,
      first.tables.map(({ table, recorded, repeated }: Record<string, number>) => ({
        table,
        recorded: 0,
        repeated: Number(recorded) + Number(repeated),
      })),
    );
    t.equal((await json('verify'))[0].seq, head, 'nothing was recorded the second time');

    household.add({ name: 'Ada', at: now - 60 * second, usd: 0.75 });
    household.reading(sqlTime(now - 30 * second), [46, 57, 31]);
    const grown = await json(...coop);
    t.match(grown.difference, { tokens: 0, lines: [] });
    t.equal(
      grown.tables.reduce((sum: number, { recorded }: { recorded: number }) => sum + recorded, 0),
      2,
    );
    t.strictSame(await sumsIn(json), sumsOf(household.meant, nameOf));
    t.ok((await json('verify')).every(({ ok }: { ok: boolean }) => ok));
    t.equal((await ask('replay', '--check')).code, 0);
  });

  test(`${variant.name}: what goes on now is what it was before, and no burst`, async (t) => {
    const household = householdOf(t);
    writeWeeks(household, 2_016, now - 10 * 60 * second, randomSource(7));
    for (let i = 140; i > 0; i -= 1) {
      const at = now - i * hour;
      const resets = [sqlTime(now - (i % 5) * hour + 4 * hour), sqlTime(now + 2 * day)];
      household.reading(sqlTime(at), [10 + (5 - (i % 5)) * 6, 62 - 0.3 * i, 20], resets);
    }
    const { json, place } = await ledger(t);
    await json('import', 'coop', household.path, '--zone', 'UTC');
    const daemon = await spawnDaemon(place);
    t.teardown(() => daemon.stop());
    const page = await jsonOf(`${daemon.url}/dashboard/json`);
    const lastWeek = household.meant.filter(({ at, usd }) => at > now - 7 * day && usd !== undefined);
    for (const claude of page.claudes) {
      const own = lastWeek.filter(({ name }) => name === claude.name);
      const usd = own.reduce((sum, { usd = 0 }) => sum + usd, 0);
      // Uses at the very beginning of the week may be out of it by now, and those of the older form count by their multiplier.
      t.ok(
        claude.weekly_total >= 0.99 * usd,
        `${claude.name} used ${claude.weekly_total} by the page, and ${usd} in dollars`,
      );
      t.equal(claude.recent_interval, 900, 'the last interval is the one that the original gave');
    }
    const { identities } = await jsonOf(`${daemon.url}/v1/fairness`);
    for (const { name, windows } of identities) {
      const week = windows.find(({ window }: { window: string }) => window === 'week_all');
      const own = household.meant.filter((use) => use.name === name && use.at >= now - 5 * day);
      const usd = own.reduce((sum, { usd = 0, tokens = 0 }) => sum + usd + tokens * multiplierOf(name) * 1e-7, 0);
      t.ok(
        Math.abs(week.used_usd - usd) < 0.01,
        `of its week ${name} used ${week.used_usd}, and ${usd} by the database`,
      );
    }
    for (let i = 0; i < 10; i += 1) {
      const { recommended_interval: interval, quota_paused: isPaused } = await jsonOf(
        `${daemon.url}/resource-share/increment`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            claude_name: i % 2 === 0 ? 'Ada' : 'Bob',
            mode: 'autonomy',
            cost_delta: 0.2,
            current_interval: 900,
          }),
        },
      );
      t.equal(isPaused, false);
      t.ok(interval >= 600 && interval <= 5_400, `${interval} s`);
    }
    const head = await jsonOf(`${daemon.url}/v1/head`);
    const usage = async (seq: number) => {
      const { rows } = await jsonOf(`${daemon.url}/v1/usage?limit=1000&as_of_seq=${seq}`);
      return new Set(rows.map(({ source }: { source: string }) => source));
    };
    t.strictSame(await usage(head.seq), new Set(['coop-import/1', 'coop/1']), 'what was imported says so');
    t.strictSame(await usage(head.seq - 10), new Set(['coop-import/1']));
  });

  test(`${variant.name}: an import that is killed goes on where it was`, async (t) => {
    const household = householdOf(t);
    writeWeeks(household, 4_000, now - hour, randomSource(11));
    const { json, flags } = await ledger(t);
    const child = spawnNode([program, 'import', 'coop', household.path, ...flags]);
    await new Promise<void>((resolve) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('importing')) resolve();
      });
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { difference, tables } = await json('import', 'coop', household.path);
    t.match(difference, { tokens: 0, lines: [] });
    const uses = tables.find(({ table }: { table: string }) => table === 'resource_share_increments');
    t.equal(uses.recorded + uses.repeated, 4_000);
    t.ok(uses.repeated > 0 && uses.recorded > 0, `${uses.repeated} were there before the kill`);
  });

  test(`${variant.name}: a pool with use of its own is not mixed with history unasked`, async (t) => {
    const household = householdOf(t);
    household.add({ name: 'Ada', at: now - hour, usd: 1 });
    const { ask, json } = await ledger(t);
    await ask('usage', 'record', 'Ada', '--cost', '0.5');
    const refused = await ask('import', 'coop', household.path);
    t.match(refused, { code: 64, stderr: /holds 1 uses? and 0 readings of its own.*--into-used/s });
    t.equal((await json('usage', 'list')).length, 1);
    t.match(await json('import', 'coop', household.path, '--into-used'), { difference: { tokens: 0, lines: [] } });
    t.equal((await json('usage', 'list')).length, 2);

    const other = householdOf(t);
    other.add({ name: 'Ada', at: now - 2 * hour, usd: 1 });
    const { ask: askOther, json: jsonOther } = await ledger(t);
    await jsonOther('import', 'coop', household.path);
    t.match(await askOther('import', 'coop', other.path), { code: 64, stderr: /history of another database/ });
  });
}

test('who is told twice, or has no name, is said; an alias may lead on to another', async (t) => {
  const household = householdOf(t);
  household.insert('claude_identities', { name: 'ADA', model: 'another', cost_multiplier: 15 });
  household.insert('claude_identities', { name: '', model: 'nobody' });
  household.add({ name: 'Ada', at: now - 3 * hour, usd: 1 });
  household.add({ name: 'A', at: now - 2 * hour, usd: 2 });
  household.add({ name: 'B', at: now - hour, usd: 4 });
  const data = temporaryFolder(t);
  const place = ['--data', data];
  const aliases = ['--alias', 'ADA=Ada', '--alias', 'A=B', '--alias', 'B=Bob'];
  const { code, stdout } = await run(['import', 'coop', household.path, ...place, ...aliases, '--json']);
  t.equal(code, 0);
  const { tables, totals, identities_refused: refused } = JSON.parse(stdout);
  t.strictSame(refused, []);
  t.match(tables[0], {
    table: 'claude_identities',
    read: 5,
    recorded: 3,
    left_out: { 'no name': 1, 'another spelling of an identity before it': 1 },
  });
  t.strictSame(
    sumsOf(totals.map(({ identity, ...one }: Record<string, never>) => ({ ...one, name: identity, at: now }))).map(
      (one) => one.replace(/ .*\$/, ' $'),
    ),
    ['Ada $1.0000 0', 'Bob $6.0000 0'],
  );
  const dry = await run(['import', 'coop', household.path, ...place, ...aliases, '--dry-run', '--json']);
  t.match(JSON.parse(dry.stdout).tables[0], { recorded: 0, repeated: 3 }, 'a dry run knows what is there');
  t.strictSame(
    JSON.parse(dry.stdout)
      .totals.map(({ identity }: { identity: string }) => identity)
      .sort(),
    ['Ada', 'Bob'],
  );
});

test('who is in the pool already stays as the pool has it', async (t) => {
  const household = householdOf(t);
  household.db.exec("UPDATE claude_identities SET active = 0 WHERE name = 'Bob'");
  household.add({ name: 'Bob', at: now - hour, usd: 1 });
  const place = ['--data', temporaryFolder(t)];
  await run(['usage', 'record', 'Bob', '--cost', '0.5', ...place]);
  const dry = await run(['import', 'coop', household.path, '--dry-run', ...place]);
  t.match(dry, { code: 0, stderr: /refused: The pool default holds 1 uses/ });
  t.equal((await run(['import', 'coop', household.path, '--into-used', ...place])).code, 0);
  const { stdout } = await run(['identities', 'list', '--json', ...place]);
  t.match(
    JSON.parse(stdout).find(({ name }: { name: string }) => name === 'Bob'),
    { active: 1 },
  );
});

test('an import of a running household is no burst of use', async (t) => {
  const told = [];
  for (const shift of [30 * second, 16 * 60 * second]) {
    const household = householdOf(t);
    for (let i = 100; i > 0; i -= 1)
      for (const name of ['Ada', 'Bob']) household.add({ name, at: now - shift - i * 6 * 60 * second, usd: 0.3 });
    household.reading(
      sqlTime(now - shift - 60 * second),
      [40, 55, 30],
      [sqlTime(now + 2 * hour), sqlTime(now + 3 * day)],
    );
    const place = ['--data', temporaryFolder(t)];
    await run(['import', 'coop', household.path, '--zone', 'UTC', ...place]);
    const { stdout } = await run(['fair', 'status', '--json', ...place]);
    told.push(
      JSON.parse(stdout).windows.map(
        ({ rate_usd_per_hour: rate }: { rate_usd_per_hour: number }) => Math.round(rate * 10) / 10,
      ),
    );
  }
  t.strictSame(told[0], told[1], 'what was used minutes ago teaches what use of an hour ago does');
});

test('a database that is locked is said to be', async (t) => {
  const household = householdOf(t);
  household.add({ name: 'Ada', at: now - hour, usd: 1 });
  household.db.exec('BEGIN EXCLUSIVE');
  const { code, stderr } = await run(['import', 'coop', household.path, '--dry-run', '--data', temporaryFolder(t)]);
  t.equal(code, 2);
  t.match(stderr, /is in use by another program/);
});

for (const generation of [1, 2, 3] as const) {
  test(`a clean database of generation ${generation} comes in whole`, async (t) => {
    const household = householdOf(t, generation);
    const random = randomSource(generation);
    if (generation === 3) writeWeeks(household, 600, now - hour, random);
    else
      for (let i = 0; i < 300; i += 1)
        household.add({ name: 'Ada', at: now - day + i * 60_000, tokens: Math.floor(random() * 1e6) });
    household.aggregate();
    const data = temporaryFolder(t);
    const { code, stdout } = await run(['import', 'coop', household.path, '--data', data, '--json']);
    t.equal(code, 0);
    const body = JSON.parse(stdout);
    t.match(body, { difference: { tokens: 0, lines: [] }, left_out: {}, daily_rows: { differing: 0 } });
    t.equal(
      body.totals.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0),
      household.meant.length,
    );
  });
}

test('a dry run says what would come, and writes nothing', async (t) => {
  const household = householdOf(t);
  dirty(household);
  const data = join(temporaryFolder(t), 'none');
  const { code, stdout } = await run([
    'import',
    'coop',
    household.path,
    '--dry-run',
    '--data',
    data,
    '--zone',
    'UTC',
    '--json',
  ]);
  t.equal(code, 0);
  const body = JSON.parse(stdout);
  t.equal(body.dry_run, true);
  t.strictSame(existsSync(data), false);
  const rows = body.totals.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0);
  t.equal(rows, household.meant.length);
});

test('what is no database of the original is refused in words, and stays as it is', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  await run(['usage', 'record', 'Ada', '--cost', '0.5', '--data', data]);
  const damaged = new OriginalHousehold(join(folder, 'damaged.db'));
  writeWeeks(damaged, 2_000, now, randomSource(3));
  damaged.close();
  const bytes = readFileSync(damaged.path);
  bytes.fill(0xa5, 8_192, 40_960);
  writeFileSync(damaged.path, bytes);
  writeFileSync(join(folder, 'text.db'), 'no database '.repeat(100));
  writeFileSync(join(folder, 'empty.db'), '');
  const another = new Database(join(folder, 'another.db'));
  another.exec('CREATE TABLE notes (text TEXT)');
  another.close();
  const cases = [
    [join(data, 'resource_tracking.db'), /is a ledger of Resource-Share/],
    [join(folder, 'text.db'), /is no SQLite database/],
    [join(folder, 'empty.db'), /is empty, and no database/],
    [join(folder, 'another.db'), /database of another program/],
    [damaged.path, /is damaged \(.*\.recover/s],
    [folder, /is a folder/],
    [join(folder, 'none.db'), /there is no file/],
  ] as const;
  for (const [path, words] of cases) {
    const before = existsSync(path) && path !== folder ? digestOf(path) : null;
    const { code, stderr } = await run(['import', 'coop', path, '--data', join(folder, 'fresh')]);
    t.equal(code, 2);
    t.match(stderr, words);
    if (before !== null) t.equal(digestOf(path), before);
  }
  t.notOk(existsSync(join(folder, 'fresh')), 'no ledger was made for it');
});

test('the original may be writing meanwhile, with its write-ahead log or without, and may have died', async (t) => {
  for (const mode of ['WAL', 'DELETE']) {
    const household = householdOf(t);
    household.db.pragma(`journal_mode = ${mode}`);
    household.add({ name: 'Ada', at: now - 2 * hour, usd: 1 });
    household.db.exec('BEGIN IMMEDIATE');
    household.write({ name: 'Ada', at: now - hour, usd: 2 });
    const data = temporaryFolder(t);
    const { code, stdout } = await run(['import', 'coop', household.path, '--data', data, '--json']);
    t.equal(code, 0);
    t.match(JSON.parse(stdout).totals, [{ rows: 1, usd: 1 }], 'what is committed, and no more');
    household.db.exec('COMMIT');
    household.meant.push({ name: 'Ada', mode: 'autonomy', at: now - hour, usd: 2 });
    const wal = existsSync(`${household.path}-wal`) ? readFileSync(`${household.path}-wal`) : null;
    // As a machine that lost its power leaves it: without the index of the log.
    const copy = join(temporaryFolder(t), 'copy.db');
    writeFileSync(copy, readFileSync(household.path));
    if (wal !== null) writeFileSync(`${copy}-wal`, wal);
    const left = [digestOf(copy), wal === null ? null : digestOf(`${copy}-wal`)];
    const died = await run(['import', 'coop', copy, '--data', data, '--json']);
    t.match(JSON.parse(died.stdout).difference, { tokens: 0, lines: [] });
    t.equal(
      JSON.parse(died.stdout).tables.find(({ table }: { table: string }) => table === 'resource_share_increments')
        .recorded,
      1,
    );
    t.strictSame([digestOf(copy), wal === null ? null : digestOf(`${copy}-wal`)], left);
    t.strictSame(readdirSync(dirname(copy)).sort(), wal === null ? ['copy.db'] : ['copy.db', 'copy.db-wal']);
  }
});
