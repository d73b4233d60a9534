/** Values beside bars and along axes, by what they measure. */
import { durationText } from '../text/duration.js';
import { usdText } from '../text/money.js';
import { decimalText } from '../text/number.js';
import { percentText } from '../text/percent.js';

/** `percent` is 0 to 100, `usd` is dollars, `seconds` is a duration. */
export type Unit = 'percent' | 'usd' | 'seconds' | 'number';

/** A value by itself, as it reads everywhere else. */
export function valueText(value: number, unit: Unit): string {
  if (unit === 'percent') return unbroken(percentText(value));
  if (unit === 'usd') return usdText(value);
  if (unit === 'seconds') return unbroken(`${signOf(value)}${durationText(Math.abs(value))}`);
  return tickText(value, unit);
}

/** A value of an axis. Every two ticks a step apart differ in writing; without a step, three digits tell enough. */
export function tickText(value: number, unit: Unit, step?: number): string {
  if (unit === 'percent') return `${plainText(value, '', step)}\u00a0%`;
  if (unit === 'usd') return step === undefined ? usdText(value) : plainText(value, '$', step);
  if (unit === 'seconds') return unbroken(`${signOf(value)}${exactDuration(Math.abs(value), step)}`);
  return plainText(value, '', step);
}

const signOf = (value: number): string => (value < 0 ? '\u2212' : '');

/** With spaces at which no line breaks. */
const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

function plainText(value: number, prefix: string, step: number | undefined): string {
  const size = Math.abs(value);
  const [divisor, letter] = magnitude(size, step);
  const digitsMax = step === undefined ? digitsOf(size / divisor) : digitsOfStep(step / divisor);
  const digitsMin = step === undefined || size === 0 ? 0 : digitsMax;
  return decimalText(value / divisor, digitsMin, digitsMax, prefix) + letter;
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

const units = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** All units that are not 0, so that ticks a second apart differ: `1 min 30 s`. */
function exactDuration(seconds: number, step: number | undefined): string {
  if (seconds < 60) return `${plainText(seconds, '', step === undefined ? undefined : Math.min(step, 1))} s`;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [size, unit] of units) {
    const whole = Math.floor(rest / size);
    if (whole > 0) parts.push(`${whole} ${unit}`);
    rest -= whole * size;
  }
  return parts.join(' ');
}
