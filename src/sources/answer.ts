/**
 * What one answer of a provider says that it used, as it arrives: the answer whole, or the events of its stream one by one. Of what the
 * model said nothing is kept.
 */
import { createHash } from 'node:crypto';
import type { TokenCounts } from '../events/meter.js';
import { AnswerBytes } from './answer-bytes.js';
import { refusalOf } from './credentials.js';
import { type JsonObject, shortTextOf } from './json.js';
import type { TokensRead } from './provider-tokens.js';
import { Skipped } from './skipped.js';
import type { PricingFacts, ReadContext, ReadResult, Source, UseSeen } from './source.js';

export interface AnswerSeen {
  readonly provider: string;
  /** The provider's id of the response; null where it has not said it. */
  readonly response: string | null;
  readonly model: string | null;
  /** None where the answer did not say: an error, or a stream that was cut. */
  readonly tokens: TokenCounts;
  /** Whether these are the last figures. */
  readonly isFinal: boolean;
  readonly pricing: PricingFacts;
  /** Milliseconds UTC; null where it does not say. */
  readonly occurredAt: number | null;
  /** What was used on the way to the response, and is not in its own figures. */
  readonly parts: readonly AnswerPart[];
}

export interface AnswerPart {
  /** As `part` of a use: `compaction:0`. */
  readonly part: string;
  readonly model: string | null;
  readonly tokens: TokenCounts;
}

export interface AnswerReader {
  /** An event of the stream, or the whole answer, parsed. */
  take(message: JsonObject): void;
  /** What is known so far; null as long as that is nothing. `skip` is told of figures that cannot be used. */
  seen(skip: (reason: string) => void): AnswerSeen | null;
}

export interface AnswerFormat {
  readonly format: string;
  readonly version: number;
  /** Which header of the response names the request. */
  readonly requestHeader: string;
  /** `skip` is told of messages that say nothing of use, as errors. */
  readonly reader: (skip: (reason: string) => void) => AnswerReader;
}

/** Reads recorded answers: JSON, a stream of events, or a binary one, which the bytes themselves say. */
export function answerSource({ format, version, requestHeader, reader }: AnswerFormat): Source {
  return {
    format,
    version,
    unit: 'document',
    accepts: (path) => /\.(json|sse|txt|bin)$/i.test(path),
    read: (input, context) => {
      const skipped = new Skipped();
      const skip = (reason: string) => skipped.add(reason);
      const answer = reader(skip);
      let refused = refusalOf(new TextDecoder().decode(input));
      const bytes = new AnswerBytes((message, text) => {
        refused ??= refusalOf(text);
        answer.take(message);
      }, skip);
      bytes.push(input);
      bytes.end();
      if (refused !== null) return resultOf([], new Skipped(), refused, input);
      const seen = answer.seen(skip);
      if (seen === null && Object.keys(skipped.counts).length === 0) skip('not-an-answer');
      return resultOf(seen === null ? [] : usesOf(seen, input, context, requestHeader), skipped, null, input);
    },
  };
}

/** What is said of an answer, with the figures that were read: none where they cannot be used; nothing where no id is known either. */
export function answerWith(
  read: TokensRead,
  skip: (reason: string) => void,
  about: Omit<AnswerSeen, 'tokens' | 'parts'>,
  parts: readonly AnswerPart[] = [],
): AnswerSeen | null {
  if ('tokens' in read) return { ...about, tokens: read.tokens, parts };
  if (read.reason !== 'no-counts') skip(read.reason);
  return about.response === null ? null : { ...about, tokens: {}, isFinal: false, parts };
}

const resultOf = (uses: UseSeen[], skipped: Skipped, refused: string | null, input: Uint8Array): ReadResult => ({
  observations: uses,
  skipped: skipped.counts,
  refused,
  consumed: input.length,
});

function usesOf(seen: AnswerSeen, input: Uint8Array, context: ReadContext, requestHeader: string): UseSeen[] {
  const { provider, response, model, tokens, pricing } = seen;
  const request = shortTextOf(context.headers?.[requestHeader]);
  const isNamed = response !== null || request !== null;
  const use: UseSeen = {
    kind: 'use',
    provider,
    response,
    request,
    ownKey: isNamed ? null : `body:${createHash('sha256').update(input).digest('hex').slice(0, 32)}`,
    part: null,
    sidechain: false,
    rank: seen.isFinal ? 'final' : 'estimated',
    tokens,
    saysSpeed: pricing.speed !== undefined,
    occurredAt: seen.occurredAt ?? context.at,
    session: null,
    sessionIsCertain: false,
    model,
    costUsd: null,
    pricing,
    place: {},
  };
  return [use, ...seen.parts.map((part) => ({ ...use, ...part, pricing: { ...pricing, webSearches: undefined } }))];
}
