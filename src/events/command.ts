/**
 * A command: a request from outside to append an event, parsed and typed. Its `type` names the event it asks for.
 *
 *     { "type": "usage.recorded", "key": "…", "occurred_at": "2026-01-05T09:30:00Z",
 *       "payload": { "name": "Ada", "mode": "autonomy", "cost_micro_usd": 125000 } }
 */
import * as z from 'zod';
import { limits } from '../limits.js';
import { type FieldError, Problem } from '../problems.js';
import { canonicalJson } from './canonical.js';
import { type CommandBody, catalogue, commandTypes, type EventType, isEventType } from './catalogue.js';
import { payloadDigest } from './chain.js';
import { type EpochMs, instant, shortText } from './scalars.js';

export type Command = CommandBody & {
  readonly occurredAt?: EpochMs | undefined;
  /** Idempotency key as given. */
  readonly key?: string | undefined;
  /** Who sends it: a key id, a job's name, or `local`. */
  readonly actor: string;
  /** Adapter and its version, e.g. `coop/1`. */
  readonly source: string;
  /** What was sent, where the command was made of it by the clock: the same request must be known again later. */
  readonly sent?: unknown;
  /** Whether a pause registers a name that nobody has used; elsewhere it is refused, as it may be mistyped. */
  readonly registers?: boolean | undefined;
  /** The claim on the job that asks for it: nothing is recorded once it is lost. */
  readonly fence?: { readonly job: string; readonly token: number } | undefined;
  /** Whether an `alert.raised` waits until the same alert was cleared for long enough: `limits.alertCooldownMs`. */
  readonly afterCooldown?: boolean | undefined;
  /** Whether a `policy.set` leaves what the policy says already as it is. */
  readonly onlyAbsent?: boolean | undefined;
};

export type CommandOf<T extends EventType> = Extract<Command, { type: T }>;

export const idempotencyKey = shortText.min(1, 'is empty').max(limits.keyCharactersMax);

/** What every command has around its payload. */
export const commandEnvelope = z.strictObject({
  type: z.string(),
  version: z.int().optional().describe('Of the type; the newest when left out.'),
  occurred_at: instant.optional().describe('When it happened; now when left out.'),
  key: idempotencyKey
    .optional()
    .describe('Idempotency key: a command sent again under its key is answered, not recorded again.'),
  source: shortText.min(1, 'is empty').optional().describe('Adapter that sends it, and its version.'),
  payload: z.unknown(),
});

/** Reads one command in the form above. Throws a `Problem` that names every faulty field. */
export function parseCommand(input: unknown, origin: { actor: string; source: string }): Command {
  const parsed = parseWith(commandEnvelope, input);
  const { type, version } = parsed;
  if (!isEventType(type) || !catalogue[type].outside) {
    throw new Problem('unknown_type', `\`${type}\` is none of: ${commandTypes.join(', ')}`, [
      { field: 'type', message: 'is not a type that can be sent' },
    ]);
  }
  if (version !== undefined && version !== catalogue[type].version) {
    throw new Problem('unknown_version', `version ${version} of ${type} is not known`, [
      { field: 'version', message: `is not ${catalogue[type].version}` },
    ]);
  }
  const payload = parseWith(catalogue[type].command, parsed.payload, 'payload');
  return {
    type,
    payload,
    occurredAt: parsed.occurred_at,
    key: parsed.key,
    actor: origin.actor,
    source: parsed.source ?? origin.source,
  } as Command;
}

/** Digest of what was asked, by which a repeated key is told from a reused one: SHA-256 of type, time and payload. */
export function requestDigest(command: Command): string {
  const { type, occurredAt, payload, sent } = command;
  if (sent !== undefined) return payloadDigest(canonicalJson({ type, sent }));
  return payloadDigest(canonicalJson({ type, occurred_at: occurredAt, payload }));
}

/** Parses with a schema; a `Problem` names the fields as the client wrote them, below `prefix`. */
export function parseWith<S extends z.ZodType>(schema: S, input: unknown, prefix = ''): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = fieldErrors(result.error, prefix);
  const detail = errors.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
  throw new Problem('invalid_field', detail, errors);
}

function fieldErrors(error: z.ZodError, prefix: string): FieldError[] {
  return error.issues.slice(0, 20).flatMap((issue) => {
    const path = [prefix, ...issue.path].filter((part) => part !== '');
    const field = (keys: readonly PropertyKey[]) =>
      keys
        .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
        .join('');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((name) => ({ field: field([...path, name]), message: 'is not a field here' }));
    }
    return [{ field: field(path) || 'body', message: readable(issue.message) }];
  });
}

const readable = (message: string): string =>
  message.startsWith('Invalid input: ') ? message.slice('Invalid input: '.length) : message;
