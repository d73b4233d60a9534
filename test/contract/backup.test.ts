// Goal: a backup holds the whole log, costs what came since the last one, is proved by restoring it, and comes back as it was; what
// cannot be put back is refused before anything is changed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BackupFolder } from '../../src/backup/backup-folder.js';
import { filesOf } from '../../src/backup/manifest.js';
import { choose, pruneBackups } from '../../src/backup/prune.js';
import { Keys } from '../../src/trust/keys.js';
import { ageKey } from '../support/backup-keys.js';
import { Backups, growMixed, idsOf, openLedgerAt } from '../support/backups.js';
import { usage } from '../support/command.js';
import { dumpTables } from '../support/dump.js';
import { type Variant, variants } from '../support/engines.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { MixedHistory } from '../support/mixed.js';

interface World {
  readonly test: TestLedger;
  readonly backups: Backups;
}

async function world(t: Scope, engine: Variant, events = 300): Promise<World> {
  const test = await temporaryLedger(t, { engine, place: await engine.place(t, { calm: true }) });
  await growMixed(test, new MixedHistory(7, test.clock.now()), events);
  return { test, backups: new Backups(t) };
}

const logOf = async (place: string) => {
  const ledger = await openLedgerAt(place);
  try {
    const events = await ledger.readStored(pool, { limit: 1_000_000 });
    return { events, tables: await dumpTables(ledger) };
  } finally {
    await ledger.close();
  }
};

