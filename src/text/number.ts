/** Numbers as people read them: commas between thousands, and a minus sign only where a digit that is not 0 follows. */

/** What stands where a number is not known. */
export const unknownText = '–';

const formats = new Map<number, { format(value: number): string }>();

/** A number with at least and at most so many digits after the point; `prefix` stands between the sign and the digits. */
export function decimalText(value: number, digitsMin: number, digitsMax: number, prefix = ''): string {
  if (!Number.isFinite(value)) return unknownText;
  const text = prefix + digitsOf(Math.abs(value), digitsMin, digitsMax);
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** A count of things: `1,234,567`. */
export const countText = (count: number): string => decimalText(count, 0, 0);

/** Whole numbers need no format, and are most of what is told: to make the first format takes 6 ms. */
const digitsOf = (value: number, digitsMin: number, digitsMax: number): string =>
  digitsMin === 0 && Number.isSafeInteger(value)
    ? String(value).replace(/\B(?=(?:\d{3})+$)/g, ',')
    : formatOf(digitsMin, digitsMax).format(value);

/** Making a format takes longer than using it a hundred times. */
function formatOf(digitsMin: number, digitsMax: number) {
  const key = 16 * digitsMin + digitsMax;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digitsMin,
      maximumFractionDigits: digitsMax,
    });
    formats.set(key, format);
  }
  return format;
}
