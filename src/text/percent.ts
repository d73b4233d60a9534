/** Percentages as people read them. */
import { decimalText, unknownText } from './number.js';

/** Where a percentage is larger than this, only that it is matters. */
const percentMax = 999;

/** One decimal, or two below one percent, and none that is 0: `37.3 %`, `100 %`, `0.25 %`. */
export function percentText(percent: number): string {
  if (percent > percentMax) return `> ${percentMax} %`;
  return Number.isNaN(percent) ? unknownText : `${plainText(percent)} %`;
}

/** A fraction as a percentage: 0.373 is `37.3 %`. */
export const fractionText = (fraction: number): string => percentText(100 * fraction);

/** A percentage and its standard deviation, with one decimal each: `37.3 ± 0.5 %`. */
export const estimateText = (percent: number, deviation: number): string =>
  `${decimalText(percent, 1, 1)} ± ${decimalText(deviation, 1, 1)} %`;

const plainText = (percent: number): string => decimalText(percent, 0, Math.abs(percent) < 0.995 ? 2 : 1);
