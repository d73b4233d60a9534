/** How this program has V8 run it. */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/**
 * Where there are no more than two processors, both are busy under load: the thread that requests wait for and the one that writes. V8 would
 * collect young objects with helpers, which take the processors from those two, and are waited for until they had theirs.
 * Must be called before there is much to do; it is for the whole process.
 */
export function tuneRuntime(): void {
  if (availableParallelism() <= 2) setFlagsFromString('--no-parallel-scavenge');
}
