/**
 * Goal: a daemon that is killed at any moment, under load, has every report it acknowledged, none of them twice, and
 * an unbroken chain. 50 rounds of SIGKILL over one database.
 */
import t from 'tap';
import { chainFault, genesisHash } from '../../src/events/chain.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { replay } from '../../src/replay/replay.js';
import { systemClock } from '../../src/runtime/clock.js';
import { spawnDoomedDaemon } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { randomSource } from '../support/random.js';

const rounds = 50;
const clients = 6;
const seed = Number(process.env.SEED ?? 20_261);

interface Report {
  readonly key: string;
  readonly cost: number;
  acknowledged: boolean;
}

t.test('survives 50 kills under load', { timeout: 420_000 }, async (t) => {
  const place = await variant.place(t);
  const random = randomSource(seed);
  t.comment(`seed ${seed}`);
  const reports: Report[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const daemon = await spawnDoomedDaemon(place);
    const unanswered = reports.filter((report) => !report.acknowledged);
    let sent = 0;
    const killAfter = 20 + Math.floor(random() * 300);
    const running = { alive: true };
    const drivers = Array.from({ length: clients }, async (_, client) => {
      while (running.alive) {
        const batch = unanswered.splice(0, 3);
        const size = client % 2 === 0 ? 1 : 1 + Math.floor(random() * 20);
        while (batch.length < size) {
          const report = {
            key: `r${round}-c${client}-${reports.length}`,
            cost: 1 + Math.floor(random() * 5_000),
            acknowledged: false,
          };
          reports.push(report);
          batch.push(report);
        }
        await send(daemon.url, batch, client % 3 === 0);
        sent += batch.length;
        if (sent > killAfter && running.alive) {
          running.alive = false;
          daemon.process.kill('SIGKILL');
        }
      }
    });
    await Promise.all(drivers);
    await daemon.ended;
  }

  const events = await allEvents(place);
  const first = events.find((event, i) =>
    chainFault(events[i - 1] ?? { seq: 0, hash: genesisHash, recorded_at: 0 }, event),
  );
  t.equal(first, undefined, 'the chain is unbroken');

  const byKey = new Map<string, number>();
  let cost = 0;
  for (const event of events) {
    if (event.key === null || event.type !== 'usage.recorded') continue;
    byKey.set(event.key, (byKey.get(event.key) ?? 0) + 1);
    cost += JSON.parse(event.payload).cost_micro_usd;
  }
  const acknowledged = reports.filter((report) => report.acknowledged);
  t.ok(acknowledged.length > rounds * clients, `${acknowledged.length} reports were acknowledged`);
  t.same(
    acknowledged.filter(({ key }) => byKey.get(key) !== 1).map(({ key }) => key),
    [],
    'every acknowledged report is there exactly once',
  );
  t.same(
    [...byKey].filter(([, count]) => count !== 1),
    [],
    'no report is there twice, acknowledged or not',
  );

  const { identical, sum } = await checkTables(place);
  t.ok(identical, 'the tables are what a replay gives');
  t.equal(sum, cost, 'the increments add up to the reports in the log');
});

/** Marks as acknowledged what the daemon says is durable; an error leaves them to be sent again. */
async function send(url: string, batch: readonly Report[], asLines: boolean): Promise<void> {
  const commands = batch.map(({ key, cost }) => ({
    type: 'usage.recorded',
    key,
    payload: { name: `Agent ${key.length % 4}`, mode: 'autonomy', cost_micro_usd: cost },
  }));
  const text = asLines ? commands.map((command) => JSON.stringify(command)).join('\n') : JSON.stringify(commands);
  try {
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': asLines ? 'application/x-ndjson' : 'application/json' },
      body: text,
      signal: AbortSignal.timeout(10_000),
    });
    const body = await response.text();
    const outcomes = asLines
      ? body
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : JSON.parse(body);
    for (const [i, outcome] of outcomes.entries()) {
      const report = batch[i];
      if (report !== undefined && (outcome.status === 'recorded' || outcome.status === 'repeated'))
        report.acknowledged = true;
    }
  } catch {
    // The daemon was killed meanwhile.
  }
}

async function allEvents(place: string): Promise<StoredEvent[]> {
  const engine = await variant.open(place, 'reader');
  try {
    return await engine.readEvents('default' as PoolId, { limit: 1_000_000 });
  } finally {
    await engine.close();
  }
}

async function checkTables(place: string): Promise<{ identical: boolean; sum: number }> {
  const engine = await variant.open(place, 'replayer');
  try {
    const { identical } = await replay(engine, systemClock, { check: true });
    const [row] = await engine.query<{ sum: number }>(
      'SELECT sum(cost_micro_usd) AS sum FROM resource_share_increments',
    );
    return { identical, sum: row?.sum ?? 0 };
  } finally {
    await engine.close();
  }
}
