/** Events as text for whoever asks for a page of them, put together where they are read. */
import type { StoredEvent } from '../events/envelope.js';
import { eventText } from '../events/event-text.js';
import type { EventQuery, EventTexts } from './engine.js';

export const noTexts: EventTexts = { count: 0, lastSeq: 0, bytes: new Uint8Array(), more: false };

/** What `textsOf` tells by whether there are more. */
export const withOneMore = (query: EventQuery): EventQuery => ({ ...query, limit: query.limit + 1 });

export function textsOf(events: readonly StoredEvent[], limit: number, separator: string): EventTexts {
  const shown = events.slice(0, limit);
  const last = shown.at(-1);
  if (last === undefined) return noTexts;
  const bytes = Buffer.from(shown.map(eventText).join(separator));
  return { count: shown.length, lastSeq: last.seq, bytes, more: events.length > limit };
}
