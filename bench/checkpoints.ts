/** Signed checkpoints: how fast a tree is extended, and what they cost whoever appends. */
import { join } from 'node:path';
import type { Ledger } from '../src/ledger/ledger.js';
import { CheckpointKeys } from '../src/trust/checkpoint-keys.js';
import { Checkpoints } from '../src/trust/checkpoints.js';
import { extendTree } from '../src/trust/tree-log.js';
import { GrowingTree } from '../src/trust/tree-tiles.js';
import type { Benchmark, Scale } from './benchmark.js';
import { median, perSecond, runsOf, withFolder } from './measure.js';
import { command, openLedger, pool, report } from './reports.js';

const batch = 100;
const senders = 16;
const pairs = 15;

export const checkpoints: Benchmark = {
  title: 'Signed checkpoints',
  question: `Events per second by which a tree grows, in memory, and from the log into tiles that are kept. And the processor time of appending with a checkpoint of it all at the end, against without: single reports of ${senders} senders, and batches of ${batch}, 20,000 events each, which single reports make in two seconds and a daemon signs for a minute; medians of ${pairs} pairs, one after the other.`,
  async run(scale) {
    const events = scale.quick ? 2_000 : 20_000;
    const growing: number[] = [];
    const stored: number[] = [];
    for (const _ of runsOf(scale, 'extending trees')) {
      growing.push(growingRate(scale.quick ? 20_000 : 500_000));
      stored.push(await storedRate(events));
    }
    const single = await appendPairs(scale, events, sendSingly);
    const batches = await appendPairs(scale, events, sendBatches);
    const target = { atLeast: 100_000 };
    return {
      figures: [
        { name: 'a tree in memory', value: median(growing), unit: 'events/s', target },
        { name: 'from the log into tiles', value: median(stored), unit: 'events/s', target },
        { ...single, name: 'single reports, with checkpoints', target: { atMost: 1.03, ratio: true } },
        { ...batches, name: `batches of ${batch}, with checkpoints` },
      ],
    };
  },
};

function growingRate(events: number): number {
  const tree = new GrowingTree();
  const hashes = Buffer.alloc(1_000 * 32, 7);
  const started = performance.now();
  for (let done = 0; done < events; done += 1_000) {
    tree.append(hashes);
    if (done % 65_000 === 0) tree.take();
  }
  return perSecond(events, started);
}

const commands = Array.from({ length: batch }, (_, i) => command(report(i)));

const storedRate = (events: number): Promise<number> =>
  withFolder(async (folder) => {
    const ledger = await openLedger(folder);
    for (let done = 0; done < events; done += batch) await ledger.submit(pool, { commands });
    const started = performance.now();
    const size = await extendTree(ledger.treeStore, ledger.clock, pool);
    const rate = perSecond(size, started);
    await ledger.close();
    return rate;
  });

type Send = (ledger: Ledger, events: number) => Promise<void>;

async function sendBatches(ledger: Ledger, events: number): Promise<void> {
  for (let done = 0; done < events; done += batch) await ledger.submit(pool, { commands });
}

async function sendSingly(ledger: Ledger, events: number): Promise<void> {
  let next = 0;
  const send = async () => {
    while (next < events) {
      next += 1;
      await ledger.submitOne(pool, commands[next % batch] as (typeof commands)[number]);
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
}

async function appendPairs(scale: Scale, events: number, send: Send) {
  const on: number[] = [];
  const off: number[] = [];
  for (let pair = 0; pair < (scale.quick ? 1 : pairs); pair += 1) {
    // Whichever is first finds the machine as the one before left it.
    const order = pair % 2 === 0 ? [on, off] : [off, on];
    for (const times of order) times.push(await appendTime(events, send, times === on));
  }
  return {
    value: median(on),
    unit: 'µs of processor time an event',
    baseline: { name: 'without', value: median(off) },
  };
}

/** In microseconds of processor time an event, of all threads. */
const appendTime = (events: number, send: Send, isSigned: boolean): Promise<number> =>
  withFolder(async (folder) => {
    const ledger = await openLedger(join(folder, 'data'));
    const signed = new Checkpoints(ledger.treeStore, ledger.clock, await CheckpointKeys.open(join(folder, 'keys')));
    await sendBatches(ledger, batch * 5);
    await signed.sign();
    const before = process.cpuUsage();
    await send(ledger, events);
    if (isSigned) await signed.sign();
    const { user, system } = process.cpuUsage(before);
    await ledger.close();
    return (user + system) / events;
  });
