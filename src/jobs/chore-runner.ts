/**
 * Does the chores of a daemon, each by its schedule, until the signal is aborted. A run that fails is logged, once as long as it fails in the
 * same way; the next one tries again.
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../runtime/clock.js';
import { StorageError } from '../storage-error.js';
import type { Chore, ChoreContext } from './chore.js';
import type { ChoreFigures } from './figures.js';

/** Gives what waits, once the signal is aborted, for the runs under way. */
export function runChores(
  chores: readonly Chore[],
  context: ChoreContext,
  clock: Clock,
  signal: AbortSignal,
): () => Promise<void> {
  // Each chore listens to it, and what it does may: that is as many as there are chores, and no leak.
  setMaxListeners(0, signal);
  const running = new Map<string, Promise<void>>();
  const said = new Map<string, string>();
  for (const chore of chores) {
    context.figures?.chore(notRun(chore));
    const run = async () => {
      if (running.has(chore.kind)) return;
      running.set(
        chore.kind,
        runNoted(chore, context, clock, () => runOnce(chore, context, said, signal)),
      );
      await running.get(chore.kind);
      running.delete(chore.kind);
    };
    if (chore.schedule === undefined || chore.schedule.atStart) void run();
    if (chore.schedule !== undefined) clock.every(chore.schedule.everyMs, signal, run);
  }
  return async () => {
    await Promise.all(running.values());
  };
}

const notRun = ({ kind, schedule }: Chore): ChoreFigures => ({
  kind,
  everyMs: schedule?.everyMs ?? null,
  startedAt: null,
  tookMs: null,
  error: null,
});

/** People are shown when it ran last, and what came of it. `run` gives why it failed. */
async function runNoted(
  chore: Chore,
  { figures }: ChoreContext,
  clock: Clock,
  run: () => Promise<string | null>,
): Promise<void> {
  const began = clock.elapsed();
  const started = { ...notRun(chore), startedAt: clock.now() };
  figures?.chore(started);
  const error = await run();
  figures?.chore({ ...started, tookMs: clock.elapsed() - began, error });
}

/** Why it failed; null where it did not. */
async function runOnce(
  chore: Chore,
  context: ChoreContext,
  said: Map<string, string>,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    await chore.run(context, signal);
    said.delete(chore.kind);
    return null;
  } catch (error) {
    // That the storage is gone is said by who looks after it.
    const { message } = error as Error;
    if (signal.aborted || (error instanceof StorageError && error.reason === 'gone')) return message;
    if (said.get(chore.kind) === message) return message;
    said.set(chore.kind, message);
    context.log.error({ err: error, chore: chore.kind }, 'a chore failed; its next run tries again');
    return message;
  }
}