for (const variant of variants) {
  t.test(`backups of ${variant.name}`, { timeout: 400_000 }, async (t) => {
    t.test('come back as they were, however they are packed', async (t) => {
      const { test, backups } = await world(t, variant);
      const other = 'night' as typeof pool;
      await test.ledger.addPool(other);
      await test.ledger.submitOne(other, usage('Eve', { cost_micro_usd: 5 }));
      await test.close();
      const was = await logOf(test.place);
      for (const packing of ['segment', 'brotli', 'gzip'] as const) {
        const { manifest } = await backups.create(test.place, { packing });
        t.match(manifest, { kind: 'log', packing, encrypted: false, machine: null });
        t.strictSame(
          manifest.pools.map((each) => each.pool),
          [pool, other],
        );
        t.match(await backups.verify(), { ok: true, fault: null, id: manifest.id });
        const to = await variant.place(t, { calm: true });
        t.match(await backups.restore(to), { id: manifest.id, lost: [], machine: [] });
        t.strictSame(await logOf(to), was, packing);
      }
    });

    t.test('cost what came since', async (t) => {
      const { test, backups } = await world(t, variant, 60);
      const use = (count: number) =>
        test.ledger.submit(pool, {
          commands: Array.from({ length: count }, () => usage('Ada', { cost_micro_usd: 1 })),
        });
      for (let thousand = 0; thousand < 10; thousand += 1) await use(1_000);
      const first = await backups.create(test.place);
      t.equal(first.manifest.files.length, 2, 'a full file, and what is after it');
      const again = await backups.create(test.place);
      t.equal(again.bytesAdded, 0, 'nothing came since');
      t.strictSame(again.manifest.files, first.manifest.files);
      await use(100);
      const later = await backups.create(test.place);
      t.strictSame(later.manifest.files[0], first.manifest.files[0], 'the full file is shared');
      t.ok(later.bytesAdded < first.bytesAdded / 4, `${later.bytesAdded} of ${first.bytesAdded} bytes`);
      t.match(await backups.verify(), { ok: true });

      const kept = await pruneBackups(backups.folder, { last: 1, daily: 0, weekly: 0 });
      t.strictSame(kept, { kept: [later.manifest.id], removed: [again.manifest.id, first.manifest.id] });
      t.notOk(existsSync(join(backups.folder, again.manifest.id)), 'what nobody needs is gone');
      t.strictSame(readdirSync(join(backups.folder, first.manifest.id)).length, 1, 'what is needed is there');
      t.match(await backups.verify(), { ok: true }, 'and makes the newer one whole');
    });

    t.test('are whole again where the log is another one', async (t) => {
      const { test, backups } = await world(t, variant);
      const before = await backups.create(test.place);
      const to = await variant.place(t, { calm: true });
      await backups.restore(to);
      await test.record(usage('Ada', { cost_micro_usd: 1 }));
      await backups.create(test.place);
      const fork = await temporaryLedger(t, { engine: variant, place: to, clock: test.clock });
      await fork.record(usage('Bo', { cost_micro_usd: 1 }));
      await fork.close();
      const { warnings, manifest } = await backups.create(to);
      t.match(warnings, [/does not continue the backup .* which reached event 3\d\d/]);
      t.strictSame(new Set(filesOf(manifest).map(({ name }) => name.split('/')[0])), new Set([manifest.id]));
      t.equal((await new BackupFolder(backups.folder).list()).length, 3, 'the others stay');
      t.match(await backups.verify({ id: before.manifest.id }), { ok: true });

      const stranger = await world(t, variant, 10);
      await t.rejects(backups.create(stranger.test.place), { code: 'backup_refused', message: /another ledger/ });
    });

    t.test('a place that holds anything is refused, and stays as it was', async (t) => {
      const { test, backups } = await world(t, variant);
      await backups.create(test.place);
      const other = await world(t, variant, 20);
      const events = (await other.test.stored()).length;
      await other.test.close();
      await t.rejects(backups.restore(other.test.place), { code: 'backup_refused', message: /not empty/ });
      t.equal((await logOf(other.test.place)).events.length, events);
      await t.rejects(backups.restore(await variant.place(t), { id: '20200101T000000000Z' }), {
        code: 'backup_unknown',
      });
    });

    t.test('a log that is known to have gone further says what it has lost', async (t) => {
      const { test, backups } = await world(t, variant);
      const { manifest } = await backups.create(test.place);
      await test.record(usage('Ada', { cost_micro_usd: 1 }));
      const { seq, id, hash } = await test.ledger.head(pool);
      const reached = manifest.pools[0]?.seq;
      const to = await variant.place(t, { calm: true });
      const { lost } = await backups.restore(to, { known: [{ pool, seq, id, hash }] });
      t.match(lost, [new RegExp(`default ends at event ${reached}, but its log had reached event ${seq}`)]);
      const { events } = await logOf(to);
      t.match(events.at(-1), { type: 'alert.raised', payload: /"rule":"events-lost".*restored from a backup/ });
      const same = await variant.place(t, { calm: true });
      const [first] = events;
      t.strictSame((await backups.restore(same, { known: [{ ...first, pool } as never] })).lost, []);
    });

    t.test('each changed byte is found', async (t) => {
      const { test, backups } = await world(t, variant, 60);
      const { manifest } = await backups.create(test.place, { packing: 'gzip' });
      t.match(await backups.verify(), { ok: true });
      const folder = join(backups.folder, manifest.id);
      for (const name of readdirSync(folder).filter((each) => each !== 'verified.json')) {
        const whole = readFileSync(join(folder, name));
        for (const at of [0, 5, Math.floor(whole.length / 2), whole.length - 1]) {
          const bytes = Buffer.from(whole);
          bytes[at] = (bytes[at] as number) ^ 1;
          writeFileSync(join(folder, name), bytes);
          const verdict = await backups.verify().catch(({ code }) => ({ ok: false, fault: code }));
          t.match(verdict, { ok: false, fault: String }, `${name} at ${at}`);
        }
        writeFileSync(join(folder, name), whole);
      }
      t.match(await backups.verify({ sample: true }), { ok: true, sample: true });
      rmSync(join(folder, `default-1-${manifest.pools[0]?.seq}.ndjson.gz`));
      t.match(await backups.verify(), { ok: false, fault: /is gone/ });
    });

    t.test('what is kept of API keys comes along, encrypted, and to the other engine, too', async (t) => {
      const { identity, recipient } = await ageKey(t);
      const home = temporaryFolder(t);
      writeFileSync(join(home, 'config.json'), '{"port": 4711}\n');
      mkdirSync(join(home, 'signing'));
      const signing = {
        'key.pem': 'the key that signs\n',
        'key.old.pem': 'the one before\n',
        'key.old.until': '1790000000000',
      };
      for (const [name, text] of Object.entries(signing)) writeFileSync(join(home, 'signing', name), text);

      const { test, backups } = await world(t, variant, 60);
      const keys = new Keys(test.ledger.keyStore, () => test.clock.now());
      const made = keys.make({ scope: 'ingest', pool: null, identity: 'Ada', label: 'desk', expiresAt: null });
      await keys.add(made);
      const machine = { settings: join(home, 'config.json'), prices: null, keys: join(home, 'signing') };
      const { manifest } = await backups.create(test.place, {
        recipients: [recipient],
        machine,
      });
      for (const { name } of filesOf(manifest)) {
        const text = readFileSync(join(backups.folder, name)).toString('latin1');
        t.match(text, /^age-encryption\.org/, name);
      }
      await t.rejects(backups.verify(), { code: 'backup_refused', message: /--identity/ });
      t.match(await backups.verify({ identities: [identity] }), { ok: true });

      for (const to of [await variant.place(t, { calm: true }), join(temporaryFolder(t), 'data')]) {
        const there = temporaryFolder(t);
        const places = {
          settings: join(there, 'config.json'),
          prices: join(there, 'p.json'),
          keys: join(there, 'keys'),
        };
        const restored = await backups.restore(to, { identities: [identity], machine: places });
        t.equal(restored.machine.length, 3, restored.machine.join('; '));
        t.equal(readFileSync(places.settings, 'utf8'), '{"port": 4711}\n');
        for (const [name, text] of Object.entries(signing))
          t.equal(readFileSync(join(places.keys, name), 'utf8'), text, name);
        const ledger = await openLedgerAt(to);
        t.teardown(() => ledger.close());
        const known = new Keys(ledger.keyStore, () => test.clock.now());
        await known.load();
        t.match(known.check(made.text), { key: { id: made.key.id, identity: 'Ada', label: 'desk' } });
      }
      const taken = { settings: null, prices: null, keys: temporaryFolder(t) };
      writeFileSync(join(taken.keys, 'key.pem'), 'another key');
      const to = await variant.place(t, { calm: true });
      await t.rejects(backups.restore(to, { identities: [identity], machine: taken }), { message: /another key/ });
      t.match(await backups.restore(to, { identities: [identity], machine: taken, withoutMachine: true }), {
        machine: [],
      });
    });
  });
}

