/**
 * A body of the original wire, read as the original read it: what can be understood is taken. What cannot is left out, named
 * in the `warnings` of the answer, and kept as it was sent, because its sender never sends it again.
 */
import * as z from 'zod';
import { hasHiddenSigns, unknownName } from '../../events/names.js';
import { type IdentityName, identityName } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';

/** For the replies of the routes that read such a body. */
export const warned = {
  warnings: z
    .array(z.string())
    .optional()
    .describe(
      'What of the request was not understood, or taken as something else; left out where there is nothing to say.',
    ),
};

/** The field that every body of this wire has. */
export const claudeName = identityName.describe('Without a name it counts for `Unknown`, and a longer one is cut.');

type Shape = Readonly<Record<string, z.ZodType>>;

export class WireBody<S extends Shape> {
  readonly name: IdentityName;
  readonly #fields: Partial<Record<keyof S, unknown>> = {};
  /** Why a field was left out. */
  readonly #refused = new Map<string, string>();
  readonly #warnings: string[] = [];
  /** The fields that were not taken as they were sent. */
  readonly #raw: [string, unknown][] = [];

  /** Throws `invalid_field` where there is no object, or a name that cannot be recorded. */
  constructor({ shape }: z.ZodObject<S>, input: unknown) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw refusal('body', 'is no JSON object');
    const sent = new Map(Object.entries(input));
    this.name = this.#nameOf(sent.get('claude_name'));
    for (const [field, value] of sent) {
      if (field === 'claude_name') continue;
      const schema = Object.hasOwn(shape, field) ? shape[field] : undefined;
      if (schema === undefined) this.warn(field.slice(0, shownCharactersMax), 'is not a field here, and was ignored');
      else this.#take(field, schema, value);
    }
  }

  /** Undefined where it was not sent, is null as the original took it, or was left out. */
  field<K extends keyof S>(field: K): Exclude<z.output<S[K]>, null> | undefined {
    return (this.#fields[field] ?? undefined) as Exclude<z.output<S[K]>, null> | undefined;
  }

  /** Throws `invalid_field` where the request means nothing without the field. */
  required<K extends keyof S & string>(field: K): Exclude<z.output<S[K]>, null | undefined> {
    const value = this.field(field);
    if (value === undefined) throw refusal(field, this.#refused.get(field) ?? 'is needed');
    return value as Exclude<z.output<S[K]>, null | undefined>;
  }

  leaveOut(field: keyof S & string, reason: string): void {
    this.#raw.push([field, this.#fields[field]]);
    delete this.#fields[field];
    this.warn(field, `${reason}; it was left out`);
  }

  warn(field: string, message: string): void {
    this.#warnings.push(`${field} ${message}`);
  }

  /** Members of the answer: none where there is nothing to say. */
  warnings(notes: readonly string[] = []): { readonly warnings?: string[] } {
    const warnings = [...this.#warnings, ...notes];
    const count = warnings.length;
    if (count === 0) return {};
    if (count <= warningsMax) return { warnings };
    return { warnings: [...warnings.slice(0, warningsMax), `and ${count - warningsMax} more`] };
  }

  /** The fields that were left out or cut, as JSON; undefined where all was taken. */
  get raw(): string | undefined {
    if (this.#raw.length === 0) return undefined;
    return JSON.stringify(Object.fromEntries(this.#raw)).slice(0, limits.rawCharactersMax).toWellFormed();
  }

  #take(field: string, schema: z.ZodType, value: unknown): void {
    const number = numberIn(value);
    let parsed = schema.safeParse(value);
    const { error } = parsed;
    if (!parsed.success && number !== undefined) parsed = schema.safeParse(number);
    if (!parsed.success && number !== undefined && isForWholeNumbers(parsed.error)) {
      parsed = schema.safeParse(Math.round(number));
      if (parsed.success) this.warn(field, `is rounded to ${String(parsed.data)}`);
    }
    if (parsed.success) {
      this.#fields[field as keyof S] = parsed.data;
      return;
    }
    const message = readable(error?.issues[0]?.message);
    this.#refused.set(field, message);
    this.#raw.push([field, value]);
    this.warn(field, `${message}; it was left out`);
  }

  #nameOf(value: unknown): IdentityName {
    const text = typeof value === 'string' ? value.normalize('NFC').trim() : '';
    if (text === '') {
      if (value !== undefined && value !== null && typeof value !== 'string') this.#raw.push(['claude_name', value]);
      this.warn(
        'claude_name',
        `is no name; this counts for ${unknownName}, which has no share until a person confirms it`,
      );
      return unknownName as IdentityName;
    }
    const characters = [...text];
    const cut = characters.slice(0, limits.nameCharactersMax).join('');
    if (cut !== text) {
      this.#raw.push(['claude_name', value]);
      this.warn('claude_name', `has more than ${limits.nameCharactersMax} characters; the rest was cut off`);
    }
    const parsed = identityName.safeParse(cut);
    if (!parsed.success) throw refusal('claude_name', readable(parsed.error.issues[0]?.message));
    if (hasHiddenSigns(parsed.data)) {
      this.warn('claude_name', 'holds signs that do not show; such a name has no share until a person confirms it');
    }
    return parsed.data;
  }
}

/** The original took numbers as text for numbers. */
function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && numeral.test(value) ? Number(value) : undefined;
}

/** Whether a fraction stands where whole numbers are meant. */
const isForWholeNumbers = ({ issues }: z.ZodError): boolean =>
  issues.some((issue) => issue.code === 'invalid_type' && issue.expected === 'int');

const numeral = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

const warningsMax = 20;
const shownCharactersMax = 100;

const refusal = (field: string, message: string): Problem =>
  new Problem('invalid_field', `${field} ${message}`, [{ field, message }]);

const readable = (message = 'is not accepted'): string =>
  message.startsWith('Invalid input: ') ? message.slice('Invalid input: '.length) : message;
