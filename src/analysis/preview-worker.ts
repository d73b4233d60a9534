/** Entry point of the thread that works out what the last week would have been. */
import { constants, platform, setPriority } from 'node:os';
import { openEngine } from '../engines/open.js';
import { LedgerView } from '../ledger/view.js';
import { systemClock } from '../runtime/clock.js';
import { serveThread } from '../runtime/thread.js';
import { spanOf } from './analyse.js';
import { type Comparison, compare } from './compare.js';
import { counterfactual } from './counterfactual.js';
import type { PreviewJob } from './preview.js';

const weekMs = 604_800_000;

async function run({ database, pool, change, weights }: PreviewJob): Promise<Comparison> {
  const engine = await openEngine(database, 'reader', { inline: true });
  try {
    const clock = { ...systemClock, now: () => engine.wall() };
    const view = await LedgerView.open(engine, pool, { database, clock });
    const newest = view.record.head.recorded_at;
    // Up to the newest event: of a ledger at rest, the last week in which something happened.
    const since = { at: () => (newest - weekMs) as never };
    const until = { at: () => (newest + 1) as never };
    return compare(await counterfactual(view, await spanOf(view, { since, until }), change, weights));
  } finally {
    await engine.close();
  }
}

// Requests go first. Only on Linux does a thread have a priority of its own, and gives it to the threads it starts.
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

serveThread(run);
