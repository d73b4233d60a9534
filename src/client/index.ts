/** Asking for turns and reporting use to a ledger from any program. It needs nothing of the ledger itself. */
export type { DaemonName } from './address.js';
export type { BackoffSettings } from './backoff.js';
export { type FlushOutcome, type ReporterSettings, type ReportOutcome, UsageReporter } from './reporter.js';
export { SendFailure } from './sender.js';
export { SpoolError, type SpoolLimits } from './spool.js';
export { type HeldTurn, TurnError, type TurnRefusal, type TurnRequest } from './turn-requests.js';
export { type RunningTurn, TurnClient, type TurnOptions, type TurnOutcome, type TurnSettings } from './turns.js';
export type { ReportAdvice, RunUsage, TurnUsage, Usage } from './usage.js';
