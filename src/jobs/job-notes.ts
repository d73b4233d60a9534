/** What a job says while it runs: it goes to the log of the daemon, and its last lines are kept with the job, as how far it is. */
import type { Logger } from 'pino';
import { limits } from '../limits.js';

type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
type Level = keyof Log;

export class JobNotes implements Log {
  readonly #log: Log;
  readonly #about: object;
  readonly #lines: string[] = [];
  #ratio: number | null = null;
  #isChanged = false;

  readonly debug = this.#writer('debug');
  readonly info = this.#writer('info');
  readonly warn = this.#writer('warn');
  readonly error = this.#writer('error');

  constructor(log: Log, about: object) {
    this.#log = log;
    this.#about = about;
  }

  progress(ratio: number): void {
    this.#ratio = Math.min(Math.max(ratio, 0), 1);
    this.#isChanged = true;
  }

  /** As JSON; null where nothing was said since the last time. */
  changed(): string | null {
    if (!this.#isChanged) return null;
    this.#isChanged = false;
    return JSON.stringify({ ratio: this.#ratio, lines: this.#lines });
  }

  /** As the logger has it: an object and a text, or one of both. */
  #writer(level: Level): Log[Level] {
    return ((first: unknown, text?: string) => {
      const fields = typeof first === 'string' ? {} : (first as object);
      const line = typeof first === 'string' ? first : (text ?? '');
      this.#log[level]({ ...this.#about, ...fields }, line);
      if (level !== 'debug') this.#keep(line);
    }) as Log[Level];
  }

  #keep(line: string): void {
    this.#lines.push(line.slice(0, limits.jobLineCharactersMax));
    if (this.#lines.length > limits.jobLinesKept) this.#lines.shift();
    this.#isChanged = true;
  }
}
