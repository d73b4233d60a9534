/** Entry point of a thread that helps to walk a chain: the first request opens its database, each further one is a walk. */
import type { Engine } from '../engines/engine.js';
import { openEngine } from '../engines/open.js';
import { serveThread } from '../runtime/thread.js';
import { type Break, walkRanges } from './walk-ranges.js';
import type { WalkRequest } from './walk-thread.js';

let engine: Engine | null = null;

serveThread<WalkRequest, Break | null>(async ({ database, walk }) => {
  if (walk === null) {
    await engine?.close();
    return null;
  }
  engine ??= await openEngine(database, 'reader', { inline: true });
  const steps = walkRanges(engine, walk);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
});
