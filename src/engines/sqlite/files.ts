/** What the files of a data directory are called. */

export const databaseName = 'resource_tracking.db';
