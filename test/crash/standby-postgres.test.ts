/**
 * Goal: where a standby has every commit before it is acknowledged, the loss of the primary loses nothing: the server is
 * killed under load, the standby is promoted, and the daemons go on with it by themselves.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { PoolId } from '../../src/events/scalars.js';
import { spawnDaemon } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { faultsOf, KeyedClients } from '../support/keyed-client.js';
import { PostgresServer } from '../support/postgres-server.js';

const seed = Number(process.env.SEED ?? 515);
const pool = 'default' as PoolId;
const backMsMax = 15_000;

t.test('the primary is killed under load, and its synchronous standby promoted', { timeout: 400_000 }, async (t) => {
  t.comment(`seed ${seed}`);
  const primary = await PostgresServer.temporary(t);
  const standby = await primary.standby(t, 'second');
  await primary.query(`ALTER SYSTEM SET synchronous_standby_names = 'second'`);
  await primary.query('SELECT pg_reload_conf()');
  await primary.query('CREATE DATABASE ledger');
  const place = `postgres://postgres@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/ledger`;
  const daemons = await Promise.all([spawnDaemon(place), spawnDaemon(place)]);
  t.teardown(() => {
    for (const daemon of daemons) daemon.process.kill('SIGKILL');
  });

  const sending = new KeyedClients(16, seed, (client) => (daemons[client % 2] as (typeof daemons)[0]).url);
  const reach = async (answers: number) => {
    while (sending.answers.size < answers) await sleep(20);
  };
  await reach(200);
  await primary.kill();
  const before = sending.answers.size;
  await standby.promote();
  const promoted = performance.now();
  await reach(before + 100);
  const backMs = performance.now() - promoted;
  await reach(before + 300);
  await sending.stop();

  t.ok(backMs < backMsMax, `answers again ${Math.round(backMs)} ms after the promotion`);
  const engine = await variant.open(place, 'reader');
  t.teardown(() => engine.close());
  const events = await engine.readEvents(pool, { limit: 10_000_000 });
  t.comment(`${before} commands were answered by the first server, ${sending.answers.size} in all`);
  t.strictSame(faultsOf(events, sending.answers).slice(0, 10), []);
  for (const daemon of daemons) t.equal(await daemon.stop(), 0, 'the same processes served all the time');
});
