/** What happens in a made week, and what comes back when it is recorded. */
import type { CommandText } from '../ledger-client.js';

/** What every event of a made week carries as its source. */
export const demoSource = 'demo/1';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
export const daysMade = 7;

export interface Happening {
  readonly at: number;
  readonly command: CommandText;
}

export interface Answer {
  /** Id of the event. */
  readonly id: string;
  /** What an agent was told, in seconds. */
  readonly interval: number | undefined;
}

/** One who makes things happen, at times that may depend on the answers to what happened before. */
export interface Actor {
  /** When it acts next; infinite when it is done. */
  readonly at: number;
  /** Acts, and moves on to its next time. Null where there is nothing to record. */
  act(): CommandText | null;
  /** Hears what became of what it did. */
  hear?(answer: Answer): void;
}
