/** A process that archives a pool in small steps and says after each how far it is, until it is killed or done. Its arguments: place, pool, step. */
import { openEngine } from '../../src/engines/open.js';
import type { PoolId } from '../../src/events/scalars.js';

const [, , place, pool, step] = process.argv as [string, string, string, PoolId, string];
const engine = await openEngine(place, 'writer', { inline: true });
let archived = (await engine.segments(pool)).at(-1)?.last.seq ?? 0;
process.stdout.write('ready\n');
for (;;) {
  const segment = await engine.archiveSegment(pool, archived + Number(step));
  if (segment === null) break;
  archived = segment.last.seq;
  process.stdout.write(`${archived}\n`);
}
await engine.close();
