/** Extends the trees of the logs, signs checkpoints of them, and tells people of a log that is not the one that was signed. */
import type { PoolId } from '../events/scalars.js';
import { logRewritten } from '../ledger/own-commands.js';
import type { Checkpoints } from '../trust/checkpoints.js';
import type { Chore } from './chore.js';

export function extendTrees(checkpoints: Checkpoints, everyMs: number): Chore {
  /** What was said: it is not said again each time. */
  let told: ReadonlySet<string> = new Set();
  return {
    kind: 'extend-trees',
    schedule: { everyMs, atStart: true },
    async run({ ledger, log }, signal) {
      await checkpoints.sign(signal);
      const { rewritten, away } = checkpoints;
      const texts = new Set<string>();
      for (const { pool, text } of rewritten) {
        texts.add(text);
        if (told.has(text)) continue;
        log.error({ pool }, `the log of ${pool} is not the one that was signed: ${text}`);
        await ledger.submitOne(pool, logRewritten(text));
      }
      for (const [sink, reason] of away) {
        const text = `checkpoints do not reach ${sink}: ${reason}`;
        texts.add(text);
        if (!told.has(text)) log.warn(text);
      }
      for (const pool of ledger.poolNames) {
        const lack = checkpoints.unwitnessed(pool as PoolId);
        const text = `the pool ${pool} lacks witnesses: ${lack}`;
        if (lack === null) continue;
        texts.add(text);
        if (!told.has(text)) log.warn(text);
      }
      told = texts;
    },
  };
}
