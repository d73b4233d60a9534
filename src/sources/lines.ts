/** The lines of a file that is perhaps still being written. */
import { limits } from '../limits.js';
import type { Skipped } from './skipped.js';

const lineEnd = 0x0a;

/**
 * Gives each line that is not empty, and returns how many bytes are done with. Where more may follow, a line without an end waits;
 * one that is too long is skipped.
 */
export function eachLine(
  input: Uint8Array,
  mayGrow: boolean,
  skipped: Skipped,
  take: (line: Buffer, start: number) => void,
): number {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(lineEnd, start);
    if (found < 0 && mayGrow) break;
    const end = found < 0 ? bytes.length : found;
    if (end - start > limits.sourceLineBytesMax) skipped.add('line-too-long');
    else if (end > start) take(bytes.subarray(start, end), start);
    start = Math.min(end + 1, bytes.length);
  }
  return start;
}
