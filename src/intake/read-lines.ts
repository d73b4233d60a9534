/** A file of lines, read in parts: the memory that it takes depends on its longest line, and that has a limit. */
import { limits } from '../limits.js';
import type { OpenFile } from './open-file.js';

/** How far a file was read. */
export interface Progress {
  readonly offset: number;
  /** Whether that is inside of a line that is left out, as it is too long. */
  readonly insideLongLine: boolean;
}

export interface LineReader {
  /** Reads what there is, up to the end of its last line, or all of it where no more may follow; returns how many bytes that were. */
  take(bytes: Uint8Array, mayGrow: boolean): number;
  /** A line was too long, and is left out. */
  skipLongLine(): void;
}

/** The room that parts are read into: the same for all files. What is made of a part must not refer to it. */
export class PartBuffer {
  #bytes: Buffer | null = null;

  /** Made when something is read: most looks at files read nothing. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.allocUnsafeSlow(limits.partBytes);
    return this.#bytes;
  }

  /** Twice the room, with what is in it; false where a line has had all the room that there is for one. */
  grow(): boolean {
    if (this.bytes.length >= limits.sourceLineBytesMax) return false;
    const larger = Buffer.allocUnsafeSlow(Math.min(2 * this.bytes.length, limits.sourceLineBytesMax));
    this.bytes.copy(larger);
    this.#bytes = larger;
    return true;
  }
}

const newline = 0x0a;

/** Reads from where it was left to its end, and says after each part how far. With `mayGrow` a last line without an end waits. */
export function* readLines(
  file: OpenFile,
  { offset, insideLongLine }: Progress,
  mayGrow: boolean,
  buffer: PartBuffer,
  reader: LineReader,
): Generator<Progress, void> {
  let held = 0;
  for (;;) {
    const room = Math.min(buffer.bytes.length - held, Math.max(0, file.size - offset - held));
    const got = file.read(buffer.bytes, held, room, offset + held);
    held += got;
    const isLast = got === 0 || offset + held >= file.size;
    if (insideLongLine) {
      const end = buffer.bytes.subarray(0, held).indexOf(newline);
      const dropped = end === -1 ? held : end + 1;
      insideLongLine = end === -1;
      buffer.bytes.copyWithin(0, dropped, held);
      held -= dropped;
      offset += dropped;
    }
    const used = held === 0 ? 0 : reader.take(buffer.bytes.subarray(0, held), mayGrow || !isLast);
    buffer.bytes.copyWithin(0, used, held);
    held -= used;
    offset += used;
    if (held === buffer.bytes.length && !buffer.grow()) {
      reader.skipLongLine();
      insideLongLine = true;
      offset += held;
      held = 0;
    }
    yield { offset, insideLongLine };
    if (isLast) return;
  }
}
