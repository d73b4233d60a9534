/** Why an agent waits, and until when, on stderr: one line that counts down on a terminal, and is written once anywhere else. */
import { durationText } from '../../text/duration.js';
import { visible } from '../../text/visible.js';
import { stderrColours } from '../colours.js';

const tickMs = 1_000;

export class WaitingLine {
  readonly #name: string;
  #timer: NodeJS.Timeout | null = null;
  #last = '';

  constructor(name: string) {
    this.#name = name;
  }

  show(why: string, seconds: number): void {
    this.end();
    const until = Date.now() + seconds * 1_000;
    if (!process.stderr.isTTY) {
      const text = this.#text(why, seconds, until);
      // Attempts at a daemon that is away are many, and say the same.
      if (why !== this.#last) process.stderr.write(`${text}\n`);
      this.#last = why;
      return;
    }
    const draw = () => {
      const text = this.#text(why, (until - Date.now()) / 1_000, until);
      process.stderr.write(`\r\u001b[K${stderrColours.dim(text.slice(0, process.stderr.columns - 1))}`);
    };
    draw();
    this.#timer = setInterval(draw, tickMs).unref();
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    process.stderr.write('\r\u001b[K');
  }

  #text(why: string, seconds: number, until: number): string {
    return visible(`${this.#name} waits until ${timeOfDay(until)} (${durationText(Math.ceil(seconds))}): ${why}`);
  }
}

/** By the clock on the wall of whoever reads it. */
const timeOfDay = (at: number): string => {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
};
