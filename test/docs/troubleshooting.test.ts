/**
 * Goal: who has a symptom finds it on the page about trouble, with what `doctor` finds of it, and what the page says puts it right.
 * Each symptom that can be brought about is; then what its section says is done.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checks } from '../../src/cli/doctor/registry.js';
import { packageRoot } from '../../src/package-root.js';
import { copyOfLedger, type DoctoredLedger, jobRow, makeLedger, sql, wrong } from '../cli/doctored-ledger.js';
import { onData, type Ran, run } from '../cli/run.js';
import { type Daemon, spawnDaemon, spawnDoomedDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';

const page = readFileSync(join(packageRoot, 'docs/operating/troubleshooting.md'), 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);
const sectionOf = (title: string): string => {
  const found = sections.get(title);
  if (found === undefined) throw new Error(`there is no section ${title}`);
  return found;
};
const anchorOf = (title: string) => title.toLowerCase().replaceAll(' ', '-');
const anchors = new Set([...sections.keys()].map(anchorOf));

t.test('the page names every finding, and nothing else as one', async (t) => {
  const ids = checks.map(({ id }) => id);
  for (const id of ids) t.ok(page.includes(`\`${id}\``), `${id} is on the page`);
  const named = [...page.matchAll(/`doctor`: ((?:`[a-z-]+`(?:, )?)+)/g)].flatMap(([, list]) =>
    [...(list as string).matchAll(/`([a-z-]+)`/g)].map(([, id]) => id as string),
  );
  t.ok(named.length > 20);
  t.same(
    named.filter((id) => !ids.includes(id)),
    [],
  );
});

t.test('whoever is led to a section gets there', async (t) => {
  const rules = readFileSync(join(packageRoot, 'ops/prometheus/rules.yml'), 'utf8');
  const sources = ['src/cli/doctor/checks/machine.ts', 'src/cli/health/health.ts'].map((path) =>
    readFileSync(join(packageRoot, path), 'utf8'),
  );
  const led = [rules, ...sources].flatMap((text) => [...text.matchAll(/troubleshooting\.md#([a-z-]+)/g)]);
  t.ok(led.length > 20);
  const within = [...page.replaceAll('\n', ' ').matchAll(/\(#([a-z-]+)\)/g)];
  for (const [, anchor] of [...led, ...within]) t.ok(anchors.has(anchor as string), String(anchor));
});

t.test('its commands are verbs of the program', async (t) => {
  const commands = [...page.replaceAll('\n', ' ').matchAll(/`resource-share ([a-z-]+(?: [a-z-]+)?)/g)];
  for (const words of new Set(commands.map(([, text]) => text as string))) {
    const { code, stderr } = await run([...words.split(' '), '--help']);
    t.equal(code, 0, `${words}: ${stderr}`);
  }
});

const original = join(temporaryFolder(t), 'data');
t.before(() => makeLedger(original));

interface Symptom {
  readonly section: string;
  /** As `id: state`. */
  readonly finds: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether a daemon runs meanwhile. */
  readonly runs?: true;
  breakIt(ledger: DoctoredLedger, t: Test): unknown;
  /** Does what the section says, with the words that it says. */
  mend?(ledger: DoctoredLedger, say: (text: string) => void): Promise<Ran>;
}

