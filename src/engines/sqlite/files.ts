/** What the files of a data directory are called. */

export const databaseName = 'resource_tracking.db';
/** How far the log of each pool had reached. */
export const headFileName = 'resource_tracking.head.json';
/** API keys: no part of the ledger. */
export const keysName = 'keys.db';
/** Endpoints of others, and what is sent to them: no part of the ledger either. */
export const outboxName = 'outbox.db';
