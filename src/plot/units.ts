/** Values as people read them, by what they measure. */

/** `percent` is 0 to 100, `usd` is dollars, `seconds` is a duration. */
export type Unit = 'percent' | 'usd' | 'seconds' | 'number';

/** With a step, every value between the same two ticks differs in writing; without one, three digits tell enough. */
export function valueText(value: number, unit: Unit, step?: number): string {
  const sign = value < 0 ? '\u2212' : '';
  const size = Math.abs(value);
  if (unit === 'percent') return `${sign}${plainText(size, step)}\u00a0%`;
  if (unit === 'usd') return `${sign}$${moneyText(size, step)}`;
  if (unit === 'seconds') return `${sign}${durationText(size)}`;
  return `${sign}${plainText(size, step)}`;
}

function plainText(size: number, step: number | undefined): string {
  const [divisor, letter] = magnitude(size, step);
  const digits = step === undefined ? digitsOf(size / divisor) : digitsOfStep(step / divisor);
  const maximumFractionDigits = digits;
  const minimumFractionDigits = step === undefined || size === 0 ? 0 : digits;
  return (size / divisor).toLocaleString('en-US', { minimumFractionDigits, maximumFractionDigits }) + letter;
}

function moneyText(size: number, step: number | undefined): string {
  if (step !== undefined || size >= 100 || size === 0) return plainText(size, step);
  const digits = size < 0.1 ? 4 : 2;
  return size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** All ticks of an axis have the same letter, which is that of its step. */
function magnitude(size: number, step = size / 10): readonly [divisor: number, letter: string] {
  if (size === 0) return [1, ''];
  if (step >= 1e12) return [1e12, 'T'];
  if (step >= 1e9) return [1e9, 'G'];
  if (step >= 1e6) return [1e6, 'M'];
  if (step >= 1e3) return [1e3, 'k'];
  return [1, ''];
}

function digitsOf(size: number): number {
  if (size === 0 || size >= 100) return 0;
  if (size >= 10) return 1;
  if (size >= 0.1) return 2;
  return Math.min(6, 1 - Math.floor(Math.log10(size)));
}

const digitsOfStep = (step: number): number => Math.max(0, Math.min(8, -Math.floor(Math.log10(step) + 1e-9)));

const parts = [
  [86_400, 'd', 3_600, 'h'],
  [3_600, 'h', 60, 'min'],
  [60, 'min', 1, 's'],
] as const;

function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toLocaleString('en-US', { maximumFractionDigits: seconds < 10 ? 2 : 0 })}\u00a0s`;
  for (const [large, largeUnit, small, smallUnit] of parts) {
    if (seconds < large) continue;
    const smalls = Math.round(seconds / small);
    const rest = smalls % (large / small);
    const whole = `${(smalls - rest) / (large / small)}\u00a0${largeUnit}`;
    return rest === 0 ? whole : `${whole} ${rest}\u00a0${smallUnit}`;
  }
  return '';
}
