/**
 * The objects of a JSON text that arrives in pieces, each as soon as it is whole: of an array its items, of several in a row each. So
 * of a text that was cut those before the cut are known.
 */
import { limits } from '../limits.js';

export class JsonSplitter {
  readonly #decoder = new TextDecoder();
  readonly #charactersMax: number;
  /** The object that is not whole yet, in pieces; null outside of one. */
  #object: string[] | null = null;
  #length = 0;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #tooLong = 0;

  constructor(charactersMax: number = limits.sourceLineBytesMax) {
    this.#charactersMax = charactersMax;
  }

  /** How many objects were too long, and so left out. */
  get tooLong(): number {
    return this.#tooLong;
  }

  /** Whether an object has begun that has not ended. */
  get isInside(): boolean {
    return this.#object !== null;
  }

  /** The objects that end in this piece, as text. */
  push(piece: Uint8Array): string[] {
    const text = this.#decoder.decode(piece, { stream: true });
    const found: string[] = [];
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      if (this.#object === null) {
        if (text[at] !== '{') continue;
        this.#object = [];
        start = at;
      }
      if (!this.#endsAt(text[at] as string)) continue;
      this.#add(text.slice(start, at + 1));
      this.#end(found);
    }
    if (this.#object !== null) this.#add(text.slice(start));
    return found;
  }

  #endsAt(sign: string): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (sign === '"') this.#isInText = !this.#isInText;
    else if (this.#isInText) this.#isEscaped = sign === '\\';
    else if (sign === '{' || sign === '[') this.#depth += 1;
    else if (sign === '}' || sign === ']') return --this.#depth === 0;
    return false;
  }

  #add(piece: string): void {
    this.#length += piece.length;
    if (this.#length <= this.#charactersMax) this.#object?.push(piece);
    else this.#object = [];
  }

  #end(found: string[]): void {
    if (this.#length > this.#charactersMax) this.#tooLong += 1;
    else found.push((this.#object ?? []).join(''));
    this.#object = null;
    this.#length = 0;
  }
}
