/** `import`: takes in what was recorded elsewhere: exported events, or the database of the original server. */
import type { Command } from 'commander';
import { defineCoop } from '../import/coop.js';
import { defineEvents } from '../import/events.js';
import { addExamples } from '../options.js';

export function define(command: Command): void {
  defineEvents(command);
  defineCoop(command);
  addExamples(
    command,
    'import events.ndjson --data ./restored',
    'import coop ~/coop/data/resource_tracking.db --dry-run',
  );
}
