/**
 * Bodies of HTTP hooks, as Claude Code 2.1 sends them. What was asked, what tools were given and gave, and what was answered is in
 * them, too, and is dropped here. Hooks carry no token counts, and the client sends `SessionStart` and `Setup` to commands alone.
 */
import { folderOf, jsonObjects, readDocument } from './document.js';
import { type JsonObject, shortTextOf } from './json.js';
import { addLimits } from './limit-message.js';
import type { Skipped } from './skipped.js';
import type { ClientFacts, Observation, ReadContext, Source } from './source.js';
import { WindowsSeen } from './windows-seen.js';

const format = 'claude-hook';

export const claudeHook: Source = {
  format,
  title: 'Bodies of the HTTP hooks of Claude Code',
  version: 1,
  unit: 'document',
  accepts: (path) => /\.jsonl?$/.test(path),
  read: (input, context) =>
    readDocument(input, (text, skipped) =>
      jsonObjects(text, skipped).flatMap((body) => observationsOf(body, context, skipped)),
    ),
};

function observationsOf(body: JsonObject, context: ReadContext, skipped: Skipped): Observation[] {
  const event = wordOf(body.hook_event_name);
  if (event === null) {
    skipped.add('no-event');
    return [];
  }
  const place: ClientFacts = { cwd: folderOf(body.cwd) };
  const windows = new WindowsSeen(context, skipped);
  const error = event === 'StopFailure' ? wordOf(body.error) : null;
  // A refusal exhausts what it names, and nothing where it names none; an overloaded provider, a bill or a key exhaust nothing.
  if (error === 'rate_limit' && typeof body.last_assistant_message === 'string') {
    addLimits(body.last_assistant_message, windows);
  }
  const reason = event === 'SessionEnd' ? wordOf(body.reason) : null;
  return [
    {
      kind: 'event',
      event,
      session: shortTextOf(body.session_id),
      agent: shortTextOf(body.agent_id),
      occurredAt: null,
      exhausted: windows.areExhausted || undefined,
      data: error !== null ? { error } : reason !== null ? { reason } : undefined,
      place,
    },
    ...windows.readings(format, { place }),
  ];
}

/** A word of the client, so that nobody's text is taken for one. */
const wordOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[A-Za-z_]{1,40}$/.test(value) ? value : null;
