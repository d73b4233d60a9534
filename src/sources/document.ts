/** Documents that are read whole: their bytes as text and as JSON, of which nothing is taken for granted. */
import { refusalOf } from './credentials.js';
import { type JsonObject, objectOrNull } from './json.js';
import { Skipped } from './skipped.js';
import type { Observation, ReadResult } from './source.js';

/** Something speaks against the whole document; no word of it is in `why`. */
export interface Refusal {
  readonly why: string;
}

type ReadText = (text: string, skipped: Skipped) => readonly Observation[] | Refusal;

/** Reads a document, unless it holds credentials. */
export const readDocument = (input: Uint8Array, read: ReadText): ReadResult =>
  readFields(input, (text, skipped) => {
    const why = refusalOf(text);
    return why === null ? read(text, skipped) : { why };
  });

/** Reads a document of which few fields are kept: `read` sees to it that they hold no credentials, and all else is dropped. */
export function readFields(input: Uint8Array, read: ReadText): ReadResult {
  const text = new TextDecoder().decode(input);
  const skipped = new Skipped();
  const found = read(text, skipped);
  const refused = 'why' in found ? found.why : null;
  return {
    observations: 'why' in found ? [] : found,
    skipped: skipped.counts,
    refused,
    consumed: input.length,
  };
}

/** The JSON values of a text: one, those of an array, or one a line. What is none is counted. */
function jsonValues(text: string, skipped: Skipped): unknown[] {
  const whole = parsed(text);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || (Array.isArray(whole) && whole.length === 0)) skipped.add('empty');
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  const values: unknown[] = [];
  for (const line of lines) {
    const value = parsed(line);
    if (value === undefined) skipped.add('not-json');
    else values.push(value);
  }
  return values;
}

/** The JSON objects of a text; what is none is counted. */
export function jsonObjects(text: string, skipped: Skipped): JsonObject[] {
  const objects: JsonObject[] = [];
  for (const value of jsonValues(text, skipped)) {
    const object = objectOrNull(value);
    if (object === null) skipped.add('not-an-object');
    else objects.push(object);
  }
  return objects;
}

/** A folder may be a long text. */
export const folderCharactersMax = 4_096;

/** Whether it begins as an object or an array. */
export const isLikeJson = (text: string): boolean => /^\s*[[{]/.test(text);

/** Undefined where it is no JSON. A failure is dear, and lines of other text are many: they are told by their first sign. */
function parsed(text: string): unknown {
  if (!isLikeJson(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
