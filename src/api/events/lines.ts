/** Cutting a stream of bytes into lines. UTF-8 never holds the byte of a line feed inside a character. */
const lineFeed = 0x0a;

/** A line that was longer than allowed; its bytes are dropped as they come. */
export const overlong = Symbol('overlong line');
export type Line = Buffer | typeof overlong;

export class LineSplitter {
  readonly #bytesMax: number;
  /** What has come of the line that is not complete yet. */
  #parts: Buffer[] = [];
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that this chunk completes, without their line feeds. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      lines.push(this.#complete(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  /** The last line, where it ends without a line feed. */
  end(): Line[] {
    return this.#length === 0 ? [] : [this.#complete(Buffer.alloc(0))];
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#bytesMax) this.#parts = [];
    else this.#parts.push(part);
  }

  #complete(rest: Buffer): Line {
    const length = this.#length + rest.length;
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    if (length > this.#bytesMax) return overlong;
    return parts.length === 0 ? rest : Buffer.concat([...parts, rest], length);
  }
}
