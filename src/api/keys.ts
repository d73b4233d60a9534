/** Idempotency keys as they come in headers. */
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { idempotencyKey } from '../events/command.js';
import { Problem } from '../problems.js';

/** For the description of the routes that take one. */
export const keyHeaders = z.object({
  'Idempotency-Key': idempotencyKey
    .optional()
    .describe('A request sent again under its key gets its first answer again, and is not recorded twice.'),
  'webhook-id': idempotencyKey.optional().describe('Taken as the key where there is no `Idempotency-Key`.'),
});

const keyHeaderNames = ['idempotency-key', 'webhook-id'] as const;

/** The idempotency key of a request: `Idempotency-Key`, bare or quoted, else `webhook-id`. */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  for (const name of keyHeaderNames) {
    const given = headers[name];
    if (given === undefined) continue;
    const parsed = idempotencyKey.safeParse(unquoted(String(given)));
    if (parsed.success) return parsed.data;
    const message = parsed.error.issues[0]?.message ?? 'is not accepted';
    throw new Problem('request_invalid', `${name} ${message}`, [{ field: name, message }]);
  }
  return undefined;
}

/** A string of structured header fields (RFC 8941) is quoted, with `\` before quotes and backslashes. */
function unquoted(value: string): string {
  const inner = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value.trim())?.[1];
  return inner === undefined ? value.trim() : inner.replace(/\\(["\\])/g, '$1');
}
