/** What an event says, in a line for people. Whoever wants all of it follows its seq. */
import { tokensTotal } from '../events/catalogue/usage.js';
import { isoText } from '../events/days.js';
import type { LedgerEvent } from '../events/envelope.js';
import { durationText } from '../text/duration.js';
import { microUsdText } from '../text/money.js';
import { countText } from '../text/number.js';

/** Empty where its type says all that is to be said. Names and reasons are as others wrote them: whoever shows it escapes it. */
export function eventLine(event: LedgerEvent): string {
  switch (event.type) {
    case 'usage.recorded': {
      const { cost_micro_usd: cost, tokens, legacy_tokens: legacy = 0, model, issued_interval_s: told } = event.payload;
      return joined([
        amountsText(cost, tokensTotal(tokens) + legacy),
        model,
        told === undefined ? undefined : `told to wait ${durationText(told)}`,
      ]);
    }
    case 'usage.corrected': {
      const { difference, total_tokens: tokens, reason } = event.payload;
      return joined([amountsText(difference.cost_micro_usd, tokens + (difference.legacy_tokens ?? 0)), reason]);
    }
    case 'agent.advised':
      return `told to wait ${durationText(event.payload.issued_interval_s)}`;
    case 'agent.paused': {
      const { until, reason } = event.payload;
      return joined([until === undefined ? 'until resumed' : `until ${isoText(until)}`, reason]);
    }
    case 'agent.chose':
      return event.payload.choice;
    case 'identity.aliased':
      return `also called ${event.payload.alias}`;
    case 'identity.merged':
      return `${event.payload.from} into ${event.payload.into}`;
    case 'identity.changed':
      return changesText(event.payload);
    case 'agent.resumed':
    case 'identity.retired':
    case 'identity.reinstated':
    case 'turn.released':
      return joined([event.payload.reason]);
    case 'turn.granted':
      return `until ${isoText(event.payload.expires_at)}`;
    case 'turn.settled':
      return `its use is event ${event.payload.usage_seq}`;
    default:
      return '';
  }
}

function amountsText(costMicroUsd: number | undefined, tokens: number): string | undefined {
  const cost = costMicroUsd === undefined ? undefined : microUsdText(costMicroUsd);
  return joined([cost, tokens === 0 ? undefined : `${countText(tokens)} tokens`]) || undefined;
}

function changesText({ name: _, ...changes }: { readonly name: string }): string {
  return Object.entries(changes)
    .map(([what, value]) => `${what} ${String(value)}`)
    .join(', ');
}

const joined = (parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join(', ');
