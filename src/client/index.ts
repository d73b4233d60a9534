/** Reporting use to a ledger from any program. It needs nothing of the ledger itself. */
export type { BackoffSettings } from './backoff.js';
export { type FlushOutcome, type ReporterSettings, type ReportOutcome, UsageReporter } from './reporter.js';
export { SendFailure } from './sender.js';
export { SpoolError, type SpoolLimits } from './spool.js';
export type { ReportAdvice, Usage } from './usage.js';
