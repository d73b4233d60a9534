/** `audit`: questions to the log: what happened, why, what was known when, and what changed in between. */
import type { Command } from 'commander';
import { addExamples } from '../options.js';
import * as asOf from './audit-as-of.js';
import * as diff from './audit-diff.js';
import * as events from './audit-events.js';
import * as explain from './audit-explain.js';

export function define(command: Command): void {
  for (const part of [events, explain, asOf, diff]) part.define(command);
  addExamples(
    command,
    'audit events --type identity.merged --since 30d',
    'audit explain --identity Ada',
    'audit as-of allocations --time 2026-01-05T09:30:00Z',
    'audit diff daily --from-seq 1000 --to-seq 2000',
  );
}
