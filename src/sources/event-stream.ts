/**
 * Messages of AWS's binary event stream (`application/vnd.amazon.eventstream`), as they arrive in pieces. A message is its length, the
 * length of its headers, a checksum of both, the headers, the payload, and a checksum of all that.
 */

export interface StreamMessage {
  /** Those whose value is a text: `:message-type`, `:event-type`, `:exception-type`, `:content-type`. */
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
}

const preludeBytes = 12;
const checksumBytes = 4;
const headerBytesMax = 131_072;
/** 16 MiB of payload, as AWS limits it, and what is around it. */
const messageBytesMax = 16_777_216 + headerBytesMax + preludeBytes + checksumBytes;

export class EventStreamDecoder {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Of the first message, once its prelude is there. */
  #length: number | null = null;
  #isLost = false;
  #damaged = 0;

  /** Whether a prelude was wrong: where the next message begins is not known then, and nothing more is found. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Messages that were left out because their checksum or their headers were wrong. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Bytes of a message that is not complete. */
  get waiting(): number {
    return this.#bytes;
  }

  /** The messages that end in this piece. */
  push(piece: Uint8Array): StreamMessage[] {
    const found: StreamMessage[] = [];
    if (this.#isLost || piece.length === 0) return found;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      if (message === null) this.#damaged += 1;
      else found.push(message);
    }
    return found;
  }

  /** The first message; null where it is damaged, undefined where it is not complete. */
  #next(): StreamMessage | null | undefined {
    if (this.#length === null) {
      if (this.#bytes < preludeBytes) return undefined;
      this.#length = messageLengthOf(this.#first(preludeBytes));
      this.#isLost = this.#length === null;
    }
    if (this.#length === null) {
      this.#drop(this.#bytes);
      return undefined;
    }
    if (this.#bytes < this.#length) return undefined;
    const message = messageOf(this.#first(this.#length).subarray(0, this.#length));
    this.#drop(this.#length);
    return message;
  }

  /** At least so many bytes in one piece. */
  #first(length: number): Uint8Array {
    let first = this.#pieces[0] as Uint8Array;
    if (first.length < length) {
      first = Buffer.concat(this.#pieces);
      this.#pieces = [first];
    }
    return first;
  }

  #drop(length: number): void {
    const rest = this.#first(length).subarray(length);
    this.#pieces = rest.length === 0 ? this.#pieces.slice(1) : [rest, ...this.#pieces.slice(1)];
    this.#bytes -= length;
    this.#length = null;
  }
}

/** Null where the prelude is wrong. */
function messageLengthOf(prelude: Uint8Array): number | null {
  const view = viewOf(prelude);
  const length = view.getUint32(0);
  const headersLength = view.getUint32(4);
  if (view.getUint32(8) !== crc32(prelude.subarray(0, 8))) return null;
  const isPossible =
    length <= messageBytesMax &&
    headersLength <= headerBytesMax &&
    length >= preludeBytes + headersLength + checksumBytes;
  return isPossible ? length : null;
}

/** Null where it is damaged. */
function messageOf(bytes: Uint8Array): StreamMessage | null {
  const view = viewOf(bytes);
  const end = bytes.length - checksumBytes;
  if (view.getUint32(end) !== crc32(bytes.subarray(0, end))) return null;
  const headersEnd = preludeBytes + view.getUint32(4);
  const headers = headersOf(bytes.subarray(preludeBytes, headersEnd));
  return headers === null ? null : { headers, payload: bytes.subarray(headersEnd, end) };
}

/** Bytes of a value by its type: true, false, byte, short, integer, long; bytes and text, which say it themselves; time, UUID. */
const valueBytes = [0, 0, 1, 2, 4, 8, null, null, 8, 16] as const;
const textType = 7;

function headersOf(bytes: Uint8Array): Map<string, string> | null {
  const view = viewOf(bytes);
  const decoder = new TextDecoder();
  const headers = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + view.getUint8(at);
    if (nameEnd >= bytes.length) return null;
    const name = decoder.decode(bytes.subarray(at + 1, nameEnd));
    const type = view.getUint8(nameEnd);
    let length: number | null | undefined = valueBytes[type];
    if (length === undefined) return null;
    at = nameEnd + 1;
    if (length === null) {
      if (at + 2 > bytes.length) return null;
      length = view.getUint16(at);
      at += 2;
    }
    if (at + length > bytes.length) return null;
    if (type === textType) headers.set(name, decoder.decode(bytes.subarray(at, at + length)));
    at += length;
  }
  return headers;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}
