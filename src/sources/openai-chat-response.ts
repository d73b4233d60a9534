/** Answers of OpenAI's Chat Completions, and of the many who speak like it, whole or as a stream of chunks. */
import { type AnswerReader, type AnswerSeen, answerSource, answerWith } from './answer.js';
import { isObject, type JsonObject, objectOf, shortTextOf, sinceEpoch } from './json.js';
import { openAiTokens } from './provider-tokens.js';

/** Usage is in the last chunk, if it was asked for; some tell it in each chunk, as a running total. */
class ChatAnswer implements AnswerReader {
  readonly #skip: (reason: string) => void;
  #response: string | null = null;
  #model: string | null = null;
  #tier: string | undefined;
  #created: number | null = null;
  #usage: JsonObject = {};

  constructor(skip: (reason: string) => void) {
    this.#skip = skip;
  }

  take(chunk: JsonObject): void {
    if (isObject(chunk.error)) return this.#skip('answer-is-an-error');
    const { id, model, created, service_tier: tier } = chunk;
    this.#response = shortTextOf(id) ?? this.#response;
    this.#model = shortTextOf(model) ?? this.#model;
    this.#tier = shortTextOf(tier) ?? this.#tier;
    this.#created = sinceEpoch(created, 1_000) ?? this.#created;
    if (isObject(chunk.usage)) this.#usage = chunk.usage;
  }

  seen(skip: (reason: string) => void): AnswerSeen | null {
    const usage = this.#usage;
    const prompt = objectOf(usage.prompt_tokens_details);
    const read = openAiTokens({
      input: usage.prompt_tokens,
      cacheRead: prompt.cached_tokens,
      cacheWrite: prompt.cache_write_tokens,
      output: usage.completion_tokens,
      reasoning: objectOf(usage.completion_tokens_details).reasoning_tokens,
    });
    return answerWith(read, skip, {
      provider: 'openai',
      response: this.#response,
      model: this.#model,
      isFinal: true,
      pricing: { tier: this.#tier },
      occurredAt: this.#created,
    });
  }
}

export const openAiChatResponse = answerSource({
  format: 'openai-chat-response',
  version: 1,
  requestHeader: 'x-request-id',
  reader: (skip) => new ChatAnswer(skip),
});
