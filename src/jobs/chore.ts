/**
 * A chore: what each daemon does for itself, by a timer, without a trace in the tables. What one daemon of all is to do, or what is to be
 * made up for when no daemon ran, is a job (`job.ts`).
 */
import type { Logger } from 'pino';
import type { Ledger } from '../ledger/ledger.js';
import type { WorkFigures } from './figures.js';

export interface Chore {
  /** Its name, which is also that of its file. */
  readonly kind: string;
  /** A chore without one is done once, when the daemon starts. */
  readonly schedule?: { readonly everyMs: number; readonly atStart: boolean };
  /** Aborted, a run ends at its next step: the ledger is closed only after it. */
  run(context: ChoreContext, signal: AbortSignal): Promise<void>;
}

export interface ChoreContext {
  readonly ledger: Ledger;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** Left out where nobody asks for them. */
  readonly figures?: WorkFigures | undefined;
}
