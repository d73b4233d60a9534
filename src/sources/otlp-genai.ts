/**
 * The conventions of OpenTelemetry for generative AI: spans and events that tell one response. Names of before 2025 (`prompt_tokens`,
 * `gen_ai.system`) are understood, too.
 */
import type { JsonObject } from './json.js';
import { shortTextOf } from './json.js';
import {
  type Attributes,
  attributesOf,
  instantOfNanos,
  type OtlpUses,
  placeOfRecord,
  type Sender,
} from './otlp-record.js';
import { openAiTokens } from './provider-tokens.js';

/** Operations whose figures are sums of the responses inside them, which have spans of their own. */
const sums = ['invoke_agent', 'create_agent', 'execute_tool', 'invoke_workflow'];

const providers: Readonly<Record<string, string>> = {
  'azure.ai.openai': 'openai',
  'azure.ai.inference': 'openai',
  az_ai_openai: 'openai',
  'aws.bedrock': 'bedrock',
  google: 'gemini',
  'gcp.gemini': 'gemini',
  'gcp.gen_ai': 'gemini',
  'gcp.vertex_ai': 'gemini',
  vertex_ai: 'gemini',
};

const families: Readonly<Record<string, string>> = { claude: 'anthropic', gpt: 'openai', gemini: 'gemini' };

export function genAiProvider(attributes: Attributes): string {
  const name = shortTextOf(attributes.get('gen_ai.provider.name')) ?? shortTextOf(attributes.get('gen_ai.system'));
  if (name !== null) return Object.hasOwn(providers, name) ? (providers[name] as string) : name.toLowerCase();
  const family = genAiModel(attributes)?.split('-')[0] ?? '';
  return Object.hasOwn(families, family) ? (families[family] as string) : 'unknown';
}

export const genAiModel = (attributes: Attributes): string | null =>
  shortTextOf(attributes.get('gen_ai.response.model')) ?? shortTextOf(attributes.get('gen_ai.request.model'));

export const genAiSession = (attributes: Attributes): string | null =>
  shortTextOf(attributes.get('gen_ai.conversation.id')) ?? shortTextOf(attributes.get('session.id'));

/** Clients that tell their responses in records of their own, and then again by these conventions. */
export const hasOwnRecords = ({ service }: Sender): boolean =>
  service !== null && /^(claude-code|gemini-cli|codex)([-_]|$)/.test(service);

/** A span, or the event of an operation. */
export function takeGenAi(record: JsonObject, sender: Sender, uses: OtlpUses): void {
  const attributes = attributesOf(record.attributes);
  const usage = (...names: readonly string[]): unknown => {
    const name = names.find((one) => attributes.has(`gen_ai.usage.${one}`));
    return name === undefined ? undefined : attributes.get(`gen_ai.usage.${name}`);
  };
  const figures = {
    input: usage('input_tokens', 'prompt_tokens'),
    cacheRead: usage('cache_read.input_tokens', 'cache_read_input_tokens'),
    cacheWrite: usage('cache_creation.input_tokens', 'cache_creation_input_tokens', 'cache_write.input_tokens'),
    output: usage('output_tokens', 'completion_tokens'),
    reasoning: usage('reasoning.output_tokens'),
  };
  if (Object.values(figures).every((figure) => figure === undefined)) return;
  if (hasOwnRecords(sender)) return uses.skipped.add('told-by-another-record');
  if (sums.includes(String(attributes.get('gen_ai.operation.name')))) return uses.skipped.add('sum-of-responses');
  const response = shortTextOf(attributes.get('gen_ai.response.id'));
  const trace = shortTextOf(record.traceId);
  const span = shortTextOf(record.spanId);
  if (response === null && (trace === null || span === null)) return uses.skipped.add('no-id');
  const { endTimeUnixNano, timeUnixNano, observedTimeUnixNano } = record;
  uses.add(openAiTokens(figures), {
    provider: genAiProvider(attributes),
    response,
    ownKey: response === null ? `span:${trace}:${span}` : null,
    rank: 'telemetry',
    occurredAt:
      instantOfNanos(endTimeUnixNano) ??
      instantOfNanos(timeUnixNano) ??
      instantOfNanos(observedTimeUnixNano) ??
      uses.at,
    session: genAiSession(attributes),
    model: genAiModel(attributes),
    place: placeOfRecord(sender, attributes),
  });
}
