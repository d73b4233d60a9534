/** Numbers as people read them: commas between thousands, and a minus sign only where a digit that is not 0 follows. */

/** What stands where a number is not known. */
export const unknownText = '–';

/** A number with at least and at most so many digits after the point; `prefix` stands between the sign and the digits. */
export function decimalText(value: number, digitsMin: number, digitsMax: number, prefix = ''): string {
  if (!Number.isFinite(value)) return unknownText;
  const text = prefix + digitsOf(Math.abs(value), digitsMin, digitsMax);
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** A count of things: `1,234,567`. */
export const countText = (count: number): string => decimalText(count, 0, 0);

/**
 * Half up, by the shortest decimal text of the number: 1.005 becomes 1.01, as `Intl` has it. A format of `Intl` is made for what has an
 * exponent alone: making the first one takes 11 ms, a twentieth of a whole verb.
 */
function digitsOf(value: number, digitsMin: number, digitsMax: number): string {
  const text = String(value);
  if (text.includes('e')) return formatOf(digitsMin, digitsMax).format(value);
  const [whole = '', fraction = ''] = text.split('.');
  const isUp = (fraction[digitsMax] ?? '0') >= '5';
  const kept = fraction.slice(0, digitsMax);
  const digits = isUp ? String(BigInt(whole + kept) + 1n).padStart(kept.length + 1, '0') : whole + kept;
  const point = digits.length - kept.length;
  const behind = digits.slice(point).replace(/0+$/, '').padEnd(digitsMin, '0');
  const before = digits.slice(0, point).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return behind === '' ? before : `${before}.${behind}`;
}

const formatOf = (digitsMin: number, digitsMax: number) =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: digitsMin, maximumFractionDigits: digitsMax });
