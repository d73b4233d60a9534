/**
 * The scalars of the vocabulary, as zod schemas that brand what they have checked.
 * Outside text becomes one of these at the edge, once; inside, the types are trusted.
 */
import * as z from 'zod';
import { limits } from '../limits.js';
import { defaultPoolName } from '../settings/default-pool.js';

/** All but controls, surrogates, what no version of Unicode assigns, and the signs that turn the order of other text about. */
const namePattern = /^[^\p{Cc}\p{Cs}\p{Cn}\u202A-\u202E\u2066-\u2069]*$/u;
const plainText = /^[^\p{Cc}\p{Cs}]*$/u;
const wellFormed = /^\P{Cs}*$/u;

/** Name of an identity: any printable text, trimmed and in Unicode NFC. Which of them mislead the eye is said in `names.ts`. */
export const identityName = z
  .string()
  .normalize('NFC')
  .trim()
  .min(1, 'is empty')
  .regex(namePattern, 'may hold no control characters, unassigned characters or bidirectional overrides')
  // In characters, as JSON Schema counts; JavaScript's own length counts most emoji twice.
  .refine(
    (name) => charactersOf(name) <= limits.nameCharactersMax,
    `has more than ${limits.nameCharactersMax} characters`,
  )
  .meta({ maxLength: limits.nameCharactersMax })
  .brand<'IdentityName'>();
export type IdentityName = z.infer<typeof identityName>;

/** Name of a pool: lower case letters, digits, `_` and `-`. */
export const poolId = z
  .string()
  .max(limits.poolCharactersMax)
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'may hold lower case letters, digits, _ and - only')
  .brand<'PoolId'>();
export type PoolId = z.infer<typeof poolId>;

/** The pool of whoever names none; a fresh install has it and no other. */
export const defaultPool = defaultPoolName as PoolId;

/** Place of an event in its pool, gapless from 1. */
export type Seq = number & z.core.$brand<'Seq'>;

/** ULID of an event: 26 characters of Crockford's base 32, sorting as `seq` does within a pool. */
export const eventId = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'is not an event id (ULID)')
  .brand<'EventId'>();
export type EventId = z.infer<typeof eventId>;

/** Milliseconds since 1970-01-01 UTC. */
export type EpochMs = number & z.core.$brand<'EpochMs'>;

/** Millionths of a US dollar. */
export const microUsd = z.int().min(0, 'is negative').max(limits.costMicroUsdMax).brand<'MicroUsd'>();
export type MicroUsd = z.infer<typeof microUsd>;

export const tokenCount = z.int().min(0, 'is negative').max(limits.tokensMax);

/** A short text without control characters. */
export const shortText = z.string().max(limits.textCharactersMax).regex(plainText, 'holds control characters');
export const reasonText = z.string().max(limits.reasonCharactersMax).regex(plainText, 'holds control characters');
/** Text as a source gave it, line breaks and all. Lone surrogates have no UTF-8, so they cannot be hashed or stored. */
export const rawText = z.string().max(limits.rawCharactersMax).regex(wellFormed, 'is not well-formed Unicode');

/** An instant: integer milliseconds UTC, or ISO 8601 text with a zone. Stored as milliseconds. */
export const instant = z
  .union([
    z.int(),
    z.iso.datetime({ offset: true, error: 'is no ISO 8601 time with a zone' }).transform((text) => Date.parse(text)),
  ])
  .pipe(
    z
      .int()
      .min(limits.occurredAtMsMin, 'lies before the year 2000')
      .max(limits.occurredAtMsMax, 'lies after the year 9999')
      .brand<'EpochMs'>(),
  );

/**
 * The key of a name in the state, and of its rows: two spellings with the same key are one name. It has never changed since the
 * first log, so that identities of an old log keep their keys; spellings that differ in more than this are found by
 * `foldCase` of `names.ts`.
 */
export function foldName(name: string): string {
  let folded = foldedNames.get(name);
  if (folded === undefined) {
    folded = name.normalize('NFC').trim().toLowerCase();
    if (foldedNames.size >= foldedNamesMax) foldedNames.clear();
    foldedNames.set(name, folded);
  }
  return folded;
}

const charactersOf = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

/** A name is folded several times per event. */
const foldedNames = new Map<string, string>();
const foldedNamesMax = 10_000;

/** The pattern of a text without control characters, in a form that all languages compile. */
export const plainTextPublished = '^[^\\u0000-\\u001F\\u007F-\\u009F]*$';

/**
 * How the patterns above are published in JSON Schemas: other languages know no Unicode properties, so these are said in a
 * form that all of them compile, or in words. A lone surrogate cannot be sent in UTF-8 at all.
 */
export const publishedPatterns: ReadonlyMap<string, { readonly pattern?: string; readonly words?: string }> = new Map([
  [
    namePattern.source,
    {
      pattern: '^[^\\u0000-\\u001F\\u007F-\\u009F\\u202A-\\u202E\\u2066-\\u2069]*$',
      words: 'No characters that Unicode has not assigned.',
    },
  ],
  [plainText.source, { pattern: plainTextPublished }],
  [wellFormed.source, {}],
]);

/** `t` and the seq of the event that granted it: known while that is decided, and found in the log without an index. */
export const turnId = z
  .string()
  .regex(/^t[1-9][0-9]{0,14}$/, 'is no turn (t and a number)')
  .brand<'TurnId'>();
export type TurnId = z.infer<typeof turnId>;
