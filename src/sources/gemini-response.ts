/** Answers of the Gemini API, whole, as a stream of events, or as the array that a stream is without them; as Gemini CLI takes them. */
import { type AnswerReader, type AnswerSeen, answerSource, answerWith } from './answer.js';
import { instantOf, isObject, type JsonObject, listOf, objectOf, shortTextOf } from './json.js';
import { geminiTokens } from './provider-tokens.js';

/** Each chunk repeats the running usage: the last one counts. It is the last figure where a candidate has ended, or none was let. */
class GeminiAnswer implements AnswerReader {
  readonly #skip: (reason: string) => void;
  #response: string | null = null;
  #model: string | null = null;
  #created: number | null = null;
  #usage: JsonObject = {};
  #hasEnded = false;

  constructor(skip: (reason: string) => void) {
    this.#skip = skip;
  }

  take(chunk: JsonObject): void {
    const inside = objectOf(chunk.response);
    const body = isObject(inside.usageMetadata) || Array.isArray(inside.candidates) ? inside : chunk;
    if (isObject(body.error)) return this.#skip('answer-is-an-error');
    const { responseId, modelVersion, createTime, usageMetadata, promptFeedback, candidates } = body;
    this.#response = shortTextOf(responseId) ?? this.#response;
    this.#model = shortTextOf(modelVersion) ?? this.#model;
    this.#created = instantOf(createTime) ?? this.#created;
    if (isObject(usageMetadata)) this.#usage = usageMetadata;
    this.#hasEnded ||= typeof objectOf(promptFeedback).blockReason === 'string';
    this.#hasEnded ||= listOf(candidates).some((one) => typeof objectOf(one).finishReason === 'string');
  }

  seen(skip: (reason: string) => void): AnswerSeen | null {
    const usage = this.#usage;
    const read = geminiTokens({
      prompt: usage.promptTokenCount,
      cached: usage.cachedContentTokenCount,
      candidates: usage.candidatesTokenCount,
      thoughts: usage.thoughtsTokenCount,
      tool: usage.toolUsePromptTokenCount,
    });
    return answerWith(read, skip, {
      provider: 'gemini',
      response: this.#response,
      model: this.#model,
      isFinal: this.#hasEnded,
      pricing: {},
      occurredAt: this.#created,
    });
  }
}

export const geminiResponse = answerSource({
  format: 'gemini-response',
  version: 1,
  requestHeader: 'x-goog-request-id',
  reader: (skip) => new GeminiAnswer(skip),
});
