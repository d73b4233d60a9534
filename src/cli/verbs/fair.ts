/** `fair`: what each identity is entitled to, why it is told what it is told, and how fair it was. */
import type { Command } from 'commander';
import { addExamples } from '../options.js';
import * as analyse from './fair-analyse.js';
import * as explain from './fair-explain.js';
import * as status from './fair-status.js';

export function define(command: Command): void {
  for (const part of [status, explain, analyse]) part.define(command);
  addExamples(command, 'fair status', 'fair explain Ada', 'fair analyse --since 7d');
}
