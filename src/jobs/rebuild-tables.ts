/** Rebuilds tables that were built by the rules of another release: they may be wrong until then. */
import { Problem } from '../problems.js';
import type { Chore } from './chore.js';

export const rebuildTables: Chore = {
  kind: 'rebuild-tables',
  async run({ ledger, log }, signal) {
    const projections = await ledger.outdatedProjections();
    if (projections.length === 0) return;
    log.warn(
      { projections },
      'these tables were built by other rules and are being rebuilt; until then they may be wrong',
    );
    try {
      for await (const { events, total } of ledger.replay({ projections }, signal)) {
        log.debug({ events, total }, 'rebuilding');
      }
      log.info({ projections }, 'the tables are rebuilt');
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'replay_running')) throw error;
      log.info({ projections }, 'another process rebuilds the tables');
    }
  },
};
