/**
 * Goal: `doctor` finds what is wrong with an installation that was broken in each of these ways, says what to do, and calls one that
 * is well, running or not, well. What it can put right, it does, and nothing else is changed by it.
 */
import { chmodSync, linkSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { checks } from '../../src/cli/doctor/registry.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { copyOfLedger, type DoctoredLedger, jobRow, makeLedger, sql, wrong } from './doctored-ledger.js';
import { run } from './run.js';

const original = join(temporaryFolder(t), 'data');
t.before(() => makeLedger(original));
const ledger = (t: Test) => copyOfLedger(t, original);

interface Broken {
  /** The finding, as `id: state`; others may follow from the same cause. */
  readonly finds: string;
  readonly says: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly isFixed?: true;
  breakIt(ledger: DoctoredLedger, t: Test): void | Promise<void>;
}

const none = () => undefined;

const broken: Readonly<Record<string, Broken>> = {
  'others can read the folder': {
    finds: 'data-folder: warning',
    says: /can read/,
    isFixed: true,
    breakIt: ({ data }) => chmodSync(data, 0o755),
  },
  'others can read the ledger': {
    finds: 'data-folder: warning',
    says: /resource_tracking/,
    isFixed: true,
    breakIt: ({ file }) => chmodSync(file, 0o644),
  },
  'others can write to the folder': {
    finds: 'data-folder: fault',
    says: /can write/,
    breakIt: ({ data }) => chmodSync(data, 0o777),
  },
  'a link in the place of the ledger': {
    finds: 'data-folder: fault',
    says: /is a link/,
    breakIt({ file }) {
      renameSync(file, `${file}.elsewhere`);
      symlinkSync(`${file}.elsewhere`, file);
    },
  },
  'a second name of the ledger': {
    finds: 'data-folder: fault',
    says: /2 names/,
    breakIt: ({ file }) => linkSync(file, `${file}.copy`),
  },
  'what a killed daemon left behind': {
    finds: 'writer: warning',
    says: /was killed/,
    isFixed: true,
    breakIt: ({ data }) => writeFileSync(join(data, 'writer.json'), '{"pid":999999999,"host":"elsewhere","since":""}'),
  },
  'what a machine left behind that lost its power': {
    finds: 'writer: warning',
    says: /was killed/,
    isFixed: true,
    breakIt: ({ data }) => writeFileSync(join(data, 'writer.json'), ''),
  },
  'a ledger that had more events': {
    finds: 'ledger: fault',
    says: /not whole/,
    breakIt({ data }) {
      const head = join(data, 'resource_tracking.head.json');
      const heads = JSON.parse(readFileSync(head, 'utf8'));
      heads[0].seq += 5;
      writeFileSync(head, JSON.stringify(heads));
    },
  },
  'a file that is no database': {
    finds: 'ledger: fault',
    says: /\w/,
    breakIt: ({ file }) => writeFileSync(file, 'x'.repeat(8_192)),
  },
  'a ledger of a newer release': {
    finds: 'ledger: fault',
    says: /newer/,
    breakIt: ({ file }) => sql(file, 'PRAGMA user_version = 9999'),
  },
  'an event that was changed': {
    finds: 'chain: fault',
    says: /event \d+ is not what its hash says/,
    breakIt: ({ file }) => sql(file, `UPDATE events SET payload = replace(payload, '1000000', '9000000')`),
  },
  'a page that was overwritten': {
    finds: 'storage: fault',
    says: /./,
    breakIt({ file }) {
      const db = new Database(file);
      const { page } = db
        .prepare("SELECT max(rootpage) AS page FROM sqlite_master WHERE type = 'index' AND tbl_name = 'events'")
        .get() as { page: number };
      db.close();
      const text = readFileSync(file);
      text.fill(0xff, (page - 1) * 4_096 + 3, (page - 1) * 4_096 + 64);
      writeFileSync(file, text);
    },
  },
  'a table that is gone': {
    finds: 'tables: warning',
    says: /daily_resource_share|daily/,
    breakIt: ({ file }) => sql(file, 'DROP TABLE daily_resource_share'),
  },
  'a use that is in no table': {
    finds: 'projections: fault',
    says: /of the newest 2 uses 1 are not in the tables/,
    breakIt: ({ file }) =>
      sql(file, 'DELETE FROM resource_share_increments WHERE id = (SELECT max(id) FROM resource_share_increments)'),
  },
  'a job that failed as often as it may': {
    finds: 'jobs: warning',
    says: /1 of backup/,
    breakIt: ({ file }) => sql(file, jobRow('backup', 'dead', 0)),
  },
  'a folder of backups that is not there': {
    finds: 'backup: fault',
    says: /is not there/,
    env: { RESOURCE_SHARE_BACKUP_FOLDER: join(original, 'nowhere') },
    breakIt: none,
  },
  'a log that is ahead of the clock': {
    finds: 'clock: fault',
    says: /after the time of this machine/,
    breakIt: ({ file }) => sql(file, 'UPDATE pools SET head_recorded_at = head_recorded_at + 86400000'),
  },
  'a setting that cannot be used': {
    finds: 'settings: fault',
    says: /RESOURCE_SHARE_PORT/,
    env: { RESOURCE_SHARE_PORT: 'many' },
    breakIt: none,
  },
  'a variable that is no setting': {
    finds: 'settings: warning',
    says: /RESOURCE_SHARE_PROT/,
    env: { RESOURCE_SHARE_PROT: '1' },
    breakIt: none,
  },
  'open to other machines without a key': {
    finds: 'bind-and-keys: fault',
    says: /no API key that works/,
    env: { RESOURCE_SHARE_HOST: '0.0.0.0' },
    breakIt: none,
  },
};

for (const [name, { finds, says, env, isFixed, breakIt }] of Object.entries(broken)) {
  t.test(name, async (t) => {
    const made = await ledger(t);
    await breakIt(made, t);
    const { code, found } = await made.doctor([], env);
    const [id] = finds.split(': ');
    t.ok(wrong(found).includes(finds), finds, { found });
    t.equal(code, finds.endsWith('fault') ? 2 : Math.max(1, code ?? 0), 'the exit code says how bad it is');
    const finding = found.find((each) => each.id === id);
    t.match(finding?.text, says);
    for (const each of found.filter(({ state }) => state === 'warning' || state === 'fault'))
      t.ok(each.remedy, `${each.id} says what to do`);
    if (isFixed !== true) return;
    t.ok((await made.doctor(['--fix'], env)).found.find((each) => each.id === id)?.fixed);
    t.same(wrong((await made.doctor([], env)).found), []);
  });
}

t.test('a port that another program has', async (t) => {
  const made = await ledger(t);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const { code, found } = await made.doctor([], { RESOURCE_SHARE_PORT: String(port) });
  t.equal(code, 2);
  t.match(found.find(({ id }) => id === 'port')?.text, new RegExp(`taken by process ${process.pid}`));
});

t.test('a daemon that stands still', async (t) => {
  const made = await ledger(t);
  const daemon = await spawnDaemon(made.data);
  t.same(wrong((await made.doctor()).found), [], 'one that works is well');
  daemon.process.kill('SIGSTOP');
  t.teardown(() => daemon.process.kill('SIGKILL'));
  const { code, found } = await made.doctor();
  t.equal(code, 2);
  t.match(
    found.find(({ id }) => id === 'writer'),
    { state: 'fault', text: /does not answer/ },
  );
});

t.test('what is well is called well, and looked at without a trace', async (t) => {
  const made = await ledger(t);
  const before = statSync(made.file);
  const { found } = await made.doctor();
  t.same(wrong(found), []);
  t.match(found.find(({ id }) => id === 'sqlite-binding')?.text, /SHA-256 [0-9a-f]{64}/);
  const after = statSync(made.file);
  t.equal(after.mtimeMs, before.mtimeMs);
  const shown = await run(['doctor', '--all', '--data', made.data], { env: { RESOURCE_SHARE_PORT: '0' } });
  t.match(shown.stdout, /ok node-version/);
  t.match(shown.stdout, new RegExp(`${checks.length} checks`));
  const empty = await run(['doctor', '--json', '--data', join(made.data, 'none')], {
    env: { RESOURCE_SHARE_PORT: '0' },
  });
  t.same(wrong(JSON.parse(empty.stdout)), [], 'so is one that has not begun');
});
