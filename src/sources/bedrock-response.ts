/**
 * Answers of Amazon Bedrock: of `Converse` and of `InvokeModel`, whole or as a binary stream of events. What was invoked speaks as its
 * maker does; here only Claude is understood, of others the figures that Bedrock adds.
 */
import { type AnswerReader, type AnswerSeen, answerSource, answerWith } from './answer.js';
import { AnthropicAnswer } from './anthropic-response.js';
import { isObject, type JsonObject, listOf, objectOf } from './json.js';
import { anthropicTokens, countOf } from './provider-tokens.js';

class BedrockAnswer implements AnswerReader {
  readonly #claude: AnthropicAnswer;
  /** Of `Converse`, whose figures leave the cache out of the input. */
  #converse: JsonObject | null = null;
  /** Of `InvokeModelWithResponseStream`: repeats what the model said of itself. */
  #metrics: JsonObject = {};

  constructor(skip: (reason: string) => void) {
    this.#claude = new AnthropicAnswer(skip);
  }

  take(event: JsonObject): void {
    if (isObject(event.usage) && isConverse(event.usage)) this.#converse = event.usage;
    else this.#claude.take(event);
    const metrics = event['amazon-bedrock-invocationMetrics'];
    if (isObject(metrics)) this.#metrics = metrics;
  }

  seen(skip: (reason: string) => void): AnswerSeen | null {
    const ofClaude = this.#claude.seen(skip);
    if (ofClaude !== null) return ofClaude;
    const read = this.#converse === null ? tokensOfMetrics(this.#metrics) : tokensOfConverse(this.#converse);
    return answerWith(read, skip, {
      provider: 'bedrock',
      response: null,
      model: null,
      isFinal: true,
      pricing: {},
      occurredAt: null,
    });
  }
}

const isConverse = ({ inputTokens, outputTokens }: JsonObject): boolean => (inputTokens ?? outputTokens) !== undefined;

const tokensOfMetrics = (metrics: JsonObject) =>
  anthropicTokens({
    input: metrics.inputTokenCount,
    cacheRead: metrics.cacheReadInputTokenCount,
    cacheWrite: metrics.cacheWriteInputTokenCount,
    output: metrics.outputTokenCount,
  });

function tokensOfConverse(usage: JsonObject) {
  const written = lifetimesOf(usage);
  return anthropicTokens({
    input: usage.inputTokens,
    cacheRead: usage.cacheReadInputTokens,
    cacheWrite: usage.cacheWriteInputTokens,
    cacheWrite5m: written?.['5m'],
    cacheWrite1h: written?.['1h'],
    output: usage.outputTokens,
  });
}

/** What was written to the cache for how long, where that is told for all of it. */
function lifetimesOf(usage: JsonObject): { readonly '5m': number; readonly '1h': number } | null {
  const written = { '5m': 0, '1h': 0 };
  for (const { ttl, inputTokens } of listOf(usage.cacheDetails).map(objectOf)) {
    const count = countOf(inputTokens);
    if ((ttl === '5m' || ttl === '1h') && typeof count === 'number') written[ttl] += count;
  }
  return written['5m'] + written['1h'] === countOf(usage.cacheWriteInputTokens) ? written : null;
}

export const bedrockResponse = answerSource({
  format: 'bedrock-response',
  version: 1,
  requestHeader: 'x-amzn-requestid',
  reader: (skip) => new BedrockAnswer(skip),
});
