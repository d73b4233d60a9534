/** Bytes of an answer, as they arrive, become its messages: JSON, server-sent events or AWS's binary event stream, by how they begin. */
import { EventStreamDecoder, type StreamMessage } from './event-stream.js';
import { type JsonObject, parseObject } from './json.js';
import { JsonSplitter } from './json-values.js';
import { type ServerSentEvent, SseSplitter } from './sse.js';

type Skip = (reason: string) => void;

/** Is given each message that is a JSON object, and its text. */
type Take = (message: JsonObject, text: string) => void;

/** Takes pieces, and tells at the end what was left over. */
interface Cutter {
  push(piece: Uint8Array): void;
  end(): void;
}

export class AnswerBytes {
  readonly #take: Take;
  readonly #skip: Skip;
  #cutter: Cutter | null = null;

  constructor(take: Take, skip: Skip) {
    this.#take = take;
    this.#skip = skip;
  }

  push(piece: Uint8Array): void {
    this.#cutter ??= this.#cutterFor(piece);
    this.#cutter?.push(piece);
  }

  end(): void {
    if (this.#cutter === null) this.#skip('empty');
    else this.#cutter.end();
  }

  /** By the first byte that is no white space: a text begins with none below 9, the length of a binary message with 0 or 1. */
  #cutterFor(piece: Uint8Array): Cutter | null {
    const first = piece.find((byte) => !blank.has(byte));
    if (first === undefined) return null;
    if (first < 2) return this.#binary();
    return jsonBegins.has(first) ? this.#json() : this.#events();
  }

  #json(): Cutter {
    const splitter = new JsonSplitter();
    let found = 0;
    return {
      push: (piece) => {
        for (const text of splitter.push(piece)) {
          found += 1;
          this.#message(Buffer.from(text));
        }
      },
      end: () => {
        for (let i = 0; i < splitter.tooLong; i++) this.#skip('message-too-long');
        if (splitter.isInside) this.#skip('cut');
        else if (found + splitter.tooLong === 0) this.#skip('not-json');
      },
    };
  }

  #events(): Cutter {
    const splitter = new SseSplitter();
    const take = (events: ServerSentEvent[]) => {
      for (const { data } of events) if (data !== '[DONE]' && data !== '') this.#message(Buffer.from(data));
    };
    return {
      push: (piece) => take(splitter.push(piece)),
      end: () => {
        take(splitter.end());
        for (let i = 0; i < splitter.tooLong; i++) this.#skip('message-too-long');
      },
    };
  }

  #binary(): Cutter {
    const decoder = new EventStreamDecoder();
    return {
      push: (piece) => {
        for (const message of decoder.push(piece)) this.#binaryMessage(message);
      },
      end: () => {
        for (let i = 0; i < decoder.damaged; i++) this.#skip('damaged-message');
        if (decoder.isLost) this.#skip('not-an-event-stream');
        else if (decoder.waiting > 0) this.#skip('cut');
      },
    };
  }

  #binaryMessage({ headers, payload }: StreamMessage): void {
    if ((headers.get(':message-type') ?? 'event') !== 'event') return this.#take({ type: 'error' }, '');
    const body = parseObject(payload);
    const inside = body?.bytes;
    this.#message(typeof inside === 'string' ? Buffer.from(inside, 'base64') : payload);
  }

  #message(bytes: Uint8Array): void {
    const message = parseObject(bytes);
    if (message === null) this.#skip('not-json');
    else this.#take(message, Buffer.from(bytes).toString('utf8'));
  }
}

/** White space, and the byte order mark. */
const blank = new Set([0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf]);
const jsonBegins = new Set([0x7b, 0x5b]);
