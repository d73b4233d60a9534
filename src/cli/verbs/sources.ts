/** `sources`: what of other programs' data can be read, and what it would be recorded as. */
import type { Command } from 'commander';
import { addExamples } from '../options.js';
import * as explain from './sources-explain.js';
import * as list from './sources-list.js';
import * as read from './sources-read.js';
import * as test from './sources-test.js';

export function define(command: Command): void {
  for (const part of [list, read, test, explain]) part.define(command);
  addExamples(
    command,
    'sources list',
    'sources read claude-transcript ~/.claude',
    'sources test claude-transcript',
    'sources explain .',
  );
}
