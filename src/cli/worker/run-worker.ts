/** A worker in this process, until a signal ends it. */
import { pino } from 'pino';
import type { WorkSettings } from '../../daemon/background-work.js';
import { BackgroundWork } from '../../daemon/background-work.js';
import { logDestination } from '../../daemon/log-destination.js';
import { type LedgerOptions, openLedger } from '../../daemon/open-ledger.js';
import { usageError } from '../exit.js';
import { printLine } from '../output.js';

export async function runWorker(options: LedgerOptions, settings: WorkSettings): Promise<void> {
  const ledger = await openLedger(options);
  try {
    const background = new BackgroundWork(ledger, settings);
    const known = background.work.jobs.map(({ kind }) => kind);
    const strange = settings.only?.find((kind) => !known.includes(kind));
    if (strange !== undefined) throw usageError(`${strange} is none of: ${known.join(', ')}`);
    background.start(pino({ base: null }, await logDestination()));
    printLine(`Doing jobs of ${ledger.location}: ${(settings.only ?? known).join(', ')}`);
    await signal();
    await background.stop();
  } finally {
    await ledger.close();
  }
}

export const signal = (): Promise<NodeJS.Signals> =>
  new Promise((done) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, done);
  });
