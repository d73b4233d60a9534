/**
 * Goal: after a long history of every kind of event in several time zones, with a kill in the middle and a restart, the
 * tables are what a replay gives; a replay that is killed is taken up where it was; and dropped tables come back as they were.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { projections } from '../../src/projections/projector.js';
import { type Daemon, databaseFlags, spawnDaemon } from '../support/daemon.js';
import { dumpTables } from '../support/dump.js';
import { variant } from '../support/engines.js';
import { MixedHistory } from '../support/mixed.js';
import { program } from '../support/program.js';

const events = Number(process.env.EVENTS ?? 24_000);
const seed = Number(process.env.SEED ?? 99);
const zones = {
  default: 'UTC',
  london: 'Europe/London',
  'new-york': 'America/New_York',
  'lord-howe': 'Australia/Lord_Howe',
};
const chunk = 400;

t.test('a long mixed history is rebuilt to the byte', { timeout: 540_000 }, async (t) => {
  const place = await variant.place(t);
  t.comment(`seed ${seed}, ${events} commands`);
  const pools = Object.keys(zones);
  const histories = pools.map((_, i) => new MixedHistory(seed + i));

  let daemon = await spawnDaemon(place, '--time-zone', zones.default);
  for (const [pool, zone] of Object.entries(zones).slice(1)) await addPool(daemon, pool, zone);
  let sent = 0;
  let killed = false;
  while (sent < events) {
    const batches = pools.map((pool, i) => post(daemon, pool, histories[i] as MixedHistory, i % 2 === 0));
    if (!killed && sent >= events / 2) {
      killed = true;
      daemon.process.kill('SIGKILL');
      await Promise.all(batches);
      await daemon.ended;
      daemon = await spawnDaemon(place);
    } else await Promise.all(batches);
    sent += pools.length * chunk;
  }
  t.equal((await check(place)).identical, true, 'identical beside the running daemon');
  await daemon.stop();

  const cut = spawn(process.execPath, [program, 'replay', '--check', ...databaseFlags(place)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(cut.stderr, 'data');
  cut.kill('SIGKILL');
  await once(cut, 'exit');
  const after = await check(place);
  t.equal(after.identical, true, 'identical after a killed replay');
  t.ok(after.events >= sent / 2, `${after.events} events`);

  const before = await dump(place);
  await variant.meddle(place, 'DROP VIEW recent_increments; DROP VIEW usage_by_hour');
  for (const { name } of projections.flatMap(({ tables }) => tables)) await variant.meddle(place, `DROP TABLE ${name}`);
  t.equal((await run(['replay', ...databaseFlags(place)])).code, 0, 'replay with no table left');
  t.strictSame(await dump(place), before, 'the rows are the same to the byte');
  t.equal((await run(['verify', ...databaseFlags(place)])).code, 0, 'the chains are valid');
});

async function addPool({ url }: Daemon, pool: string, zone: string): Promise<void> {
  const body = JSON.stringify({ pool, time_zone: zone });
  const response = await fetch(`${url}/v1/pools`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
}

/** A batch that the kill cuts off is not known to have been recorded, and is not sent again. */
async function post({ url }: Daemon, pool: string, history: MixedHistory, advice: boolean): Promise<void> {
  const commands = history.next(chunk);
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/events?pool=${pool}&advice=${advice}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(commands),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    history.answered((await response.json()) as { status: string }[]);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

async function check(place: string): Promise<{ identical: boolean; events: number }> {
  const { out } = await run(['replay', '--check', '--json', ...databaseFlags(place)]);
  return JSON.parse(out);
}

async function run(args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (part) => {
    out += part;
  });
  const [code] = await once(child, 'close');
  return { code, out };
}

async function dump(place: string): Promise<Record<string, string[]>> {
  const engine = await variant.open(place, 'reader');
  try {
    return await dumpTables(engine);
  } finally {
    await engine.close();
  }
}
