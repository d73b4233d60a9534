/** JSON of strangers: what is not of the expected kind is as good as missing. */
import { limits } from '../limits.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null where it is none. */
export const objectOrNull = (value: unknown): JsonObject | null => (isObject(value) ? value : null);

/** An empty object where it is none. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The object that a text is in JSON; null where it is none. What was no UTF-8 has become signs of replacement. */
export const parseObject = (input: Uint8Array): JsonObject | null =>
  objectIn(Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('utf8'));

export function objectIn(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A name or an id, which is short and in one line; null where it is none. */
export function shortTextOf(value: unknown, charactersMax: number = limits.textCharactersMax): string | null {
  const isShort = typeof value === 'string' && value !== '' && value.length <= charactersMax;
  return isShort && !/[\p{Cc}\p{Cs}]/u.test(value) ? value : null;
}

/** A number, also where it is written as text; null where it is none. */
export function numberOf(value: unknown): number | null {
  const isNumeral = typeof value === 'string' && value.length <= 40 && numeral.test(value);
  const number = isNumeral ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

const numeral = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** A number that is to be there: null where there is nothing, NaN where what is there is no number. */
export const figureOf = (value: unknown): number | null =>
  value === undefined || value === null ? null : (numberOf(value) ?? Number.NaN);

/** Milliseconds UTC of ISO 8601 text, in UTC where it names no zone; null where it is none, or of no time that can be recorded. */
export function instantOf(value: unknown): number | null {
  if (typeof value !== 'string' || value.length > 40) return null;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.test(value)) return null;
  const namesZone = value.endsWith('Z') || /[+-]\d\d:?\d\d$/.test(value);
  return recordable(Date.parse(namesZone ? value : `${value}Z`));
}

/** Milliseconds UTC of a number of units since 1970; null as above. */
export function sinceEpoch(value: unknown, unitMs: number): number | null {
  const number = numberOf(value);
  return number === null ? null : recordable(Math.round(number * unitMs));
}

const recordable = (at: number): number | null =>
  at >= limits.occurredAtMsMin && at <= limits.occurredAtMsMax ? at : null;