t.test('which backups are kept', async (t) => {
  const at = (iso: string, verified = false, kind = 'log') =>
    ({ id: iso, manifest: { kind, created_at: iso }, verified: verified ? {} : null }) as never;
  const days = ['2026-11-30', '2026-11-29', '2026-11-28', '2026-11-22', '2026-11-15', '2026-11-01'];
  const backups = days.flatMap((day, i) => [at(`${day}T20:00:00Z`), at(`${day}T08:00:00Z`, i === 5)]);
  const kept = (keep: object) =>
    choose(backups, { last: 0, daily: 0, weekly: 0, ...keep }).kept.map((id) => id.slice(5, 13));
  t.strictSame(kept({}), ['11-01T08'], 'the newest that was verified, whatever is asked for');
  t.strictSame(kept({ last: 3 }), ['11-30T20', '11-30T08', '11-29T20', '11-01T08']);
  t.strictSame(kept({ daily: 3 }), ['11-30T20', '11-29T20', '11-28T20', '11-01T08'], 'days with backups');
  t.strictSame(kept({ weekly: 2 }), ['11-30T20', '11-29T20', '11-01T08'], '30 November 2026 is a Monday');
  const both = choose([at('2026-11-30T08:00:00Z'), at('2026-11-29T08:00:00Z', false, 'snapshot')], {
    last: 1,
    daily: 0,
    weekly: 0,
  });
  t.equal(both.kept.length, 2, 'one of each kind');
  t.strictSame(await idsOf(new BackupFolder(join(temporaryFolder(t), 'none'))), []);
});
