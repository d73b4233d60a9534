/** Events on their way from the log to the fold, a page at a time. */
import type { UnsealedEvent } from './envelope.js';

/** A run of events about to be folded, oldest first. */
export interface EventPage {
  readonly events: readonly UnsealedEvent[];
  /** Their payloads, in the same order: one JSON array, as one parse takes half the time of many. */
  readonly payloads: string;
}

export const emptyPage: EventPage = { events: [], payloads: '[]' };

/** `payloads` are JSON texts with commas between them. */
export const pageOf = (events: readonly UnsealedEvent[], payloads: string): EventPage => ({
  events,
  payloads: `[${payloads}]`,
});

export function joinPages(one: EventPage, other: EventPage): EventPage {
  if (one.events.length === 0) return other;
  if (other.events.length === 0) return one;
  const payloads = `${one.payloads.slice(0, -1)},${other.payloads.slice(1)}`;
  return { events: one.events.concat(other.events), payloads };
}
