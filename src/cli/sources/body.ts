/** What `sources read --json` prints. Instants are ISO 8601 in UTC, percentages basis points, money US dollars. */

import type { TokenCounts } from '../../events/meter.js';
import { tokenBuckets } from '../../events/tokens.js';
import type { Preview } from '../../intake/preview.js';
import type { PriceBook } from '../../prices/book.js';
import type { PriceLine } from '../../prices/price-of.js';
import { costOfUse, type UseCost } from '../../sources/cost.js';
import { type EventSeen, keyOf, type QuotaSeen, type TotalSeen, type UseSeen } from '../../sources/source.js';

export function previewBody(format: string, { observations, skipped, refused }: Preview, book: PriceBook) {
  const of = <K extends string, T extends { readonly kind: K }>(kind: K, body: (one: T) => unknown) =>
    (observations as readonly { readonly kind: string }[])
      .filter((one) => one.kind === kind)
      .map((one) => body(one as T));
  return {
    format,
    uses: of('use', (use: UseSeen) => useBody(use, costOfUse(book, use))),
    readings: of('quota', quotaBody),
    sessions: of('total', totalBody),
    events: of('event', eventBody),
    skipped,
    refused,
  };
}

const isoOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function useBody(use: UseSeen, cost: UseCost) {
  return {
    key: keyOf(use),
    response: use.response ?? undefined,
    request: use.request ?? undefined,
    session: use.session ?? undefined,
    agent: use.place.agent,
    model: use.model,
    occurred_at: isoOf(use.occurredAt),
    sidechain: use.sidechain || undefined,
    part: use.part?.split(':')[0],
    tokens: tokensBody(use.tokens),
    cost_usd: cost.costUsd,
    cost_source: cost.source,
    unpriced: cost.source === 'unpriced' ? cost.why : undefined,
    rates: cost.source === 'computed' ? cost.price.rates.map(rateBody) : undefined,
    confidence: use.rank === 'estimated' ? 'estimated' : 'final',
  };
}

function quotaBody({ measuredAt, source, windows }: QuotaSeen) {
  return {
    measured_at: isoOf(measuredAt),
    source,
    windows: windows.map((window) => ({
      key: window.key,
      label: window.label,
      scope: window.scope,
      active: window.active,
      percent_bp: window.percentBp,
      resets_at: isoOf(window.resetsAt),
      duration_s: window.durationS,
      suspect: window.suspect,
      exhausted: window.exhausted,
      rejected: window.rejected,
    })),
  };
}

const tokensBody = (tokens: TokenCounts) =>
  Object.fromEntries(tokenBuckets.map((bucket) => [bucket, tokens[bucket] ?? 0]));

const totalBody = ({ session, occurredAt, costUsd, tokens }: TotalSeen) => ({
  session,
  occurred_at: isoOf(occurredAt),
  tokens: tokens && tokensBody(tokens),
  cost_usd: costUsd,
});

const eventBody = ({ event, session, agent, occurredAt, exhausted, id, source, data }: EventSeen) => ({
  event,
  session,
  agent,
  occurred_at: isoOf(occurredAt),
  exhausted,
  id,
  source,
  data,
});

function rateBody(line: PriceLine) {
  if ('times' in line) return line;
  if ('searches' in line) {
    const { usdPerThousand, ...rest } = line;
    return { ...rest, usd_per_thousand: usdPerThousand };
  }
  const { usdPerMillion, ...rest } = line;
  return { ...rest, usd_per_million: usdPerMillion };
}
