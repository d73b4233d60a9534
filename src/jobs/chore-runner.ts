/**
 * Does the chores of a daemon, each by its schedule, until the signal is aborted. A run that fails is logged, once as long as it fails in the
 * same way; the next one tries again.
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../runtime/clock.js';
import { StorageError } from '../storage-error.js';
import type { Chore, ChoreContext } from './chore.js';

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
    const run = async () => {
      if (running.has(chore.kind)) return;
      running.set(chore.kind, runOnce(chore, context, said, signal));
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

async function runOnce(
  chore: Chore,
  context: ChoreContext,
  said: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await chore.run(context, signal);
    said.delete(chore.kind);
  } catch (error) {
    // That the storage is gone is said by who looks after it.
    if (signal.aborted || (error instanceof StorageError && error.reason === 'gone')) return;
    const { message } = error as Error;
    if (said.get(chore.kind) === message) return;
    said.set(chore.kind, message);
    context.log.error({ err: error, chore: chore.kind }, 'a chore failed; its next run tries again');
  }
}
