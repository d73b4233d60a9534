/** Where sessions run, of those that were heard of last: a client tells it by its hooks and its transcripts, and not by its telemetry. */
import { limits } from '../limits.js';
import type { ClientFacts } from '../sources/source.js';

export class SessionPlaces {
  readonly #known = new Map<string, ClientFacts>();

  note(session: string, { cwd, entrypoint }: ClientFacts): void {
    if (cwd === undefined) return;
    const before = this.#known.get(session);
    this.#known.delete(session);
    this.#known.set(session, { cwd, entrypoint: entrypoint ?? before?.entrypoint });
    if (this.#known.size <= limits.promptSessionsKept) return;
    const [oldest = ''] = this.#known.keys();
    this.#known.delete(oldest);
  }

  /**
   * With what is known of the session, where the data does not say it. Sub-agents count for the identity of their session: what the
   * client calls them says nothing then.
   */
  completed(facts: ClientFacts, session: string | null): ClientFacts {
    const known = session === null || facts.cwd !== undefined ? undefined : this.#known.get(session);
    return known === undefined ? facts : { ...known, ...facts, agentName: undefined };
  }
}
