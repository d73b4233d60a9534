/**
 * Goal: the machine is gone, and the ledger goes on elsewhere: a backup that was killed half-way and made again is restored in a new
 * place, where events, tables and export are the same, and clients that knew the old ledger's key and have its API keys notice nothing.
 * EVENTS=100000 takes a long log.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { run } from '../cli/run.js';
import { ageKey } from '../support/backup-keys.js';
import { growMixed } from '../support/backups.js';
import { ManualClock } from '../support/clock.js';
import { databaseFlags, spawnDaemonIn } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { hours } from '../support/fold.js';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/free-port.js';
import { temporaryLedger } from '../support/ledger.js';
import { MixedHistory } from '../support/mixed.js';
import { noData, noSettings, program } from '../support/program.js';

const events = Number(process.env.EVENTS ?? 600);
const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } as const;

/** Why it was not recorded. */
const causeOf = (outcome: object): string => ('cause' in outcome ? (outcome.cause as Error).message : '');

const digestOf = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex');

t.test(`the machine of a ledger on ${variant.name} is gone`, { timeout: 300_000 + events * 20 }, async (t) => {
  const home = temporaryFolder(t);
  const port = await freePort();
  const { identity, recipient } = await ageKey(t);
  const [place, elsewhere] = [await variant.place(t, { calm: true }), await variant.place(t, { calm: true })];
  const signing = (name: string) => ({
    RESOURCE_SHARE_CHECKPOINTS_KEYS: join(home, name),
    RESOURCE_SHARE_CHECKPOINTS_EVERY_S: '1',
  });
  const daemonAt = (where: string, name: string) => spawnDaemonIn(signing(name), where, '--port', String(port));
  const verb = async (where: string, name: string, ...args: readonly string[]) => {
    const ran = await run([...args, ...databaseFlags(where)], { env: signing(name), cwd: home });
    if (ran.code !== 0) throw new Error(`${args.join(' ')} ended with ${ran.code}: ${ran.stderr}`);
    return ran.stdout;
  };

  const clock = new ManualClock(Date.now() - hours(Math.ceil(events / 100) + 50));
  const grown = await temporaryLedger(t, { place, clock });
  await growMixed(grown, new MixedHistory(5, clock.now()), events);
  await grown.close();

  const before = await daemonAt(place, 'old');
  const url = `http://127.0.0.1:${port}`;
  await verb(place, 'old', 'keys', 'create', '--scope', 'ingest', '--to-file', join(home, 'client.key'));
  const key = readFileSync(join(home, 'client.key'), 'utf8').trim();
  const spool = join(home, 'spool');
  const knownLedgers = join(spool, 'known-ledgers.json');
  const reporter = new UsageReporter({ url, key, spool, knownLedgers, timeoutMs: 20_000, checkMsEvery: 0 });
  const whoami = { headers: { authorization: `Bearer ${key}` } };
  // Other nodes of a server know a key a little later than who made it.
  while ((await fetch(`${url}/v1/whoami`, whoami)).status !== 200) await wait(100);
  const pinned = (): { key: string | null; note: string | null } =>
    Object.values(JSON.parse(readFileSync(knownLedgers, 'utf8')))[0] as never;
  for (let asked = 0; asked === 0 || (pinned().note === null && asked < 120); asked += 1) {
    const outcome = await reporter.report(use);
    t.equal(outcome.status, 'recorded', `the client is known ${causeOf(outcome)}`);
    await wait(250);
  }
  const ledgerKey = pinned().key;

  const folder = join(home, 'backups');
  const create = ['backup', 'create', '--folder', folder, '--recipient', recipient];
  const doomed = spawn(process.execPath, [program, ...create, ...databaseFlags(place)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...signing('old'), XDG_CONFIG_HOME: noSettings, XDG_DATA_HOME: noData },
  });
  const died = once(doomed, 'exit');
  doomed.stderr.once('data', () => doomed.kill('SIGKILL'));
  await died;
  const made = JSON.parse(await verb(place, 'old', ...create, '--json'));
  const { seq } = made.pools[0];
  const exported = (await verb(place, 'old', 'export')).trimEnd().split('\n').slice(0, seq);
  t.match(await verb(place, 'old', 'backup', 'verify', '--folder', folder, '--identity', identity), /as the log says/);

  before.process.kill('SIGKILL');
  await before.ended;
  rmSync(join(home, 'old'), { recursive: true });
  const restore = ['backup', 'restore', made.id, '--folder', folder, '--identity', identity];
  t.match(await verb(elsewhere, 'new', ...restore, '--json'), /"lost": \[\]/);
  t.match(await verb(elsewhere, 'new', 'verify'), /the chain is whole/);
  t.match(await verb(elsewhere, 'new', 'replay', '--check'), /The tables are as the log says/);
  t.equal(digestOf((await verb(elsewhere, 'new', 'export')).trimEnd().split('\n')), digestOf(exported));

  const after = await daemonAt(elsewhere, 'new');
  t.teardown(() => after.stop());
  const answer = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify([{ type: 'usage.recorded', payload: use }]),
  });
  t.equal(answer.status, 200, await answer.text());
  const unknown = await fetch(`${url}/v1/events`, {
    headers: { authorization: `Bearer ${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}` },
  });
  t.equal(unknown.status, 401);
  // The new daemon has signed, and the client has asked it for a proof that it goes on.
  const noteBefore = pinned().note;
  for (let asked = 0; pinned().note === noteBefore && asked < 60; asked += 1) {
    const outcome = await reporter.report(use);
    t.equal(outcome.status, 'recorded', `the client works on ${causeOf(outcome)}`);
    await wait(250);
  }
  t.not(pinned().note, noteBefore);
  t.equal(pinned().key, ledgerKey, 'by the key that it knew');
});
