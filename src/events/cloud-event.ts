/** CloudEvents that carry a command: their type is this, and the type of the command; their data is its payload. */
export const commandPrefix = 'resource-share.';
