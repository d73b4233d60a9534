// Goal: a ledger whose end is missing, because its write-ahead log or its database was removed or an older copy was put in its place, is not taken for a whole one; one that only crashed is.

import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openEngine } from '../../src/engines/open.js';
import type { PoolId } from '../../src/events/scalars.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { systemClock } from '../../src/runtime/clock.js';
import { onData, type Ran, run, spawnNode } from '../cli/run.js';
import { ManualClock } from '../support/clock.js';
import { usage } from '../support/command.js';
import { type Daemon, spawnDaemon, spawnDoomedDaemon } from '../support/daemon.js';
import { hours, minutes, noon } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { program } from '../support/program.js';

const pool = 'default' as PoolId;
const database = (data: string) => join(data, 'resource_tracking.db');
const headFile = (data: string) => join(data, 'resource_tracking.head.json');

/** Seq that the head file names for the pool `default`; 0 where it names none. */
function savedSeq(data: string): number {
  if (!existsSync(headFile(data))) return 0;
  const heads = JSON.parse(readFileSync(headFile(data), 'utf8')) as { pool: string; seq: number }[];
  return heads.find((head) => head.pool === 'default')?.seq ?? 0;
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = systemClock.elapsed() + 60_000;
  while (!isSo()) {
    if (systemClock.elapsed() > deadline) throw new Error(`not within 60 s: ${what}`);
    await systemClock.sleep(10);
  }
}