const symptoms: Readonly<Record<string, Symptom>> = {
  'a setting that cannot be used': {
    section: 'It does not start',
    finds: 'settings: fault',
    env: { RESOURCE_SHARE_PORT: 'many' },
    breakIt: () => undefined,
  },
  'a ledger of a newer release': {
    section: 'It does not start',
    finds: 'ledger: fault',
    breakIt: ({ file }) => sql(file, 'PRAGMA user_version = 9999'),
  },
  'a variable that is spelled wrongly': {
    section: 'A change has no effect',
    finds: 'settings: warning',
    env: { RESOURCE_SHARE_PROT: '1' },
    breakIt: () => undefined,
  },
  'a key that nobody has put there': {
    section: 'A secret or a signature is wrong',
    finds: 'settings: fault',
    env: { RESOURCE_SHARE_KEY: 'changeme-changeme-changeme' },
    breakIt: () => undefined,
  },
  'what a killed daemon left behind': {
    section: 'The database is locked',
    finds: 'writer: warning',
    breakIt: ({ data }) => writeFileSync(join(data, 'writer.json'), '{"pid":999999999,"host":"elsewhere","since":""}'),
    mend({ data }, say) {
      say('doctor --fix');
      return run(['doctor', '--fix', '--data', data], { env: { RESOURCE_SHARE_PORT: '0' } });
    },
  },
  'a job that failed as often as it may': {
    section: 'Jobs are not done',
    finds: 'jobs: warning',
    breakIt: ({ file }) => sql(file, jobRow('backup', 'dead', 0)),
    async mend({ data }, say) {
      say('jobs list --state dead');
      const { stdout } = await onData(data)('jobs', 'list', '--state', 'dead', '--json');
      say('jobs discard ID');
      return onData(data)('jobs', 'discard', /"id": ?"(\w+)"/.exec(stdout)?.[1] ?? '');
    },
  },
  'rows that are gone': {
    section: 'The tables are wrong',
    finds: 'projections: fault',
    runs: true,
    breakIt: ({ file }) => sql(file, 'DELETE FROM resource_share_increments'),
    mend({ data }, say) {
      say('resource-share replay');
      return onData(data)('replay');
    },
  },
  'a log that is ahead of the clock': {
    section: 'The clock is wrong',
    finds: 'clock: fault',
    breakIt: ({ file }) => sql(file, 'UPDATE pools SET head_recorded_at = head_recorded_at + 86400000'),
  },
  'readings that have stopped': {
    section: 'The quota is not read',
    finds: 'readings: warning',
    runs: true,
    async breakIt({ data }) {
      for (const hours of [12, 11, 10])
        await onData(data)('quota', 'record', '--week', String(30 - hours), '--at', `${hours}h`);
    },
    mend({ data }, say) {
      say('tells it');
      return onData(data)('quota', 'record', '--week', '31');
    },
  },
};

for (const [name, { section, finds, env = {}, runs, breakIt, mend }] of Object.entries(symptoms)) {
  t.test(`${section}: ${name}`, async (t) => {
    const made = await copyOfLedger(t, original);
    const daemon = runs === true ? await spawnDaemon(made.data) : null;
    t.teardown(() => daemon?.stop());
    await breakIt(made, t);
    const found = wrong((await made.doctor([], env)).found);
    t.ok(found.includes(finds), finds, { found });
    const [id] = finds.split(': ');
    t.match(sectionOf(section), new RegExp(`\`doctor\`[^.]*\`${id}\`|\`doctor\`: \`${id}\``), 'the section names it');
    if (mend === undefined) return;
    const { code, stderr } = await mend(made, (text) =>
      t.ok(sectionOf(section).replaceAll('\n', ' ').includes(text), `the section says ${text}`),
    );
    t.ok(code === 0 || code === 1, stderr);
    t.same(wrong((await made.doctor([], env)).found), [], 'it is put right');
  });
}

t.test('how it ends where it does not start', async (t) => {
  const made = await copyOfLedger(t, original);
  const serve = (env = {}) => run(['serve', '--port', '0', '--data', made.data], { env });
  const codes = new Map(
    [...sectionOf('It does not start').matchAll(/^\| (\d+) \| (.*?) \|/gm)].map(([, code, text]) => [
      Number(code),
      text,
    ]),
  );
  const ends = async (ran: Promise<Ran>, code: number) => {
    t.equal((await ran).code, code);
    t.ok(codes.has(code), `${code} is on the page`);
  };
  await ends(serve({ RESOURCE_SHARE_LOG_LEVEL: 'loud' }), 64);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  await ends(run(['serve', '--port', String(port), '--data', made.data]), 2);
  t.match(
    (await made.doctor([], { RESOURCE_SHARE_PORT: String(port) })).found.find(({ id }) => id === 'port'),
    {
      state: 'fault',
      text: new RegExp(`process ${process.pid}`),
    },
  );
  t.match(sectionOf('The port is taken'), /`doctor`: `port`/);
  sql(made.file, 'PRAGMA user_version = 9999');
  await ends(serve(), 78);
});

t.test('a ledger that another process has, until that ends', async (t) => {
  const made = await copyOfLedger(t, original);
  const first: Daemon = await spawnDoomedDaemon(made.data);
  const refused = await run(['serve', '--port', '0', '--data', made.data]);
  t.equal(refused.code, 2);
  t.match(refused.stderr, new RegExp(String(first.pid)), 'it is told which');
  t.match(sectionOf('The database is locked'), /`kill -9 PID`/);
  first.process.kill('SIGKILL');
  await first.ended;
  const second = await spawnDaemon(made.data);
  t.same(wrong((await made.doctor()).found), [], 'it starts again, and all is well');
  await second.stop();
});
