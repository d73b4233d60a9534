/** `webhooks`: what is signed by who sends it, who is told of events, and what became of that. */
import type { Command } from 'commander';
import { addExamples } from '../options.js';
import * as deliveries from './webhooks-deliveries.js';
import * as endpoints from './webhooks-endpoints.js';
import * as secrets from './webhooks-secrets.js';

export function define(command: Command): void {
  for (const part of [endpoints, deliveries, secrets]) part.define(command);
  addExamples(
    command,
    'webhooks add https://alerts.example/in --to-file ./alerts.secret',
    'webhooks deliveries --state dead',
    'webhooks secrets create events --to-file ./build.secret',
  );
}