async function report({ url }: Daemon, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const response = await fetch(`${url}/resource-share/increment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 }),
    });
    if (response.status !== 200) throw new Error(`a report was answered with ${response.status}`);
  }
}

/** A start that is to be refused; one that is not is ended. */
async function serve(data: string): Promise<Ran> {
  const child = spawnNode([program, 'serve', '--port', '0', '--data', data]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdout.once('data', () => child.kill());
  const [code] = await once(child, 'close');
  return { code, stdout: '', stderr };
}

async function kill({ process, ended }: Daemon): Promise<void> {
  process.kill('SIGKILL');
  await ended;
}

async function headOf({ url }: Daemon): Promise<{ readonly seq: number }> {
  return (await (await fetch(`${url}/v1/head`)).json()) as { seq: number };
}

/** A ledger that is not a minute old, whose daemon was killed once its head was on the disk. */
async function young(t: Scope): Promise<{ readonly data: string; readonly seq: number }> {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await spawnDoomedDaemon(data);
  t.teardown(() => kill(daemon));
  await report(daemon, 5);
  const { seq } = await headOf(daemon);
  await until(() => savedSeq(data) === seq, 'the head is saved').catch(() => undefined);
  await kill(daemon);
  return { data, seq };
}

const removeDatabase = (data: string) => {
  for (const name of readdirSync(data)) if (name.startsWith('resource_tracking.db')) rmSync(join(data, name));
};

for (const [what, lose, words] of [
  [
    'its write-ahead log',
    (data: string) => rmSync(`${database(data)}-wal`),
    /default is gone, but its log had reached/,
  ],
  ['its database', removeDatabase, /default is gone, but its log had reached/],
] as const) {
  t.test(`a young ledger without ${what} is refused`, async (t) => {
    const { data, seq } = await young(t);
    lose(data);
    const on = onData(data);
    for (const [verb, refused] of [
      ['serve', await serve(data)],
      ['usage record', await on('usage', 'record', 'Ada', '--cost', '1')],
    ] as const) {
      const { code, stderr } = refused;
      t.equal(code, 2, verb);
      t.match(stderr, words, verb);
      t.match(stderr, new RegExp(`event ${seq} `), verb);
      t.match(stderr, /-wal.*--accept-loss/, verb);
    }
    t.equal(savedSeq(data), seq, 'the head file stays');
    t.not((await on('verify')).code, 0);
    t.not((await on('verify', '--allow-empty')).code, 0, 'it is no new ledger');

    const daemon = await spawnDaemon(data, '--accept-loss');
    t.teardown(() => daemon.stop());
    const { events } = (await (await fetch(`${daemon.url}/v1/events?type=alert.raised`)).json()) as {
      events: readonly object[];
    };
    t.match(events, [{ payload: { rule: 'events-lost', text: /default is gone, but its log had reached event \d+/ } }]);
    const head = await headOf(daemon);
    t.equal(await daemon.stop(), 0);
    t.equal(savedSeq(data), head.seq, 'the head file says what there is now');
    t.match(await on('usage', 'record', 'Ada', '--cost', '1'), { code: 0 });
    t.match(await on('verify'), { code: 0, stderr: /events in/ });
  });
}

t.test('an older copy is refused, too, and what is put back is taken again', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const on = onData(data);
  const record = () => on('usage', 'record', 'Ada', '--cost', '1');
  await record();
  copyFileSync(database(data), join(data, 'older'));
  await record();
  const seq = savedSeq(data);
  renameSync(database(data), join(data, 'newer'));
  copyFileSync(join(data, 'older'), database(data));
  t.match(await record(), {
    code: 2,
    stderr: new RegExp(`default ends at event ${seq - 1}, but its log had reached event ${seq}`),
  });
  const read = await on('audit', 'events');
  t.match(read, { code: 0, stderr: /warning: .*not whole/ }, 'it can be read, with a warning');
  t.match(await on('verify'), { code: 1, stdout: /1 are cut off/ });

  const meanwhile = readFileSync(headFile(data));
  rmSync(headFile(data));
  await record();
  writeFileSync(headFile(data), meanwhile, { mode: 0o600 });
  t.match(await record(), { code: 2, stderr: new RegExp(`default holds another event ${seq}`) });

  renameSync(join(data, 'newer'), database(data));
  t.match(await record(), { code: 0, stderr: '' });
  t.equal(savedSeq(data), seq + 1);
});

t.test('what was lost may come back by an import', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const on = onData(data);
  for (let i = 0; i < 3; i++) await on('usage', 'record', 'Ada', '--cost', '1');
  const seq = savedSeq(data);
  const events = join(data, 'events.ndjson');
  t.equal((await on('export', events)).code, 0);
  removeDatabase(data);
  t.match(await on('import', events), { code: 2, stderr: /--accept-loss/ });
  t.match(await on('import', events, '--accept-loss'), { code: 0, stdout: new RegExp(`is seq ${seq}`) });
  t.notMatch((await on('audit', 'events')).stdout, /alert/, 'nothing is missing');
});

t.test('a head file that is none does not go unnoticed', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const on = onData(data);
  await on('usage', 'record', 'Ada', '--cost', '1');
  writeFileSync(headFile(data), '[{"pool":"default"', { mode: 0o600 });
  t.match(await on('usage', 'record', 'Ada', '--cost', '1'), { code: 2, stderr: /head.json cannot be read/ });
  t.match(await on('usage', 'list'), { code: 0, stderr: /head.json cannot be read/ });
});

t.test('a ledger that crashed again and again is never refused', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  let seq = 0;
  for (let round = 0; round < 20; round++) {
    const daemon = await spawnDoomedDaemon(data);
    t.teardown(() => kill(daemon));
    t.ok((await headOf(daemon)).seq >= seq, 'what was acknowledged is there');
    await report(daemon, 1 + (round % 4));
    ({ seq } = await headOf(daemon));
    if (round % 3 === 0) await until(() => savedSeq(data) === seq, 'the head is saved');
    await kill(daemon);
    t.ok(savedSeq(data) <= seq, 'the head file is never ahead of the log');
  }
  const daemon = await spawnDaemon(data);
  t.equal(await daemon.stop(), 0);
  t.match(await run(['verify', '--data', data]), { code: 0 });
});

for (const [what, pass] of [
  [
    'a minute without a commit',
    async (clock: ManualClock, ledger: Ledger) => {
      clock.advance(minutes(1));
      await ledger.tend();
    },
  ],
  [
    'five minutes of commits',
    async (clock: ManualClock, ledger: Ledger) => {
      for (let i = 0; i < 9; i++) {
        clock.advance(minutes(1) / 2);
        await ledger.submitOne(pool, usage('Ada'));
        await ledger.tend();
      }
    },
  ],
] as const) {
  t.test(`after ${what} the database alone is a whole ledger`, async (t) => {
    const data = temporaryFolder(t);
    const clock = new ManualClock(noon);
    const ledger = await Ledger.open(await openEngine(data, 'writer', { clock }), {
      database: data,
      timeZone: 'UTC',
      unknownAgents: 'auto',
      clock,
    });
    t.teardown(() => ledger.close());
    await ledger.addPool(pool);
    await ledger.submitOne(pool, usage('Ada'));
    await ledger.tend();
    clock.advance(minutes(1) / 2);
    await ledger.tend();
    t.equal(statSync(database(data)).size, 4_096, 'before, it is a page without contents');
    await pass(clock, ledger);
    const copy = join(temporaryFolder(t), 'data');
    mkdirSync(copy, { mode: 0o700 });
    copyFileSync(database(data), database(copy));
    const { seq } = await ledger.head(pool);
    t.match(await run(['verify', '--data', copy]), { code: 0, stdout: `default: ${seq} events, the chain is whole` });
    clock.advance(hours(1));
    await ledger.tend();
  });
}
