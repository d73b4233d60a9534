/**
 * Server-sent events, as they arrive in pieces: the grammar of the HTML standard. Lines end with CR, LF or both, and a piece may end
 * anywhere, also inside a character. Ids and times of retrying are left out.
 */
import { limits } from '../limits.js';

export interface ServerSentEvent {
  /** Empty where none is named. */
  readonly event: string;
  /** Its lines, with a line feed between them. */
  readonly data: string;
}

export class SseSplitter {
  /** Takes the byte order mark away. */
  readonly #decoder = new TextDecoder();
  readonly #charactersMax: number;
  /** The line that has not ended yet, in pieces. */
  #line: string[] = [];
  #lineLength = 0;
  #endedWithCr = false;
  #event = '';
  #data: string[] = [];
  /** Characters of the event that has not ended yet. */
  #length = 0;
  #tooLong = 0;

  constructor(charactersMax: number = limits.sourceLineBytesMax) {
    this.#charactersMax = charactersMax;
  }

  /** How many events were too long, and so left out. */
  get tooLong(): number {
    return this.#tooLong;
  }

  /** The events that end in this piece. */
  push(piece: Uint8Array): ServerSentEvent[] {
    return this.#take(this.#decoder.decode(piece, { stream: true }));
  }

  /** What no empty line had ended when the stream did. It may be cut. */
  end(): ServerSentEvent[] {
    const found = this.#take(this.#decoder.decode());
    this.#endLine(found);
    this.#endEvent(found);
    return found;
  }

  #take(text: string): ServerSentEvent[] {
    const found: ServerSentEvent[] = [];
    if (text === '') return found;
    let start = this.#endedWithCr && text.startsWith('\n') ? 1 : 0;
    this.#endedWithCr = text.endsWith('\r');
    const lineEnd = /[\r\n]/g;
    lineEnd.lastIndex = start;
    for (let end = lineEnd.exec(text); end !== null; end = lineEnd.exec(text)) {
      this.#add(text.slice(start, end.index));
      this.#endLine(found);
      start = end.index + (text.startsWith('\r\n', end.index) ? 2 : 1);
      lineEnd.lastIndex = start;
    }
    this.#add(text.slice(start));
    return found;
  }

  #add(piece: string): void {
    this.#lineLength += piece.length;
    this.#length += piece.length;
    if (this.#length <= this.#charactersMax) this.#line.push(piece);
    else this.#line = this.#data = [];
  }

  #endLine(found: ServerSentEvent[]): void {
    if (this.#lineLength === 0) return this.#endEvent(found);
    const line = this.#line.join('');
    if (line.startsWith(':')) this.#length -= this.#lineLength;
    else if (this.#length <= this.#charactersMax) this.#takeField(line);
    this.#line = [];
    this.#lineLength = 0;
  }

  #takeField(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
  }

  #endEvent(found: ServerSentEvent[]): void {
    if (this.#length > this.#charactersMax) this.#tooLong += 1;
    else if (this.#data.length > 0) found.push({ event: this.#event, data: this.#data.join('\n') });
    this.#event = '';
    this.#data = [];
    this.#length = 0;
  }
}
