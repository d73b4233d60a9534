/**
 * Bodies of HTTP hooks, as Claude Code 2.1 sends them. What was asked, what tools were given and gave, and what was answered is in
 * them, too, and is dropped here: what it holds, were it a credential, changes nothing of what is decided. Hooks carry no token counts,
 * and the client sends `SessionStart` and `Setup` to commands alone.
 */
import { credentialIn, keptText } from './credentials.js';
import { folderCharactersMax, jsonObjects, readFields } from './document.js';
import type { JsonObject } from './json.js';
import { addLimits } from './limit-message.js';
import type { Skipped } from './skipped.js';
import type { ClientFacts, Observation, ReadContext, Source } from './source.js';
import { WindowsSeen } from './windows-seen.js';

const format = 'claude-hook';

export const claudeHook: Source = {
  format,
  version: 1,
  unit: 'document',
  accepts: (path) => /\.jsonl?$/.test(path),
  read: (input, context) =>
    readFields(input, (text, skipped) =>
      jsonObjects(text, skipped).flatMap((body) => observationsOf(body, context, skipped)),
    ),
};

function observationsOf(body: JsonObject, context: ReadContext, skipped: Skipped): Observation[] {
  const event = wordOf(body.hook_event_name, skipped);
  if (event === null) {
    skipped.add('no-event');
    return [];
  }
  const place: ClientFacts = { cwd: keptText(body.cwd, skipped, folderCharactersMax) ?? undefined };
  const windows = new WindowsSeen(context, skipped);
  const error = event === 'StopFailure' ? wordOf(body.error, skipped) : null;
  // A refusal exhausts what it names, and nothing where it names none; an overloaded provider, a bill or a key exhaust nothing.
  const message = error === 'rate_limit' ? body.last_assistant_message : null;
  if (typeof message === 'string') {
    if (credentialIn(message) === null) addLimits(message, windows);
    else skipped.add('credential');
  }
  const reason = event === 'SessionEnd' ? wordOf(body.reason, skipped) : null;
  return [
    {
      kind: 'event',
      event,
      session: keptText(body.session_id, skipped),
      agent: keptText(body.agent_id, skipped),
      occurredAt: null,
      exhausted: windows.areExhausted || undefined,
      data: error !== null ? { error } : reason !== null ? { reason } : undefined,
      place,
    },
    ...windows.readings(format, { place }),
  ];
}

/** A word of the client, so that nobody's text is taken for one. */
function wordOf(value: unknown, skipped: Skipped): string | null {
  const word = keptText(value, skipped);
  return word !== null && /^[A-Za-z_]{1,40}$/.test(word) ? word : null;
}
