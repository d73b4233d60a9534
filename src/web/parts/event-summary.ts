/** An event in a line: what it says, as far as it fits. */
import type { StoredEvent } from '../../events/envelope.js';
import { microUsdText } from '../../text/money.js';

const charactersMax = 140;

/** Of the payload: the fields as `name: value`, without the name of the identity, which has a column of its own. */
export function eventSummary({ payload }: StoredEvent): string {
  const text = Object.entries(JSON.parse(payload) as Record<string, unknown>)
    .filter(([field]) => field !== 'name')
    .map(([field, value]) => fieldText(field, value))
    .join(' · ');
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}

function fieldText(field: string, value: unknown): string {
  if (typeof value === 'number' && /micro_usd/.test(field))
    return `${field.replace(/_?micro_usd/, '')}: ${microUsdText(value)}`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${field}: ${text}`;
}
