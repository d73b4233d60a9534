/** Answers of Anthropic's Messages API, whole or as a stream of events, as its client of 2026 takes them. */
import { type AnswerReader, type AnswerSeen, answerSource, answerWith } from './answer.js';
import { fallbackModelOf, laterUsage, partsOfUsage, pricingOfUsage, tokensOfUsage } from './anthropic-usage.js';
import { isObject, type JsonObject, objectOf, shortTextOf } from './json.js';

/** `message_start` says what went in, the last `message_delta` what came out; figures of a delta are totals, not additions. */
export class AnthropicAnswer implements AnswerReader {
  readonly #skip: (reason: string) => void;
  #message: JsonObject = {};
  #usage: JsonObject = {};
  #isFinal = false;

  constructor(skip: (reason: string) => void) {
    this.#skip = skip;
  }

  take(event: JsonObject): void {
    switch (event.type) {
      case 'message':
        this.#begin(event);
        this.#isFinal = isObject(event.usage);
        return;
      case 'message_start':
        return this.#begin(objectOf(event.message));
      case 'message_delta':
        if (!isObject(event.usage)) return;
        this.#usage = laterUsage(this.#usage, event.usage);
        this.#isFinal ||= typeof objectOf(event.delta).stop_reason === 'string';
        return;
      case 'error':
        this.#skip('answer-is-an-error');
    }
  }

  seen(skip: (reason: string) => void): AnswerSeen | null {
    const model = fallbackModelOf(this.#usage) ?? shortTextOf(this.#message.model);
    return answerWith(
      tokensOfUsage(this.#usage),
      skip,
      {
        provider: 'anthropic',
        response: shortTextOf(this.#message.id),
        model,
        isFinal: this.#isFinal,
        pricing: pricingOfUsage(this.#usage),
        occurredAt: null,
      },
      partsOfUsage(this.#usage, model, skip),
    );
  }

  #begin(message: JsonObject): void {
    this.#message = { id: message.id, model: message.model };
    this.#usage = objectOf(message.usage);
  }
}

export const anthropicResponse = answerSource({
  format: 'anthropic-response',
  version: 1,
  requestHeader: 'request-id',
  reader: (skip) => new AnthropicAnswer(skip),
});
