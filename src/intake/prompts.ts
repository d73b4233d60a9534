/** When a person last typed something in a session, of the sessions that were heard of last. What was typed is not known here. */
import { limits } from '../limits.js';

export class Prompts {
  readonly #at = new Map<string, number>();

  note(session: string, at: number): void {
    this.#at.delete(session);
    this.#at.set(session, at);
    if (this.#at.size <= limits.promptSessionsKept) return;
    const [oldest = ''] = this.#at.keys();
    this.#at.delete(oldest);
  }

  /** How long before `at` it was, in milliseconds; undefined where it is not known. Clocks differ a little. */
  sinceMs(session: string | null, at: number): number | undefined {
    const typed = session === null ? undefined : this.#at.get(session);
    if (typed === undefined || at < typed - limits.futureMsMax) return undefined;
    return Math.max(0, at - typed);
  }
}
