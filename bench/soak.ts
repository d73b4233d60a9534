/**
 * Kills a real daemon again and again while clients send under keys: every ninth time while it starts, and every ninth while it
 * rebuilds its tables. Then counts what was acknowledged and is not there, and what is there twice. Both must be nothing.
 *
 *     npm run soak -- [kills] [--postgres]
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openEngine } from '../src/engines/open.js';
import { defaultPool } from '../src/events/scalars.js';
import { countText } from '../src/text/number.js';
import { spawnDaemon, spawnDoomedDaemon, spawnStarting } from '../test/support/daemon.js';
import { faultsOf, KeyedClients } from '../test/support/keyed-client.js';
import { lookAt } from '../test/support/look.js';
import { temporaryDatabase } from '../test/support/postgres.js';
import { randomSource } from '../test/support/random.js';

type Moment = 'start' | 'replay' | 'load';

const clientCount = 6;
const nowhere = 'http://127.0.0.1:9';
/** A client that is not answered tries for longer than this. */
const loadMsMax = 3_000;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { postgres: { type: 'boolean' } } });
const kills = Number(positionals[0] ?? 500);
if (!Number.isInteger(kills) || kills < 1) throw new Error(`${positionals[0]} is no number of kills`);

const tasks: (() => unknown)[] = [];
const scope = { teardown: (task: () => unknown) => void tasks.unshift(task) };
try {
  process.exitCode = await soak(values.postgres === true ? await temporaryDatabase(scope) : folder());
} finally {
  for (const task of tasks) await task();
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'resource-share-soak-'));
  scope.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function soak(place: string): Promise<number> {
  const seed = Number(process.env.SEED ?? 20_261);
  const random = randomSource(seed);
  const began = performance.now();
  let url = nowhere;
  const clients = new KeyedClients(clientCount, seed, () => url);
  const killed: Record<Moment, number> = { start: 0, replay: 0, load: 0 };
  let startMs = 700;
  for (let i = 0; i < kills; i += 1) {
    const moment = i % 9 === 4 ? 'start' : i % 9 === 8 ? 'replay' : 'load';
    killed[moment] += 1;
    if (moment === 'start') await killStarting(place, random() * startMs);
    else {
      const daemon = await spawnDoomedDaemon(place);
      startMs = daemon.readyMs;
      url = daemon.url;
      if (moment === 'replay') {
        fetch(`${url}/v1/replay`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        }).catch(() => undefined);
      }
      await answered(clients, 20 + Math.floor(random() * 300));
      daemon.process.kill('SIGKILL');
      url = nowhere;
      await daemon.ended;
    }
    if ((i + 1) % 25 === 0) say(`${i + 1} kills, ${countText(clients.answers.size)} commands answered`);
  }
  const last = await spawnDaemon(place);
  url = last.url;
  await clients.stop();
  await last.stop();
  return report(place, clients, killed, (performance.now() - began) / 1_000, seed);
}

async function killStarting(place: string, afterMs: number): Promise<void> {
  const child = spawnStarting(place);
  const ended = once(child, 'exit');
  await wait(afterMs);
  child.kill('SIGKILL');
  await ended;
}

/** Waits until so many more commands are answered, or it takes too long. */
async function answered(clients: KeyedClients, more: number): Promise<void> {
  const enough = clients.answers.size + more;
  const deadline = performance.now() + loadMsMax;
  while (clients.answers.size < enough && performance.now() < deadline) await wait(5);
}

async function report(
  place: string,
  { answers }: KeyedClients,
  killed: Record<Moment, number>,
  seconds: number,
  seed: number,
): Promise<number> {
  const engine = await openEngine(place, 'reader');
  try {
    const events = await engine.readEvents(defaultPool, { limit: 10_000_000 });
    const faults = faultsOf(events, answers);
    const lost = faults.filter((fault) => /was answered|without a receipt/.test(fault)).length;
    const doubled = faults.filter((fault) => / is at /.test(fault)).length;
    const wrong = (await lookAt(engine)).faults;
    say(
      `${kills} kills in ${Math.round(seconds)} s on ${engine.kind} (seed ${seed}): ${killed.load} under load, ${killed.start} during the start, ${killed.replay} during a replay`,
    );
    say(`${countText(answers.size)} keyed commands answered, ${countText(events.length)} events`);
    say(`${lost} lost, ${doubled} doubled; verify: ${wrong.length === 0 ? 'whole' : wrong.join('; ')}`);
    for (const fault of faults.slice(0, 20)) say(`  ${fault}`);
    return faults.length + wrong.length === 0 ? 0 : 1;
  } finally {
    await engine.close();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
