/** Documents that are read whole: their bytes as text and as JSON, of which nothing is taken for granted. */
import { refusalOf } from './credentials.js';
import { Skipped } from './skipped.js';
import type { Observation, ReadResult } from './source.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Something speaks against the whole document; no word of it is in `why`. */
export interface Refusal {
  readonly why: string;
}

/** Reads a document, unless it holds credentials. */
export function readDocument(
  input: Uint8Array,
  read: (text: string, skipped: Skipped) => readonly Observation[] | Refusal,
): ReadResult {
  const text = new TextDecoder().decode(input);
  const skipped = new Skipped();
  const why = refusalOf(text);
  const found = why === null ? read(text, skipped) : { why };
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
    const object = objectOf(value);
    if (object === null) skipped.add('not-an-object');
    else objects.push(object);
  }
  return objects;
}

export const objectOf = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;

/** A text that may be kept: short, and with something in it. */
export const shortTextOf = (value: unknown, charactersMax = 256): string | null =>
  typeof value === 'string' && value !== '' && value.length <= charactersMax && plain.test(value) ? value : null;

/** A folder, which may be a long text. */
export const folderOf = (value: unknown): string | undefined => shortTextOf(value, 4_096) ?? undefined;

/** A number, also one written as text; null where it is neither. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' && value.length <= 40 && decimal.test(value.trim()) ? Number(value) : null;
}

/** A number that is to be there: null where there is nothing, NaN where what is there is no number. */
export const figureOf = (value: unknown): number | null =>
  value === undefined || value === null ? null : (numberOf(value) ?? Number.NaN);

const plain = /^[^\p{Cc}\p{Cs}]*$/u;
const decimal = /^[+-]?\d+(\.\d+)?$/;

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
