/** Opening a database for reading, for as long as a verb asks it. */
import type { LedgerOptions } from '../daemon/open-ledger.js';
import type { Engine, Loss } from '../engines/engine.js';
import type { FoldProgress, LedgerView } from '../ledger/view.js';
import { systemClock } from '../runtime/clock.js';
import { defaultPoolName } from '../settings/default-pool.js';
import type { Globals } from './options.js';
import { remark } from './output.js';
import { ProgressLine } from './progress.js';

/** Runs `ask` on a reading engine, and closes the engine. */
export async function withEngine<T>(
  { database, engineLimits }: Pick<LedgerOptions, 'database' | 'engineLimits'>,
  ask: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { openEngine } = await import('../engines/open.js');
  const engine = await openEngine(database, 'reader', { inline: true, limits: engineLimits });
  try {
    const losses = await engine.losses();
    if (losses.length > 0) await warnOfLosses(database, losses);
    return await ask(engine);
  } finally {
    await engine.close();
  }
}

async function warnOfLosses(database: string, losses: readonly Loss[]): Promise<void> {
  const { lossText } = await import('../engines/engine.js');
  remark(`warning: the ledger in ${database} is not whole: ${lossText(losses)}.`);
}

/** Runs `ask` on the pool that was named, and closes what was opened for it. */
export async function withView<T>(globals: Globals, ask: (view: LedgerView) => Promise<T>): Promise<T> {
  const { LedgerView } = await import('../ledger/view.js');
  return withEngine(globals, async (engine) => {
    const { database, pool = defaultPoolName } = globals;
    const view = await LedgerView.open(engine, pool, {
      database,
      clock: { ...systemClock, now: () => engine.wall() },
      progress: foldingLine(),
    });
    try {
      return await ask(view);
    } finally {
      await view.close();
    }
  });
}

/** A long fold of the log is shown on stderr. */
function foldingLine(): FoldProgress {
  const line = new ProgressLine('events');
  return { show: (done, total) => line.show('folding', done, total), end: () => line.end() };
}
