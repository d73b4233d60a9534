/** Answers of OpenAI's Responses API, whole or as a stream of events, as Codex takes them. */
import { type AnswerReader, type AnswerSeen, answerSource, answerWith } from './answer.js';
import { isObject, type JsonObject, listOf, objectOf, shortTextOf, sinceEpoch } from './json.js';
import { openAiTokens } from './provider-tokens.js';

/** Each event of the life of a response repeats all of it; the last has its usage, also where it is incomplete. */
class ResponsesAnswer implements AnswerReader {
  readonly #skip: (reason: string) => void;
  #head: JsonObject = {};
  #usage: JsonObject = {};
  #webSearches = 0;

  constructor(skip: (reason: string) => void) {
    this.#skip = skip;
  }

  take(event: JsonObject): void {
    const response = event.object === 'response' ? event : objectOf(event.response);
    if (event.type === 'error' || isObject(event.error) || isObject(response.error)) this.#skip('answer-is-an-error');
    const { id, model, created_at: created, service_tier: tier, usage, output } = response;
    if (shortTextOf(id) === null) return;
    this.#head = { id, model, created, tier };
    if (isObject(usage)) this.#usage = usage;
    const searches = listOf(output).filter((item) => objectOf(item).type === 'web_search_call').length;
    this.#webSearches = Math.max(this.#webSearches, searches);
  }

  seen(skip: (reason: string) => void): AnswerSeen | null {
    const usage = this.#usage;
    const input = objectOf(usage.input_tokens_details);
    const read = openAiTokens({
      input: usage.input_tokens,
      cacheRead: input.cached_tokens,
      cacheWrite: input.cache_write_tokens,
      output: usage.output_tokens,
      reasoning: objectOf(usage.output_tokens_details).reasoning_tokens,
    });
    const { id, model, created, tier } = this.#head;
    return answerWith(read, skip, {
      provider: 'openai',
      response: shortTextOf(id),
      model: shortTextOf(model),
      isFinal: true,
      pricing: { tier: shortTextOf(tier) ?? undefined, webSearches: this.#webSearches || undefined },
      occurredAt: sinceEpoch(created, 1_000),
    });
  }
}

export const openAiResponsesResponse = answerSource({
  format: 'openai-responses-response',
  version: 1,
  requestHeader: 'x-request-id',
  reader: (skip) => new ResponsesAnswer(skip),
});
