/**
 * The answers to the keyed requests that adopted events came of. The requests themselves are not in the log: a key that
 * comes again is taken for the same request where its event does not show another content (`same-request.ts`), as counting it
 * twice would be worse.
 */
import type { KeyedOutcome } from '../engines/engine.js';
import { keptText } from '../engines/kept-answer.js';
import { type Advice, adviceStamped } from '../events/advice.js';
import type { EventOf, LedgerEvent } from '../events/envelope.js';

/** The digest of a request that is not known. */
export const anyRequest = '';

export function outcomesOf(events: readonly LedgerEvent[]): KeyedOutcome[] {
  const answers = new Map<
    string,
    { readonly event: LedgerEvent; readonly use: EventOf<'usage.recorded'> | undefined }
  >();
  for (const event of events) {
    if (event.key === null) continue;
    const answer = answers.get(event.key) ?? { event, use: undefined };
    const use = event.type === 'usage.recorded' ? event : answer.use;
    answers.set(event.key, { event: answersMore(event, answer.event) ? event : answer.event, use });
  }
  return [...answers].map(([key, { event, use }]) => ({
    key,
    digest: anyRequest,
    seq: event.seq,
    answer: keptText(key, anyRequest, event.seq, { status: 'recorded', advice: use && adviceIn(use) }),
  }));
}

/** What a request brought with it comes before what it asked for, or after it; a turn's end comes after its use. */
function answersMore(event: LedgerEvent, than: LedgerEvent): boolean {
  if (event === than) return true;
  if (than.type === 'usage.recorded') return event.type === 'turn.settled';
  return broughtAlong.has(than.type);
}

export const broughtAlong: ReadonlySet<string> = new Set([
  'identity.registered',
  'agent.advised',
  'instance.conflict',
  'alert.raised',
]);

function adviceIn({ payload }: EventOf<'usage.recorded'>): Advice | undefined {
  return adviceStamped(payload, 'The report was imported; this is the interval it got.');
}
