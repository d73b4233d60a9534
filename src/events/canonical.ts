/**
 * Canonical JSON (RFC 8785, JSON Canonicalization Scheme): the bytes of a payload that are stored and hashed.
 * Members are sorted by UTF-16 code units; numbers and strings are written as ECMAScript writes them, which is
 * what the RFC prescribes. Members that are `undefined` are left out.
 *
 * Payloads are built with their members in order already, and then the runtime's own writer does it.
 */
export function canonicalJson(value: unknown): string {
  if (!isOrdered(value)) return write(value);
  const text = JSON.stringify(value);
  // A lone surrogate is written as an escape, which the slow way refuses.
  return text.includes('\\ud') ? write(value) : text;
}

/** Whether all members stand in order, and all values are ones that the runtime writes as the RFC wants. */
function isOrdered(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object': {
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isOrdered);
      let last = '';
      for (const name in value) {
        if (name < last) return false;
        last = name;
        const member = (value as Record<string, unknown>)[name];
        if (member !== undefined && !isOrdered(member)) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

function write(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`no JSON for the number ${value}`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as Record<string, unknown>);
    default:
      throw new TypeError(`no JSON for a ${typeof value}`);
  }
}

function canonicalArray(values: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < values.length; i += 1) {
    if (i > 0) text += ',';
    text += write(values[i]);
  }
  return `${text}]`;
}

function canonicalObject(value: Record<string, unknown>): string {
  let text = '{';
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${quote(name)}:${write(member)}`;
  }
  return `${text}}`;
}

function quote(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('no JSON for a lone surrogate');
  return JSON.stringify(text);
}
