/**
 * Columns as arrays for `unnest`, in the server's binary format (array_recv in src/backend/utils/adt/arrayfuncs.c:
 * dimensions, null flag, type, length, lower bound, then each element with its length). The driver would write them as
 * text, to be escaped here and parsed there: an insert of 1,000 events took 2.7 times as long that way.
 */
import type { Value } from '../../projections/rows.js';

export type ColumnType = 'bigint' | 'text' | 'double precision' | 'bytea';

const typeIds: Record<ColumnType, number> = { bytea: 17, bigint: 20, text: 25, 'double precision': 701 };

const headerBytes = 20;
const lengthBytes = 4;
const numberBytes = 12;
const highWord = 2 ** 32;
const bytesAtFirst = 1_048_576;
/** Up to so many characters, a loop is faster than a call of the runtime for each text. */
const shortText = 64;
const bytesPerUnitMax = 3;

/** Encodes columns one behind the other into one piece of memory, which is used again for the next transaction. */
export class ColumnEncoder {
  #buffer = Buffer.allocUnsafeSlow(bytesAtFirst);
  #view = new DataView(this.#buffer.buffer);
  #at = 0;

  /** What was encoded so far is no longer needed. */
  reset(): void {
    this.#at = 0;
  }

  /**
   * One column; `bytea` is given as hexadecimal text. Valid until the reset.
   *
   * Values are gone through by index, by loops of one type each: with an iterator and a method for a value of any type, a row of
   * increments left 670 bytes behind, and took 4.6 instead of 3.7 µs in a profile.
   */
  encode(type: ColumnType, values: readonly Value[]): Buffer {
    const start = this.#reserve(longest(type, values));
    this.#at = start + headerBytes;
    const isNumber = type === 'bigint' || type === 'double precision';
    const hasNull = isNumber ? this.#numbers(values, type === 'bigint') : this.#texts(values, type === 'bytea');
    const view = this.#view;
    view.setInt32(start, 1);
    view.setInt32(start + 4, hasNull ? 1 : 0);
    view.setInt32(start + 8, typeIds[type]);
    view.setInt32(start + 12, values.length);
    view.setInt32(start + 16, 1);
    return this.#buffer.subarray(start, this.#at);
  }

  /** Whether one of them is null. */
  #numbers(values: readonly Value[], isInteger: boolean): boolean {
    const view = this.#view;
    let at = this.#at;
    let hasNull = false;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as number | null;
      if (value === null) {
        hasNull = true;
        view.setInt32(at, -1);
        at += lengthBytes;
        continue;
      }
      view.setInt32(at, 8);
      if (isInteger) {
        const high = Math.floor(value / highWord);
        view.setInt32(at + 4, high);
        view.setUint32(at + 8, value - high * highWord);
      } else view.setFloat64(at + 4, value);
      at += numberBytes;
    }
    this.#at = at;
    return hasNull;
  }

  #texts(values: readonly Value[], isHex: boolean): boolean {
    const view = this.#view;
    let at = this.#at;
    let hasNull = false;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as string | null;
      hasNull ||= value === null;
      const length = value === null ? -1 : this.#text(value, at + lengthBytes, isHex);
      view.setInt32(at, length);
      at += lengthBytes + Math.max(0, length);
    }
    this.#at = at;
    return hasNull;
  }

  /** Bytes that it took. */
  #text(value: string, at: number, isHex: boolean): number {
    const buffer = this.#buffer;
    if (isHex) return buffer.write(value, at, 'hex');
    const { length } = value;
    if (length > shortText) return buffer.write(value, at, 'utf8');
    for (let i = 0; i < length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit > 127) return buffer.write(value, at, 'utf8');
      buffer[at + i] = unit;
    }
    return length;
  }

  /** Where so many bytes have room. What was encoded before keeps the memory it is in. */
  #reserve(bytes: number): number {
    if (this.#at + bytes > this.#buffer.length) {
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, bytes));
      this.#view = new DataView(this.#buffer.buffer);
      this.#at = 0;
    }
    return this.#at;
  }
}

/** Bytes that a column takes at most. */
function longest(type: ColumnType, values: readonly Value[]): number {
  if (type === 'bigint' || type === 'double precision') return headerBytes + numberBytes * values.length;
  let bytes = headerBytes + lengthBytes * values.length;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as string | null;
    if (value !== null) bytes += value.length > shortText ? Buffer.byteLength(value) : bytesPerUnitMax * value.length;
  }
  return bytes;
}
