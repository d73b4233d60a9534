/** What the files of a data directory are called. */

export const databaseName = 'resource_tracking.db';
/** How far the log of each pool had reached. */
export const headFileName = 'resource_tracking.head.json';
