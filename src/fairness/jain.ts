/** Jain's index of fairness. */
import { sum } from './sum.js';

/** 1 where all numbers are equal, 1/n where all but one are 0; null where all are 0, or there is none. */
export function jain(numbers: readonly number[]): number | null {
  const total = sum(numbers);
  const squares = sum(numbers.map((number) => number * number));
  return squares > 0 ? (total * total) / (numbers.length * squares) : null;
}
