/** Log records that tell one response: of Claude Code 2.1, Codex 0.171 and Gemini CLI 0.61, and by the conventions for generative AI. */
import { instantOf, type JsonObject, numberOf, objectOf, shortTextOf } from './json.js';
import { takeGenAi } from './otlp-genai.js';
import {
  type Attributes,
  attributesOf,
  instantOfNanos,
  type OtlpUses,
  placeOfRecord,
  type Sender,
} from './otlp-record.js';
import { anthropicTokens, geminiTokens, openAiTokens } from './provider-tokens.js';

export function takeLog(record: JsonObject, sender: Sender, scope: string | null, uses: OtlpUses): void {
  const attributes = attributesOf(record.attributes);
  const own = attributes.get('event.name');
  const names = [own, record.eventName, objectOf(record.body).stringValue];
  const isOf = (client: string | undefined) => client !== undefined && scope?.startsWith(client) === true;
  const log = { record, attributes, sender, uses };
  if (names.includes('claude_code.api_request') || (own === 'api_request' && isOf('com.anthropic.claude_code'))) {
    takeClaude(log);
  } else if (names.includes('codex.sse_event')) takeCodex(log);
  else if (names.includes('gemini_cli.api_response')) takeGemini(log);
  else if (names.includes('gen_ai.client.inference.operation.details')) takeGenAi(record, sender, uses);
}

interface Log {
  readonly record: JsonObject;
  readonly attributes: Attributes;
  readonly sender: Sender;
  readonly uses: OtlpUses;
}

/** When it happened, or else when that was written, or seen; null where nothing says it. */
const toldAt = ({ record, attributes }: Log): number | null =>
  instantOfNanos(record.timeUnixNano) ??
  instantOf(attributes.get('event.timestamp')) ??
  instantOfNanos(record.observedTimeUnixNano);

/** Figures of a response that has no id tell it from others, with its session and its time. */
const keyOfFigures = (session: string | null, log: Log, figures: object): string =>
  `event:${session}:${toldAt(log)}:${Object.values(figures).join(':')}`;

function takeClaude(log: Log): void {
  const { attributes, sender, uses } = log;
  const session = shortTextOf(attributes.get('session.id'));
  const request = shortTextOf(attributes.get('request_id'));
  const speed = attributes.get('speed');
  const figures = {
    input: attributes.get('input_tokens'),
    cacheRead: attributes.get('cache_read_tokens'),
    cacheWrite: attributes.get('cache_creation_tokens'),
    cacheWrite5m: attributes.get('cache_creation_5m_tokens'),
    cacheWrite1h: attributes.get('cache_creation_1h_tokens'),
    output: attributes.get('output_tokens'),
  };
  uses.add(anthropicTokens(figures), {
    provider: 'anthropic',
    request,
    ownKey: request === null ? keyOfFigures(session, log, figures) : null,
    rank: 'telemetry',
    saysSpeed: speed !== undefined,
    occurredAt: toldAt(log) ?? uses.at,
    session,
    model: shortTextOf(attributes.get('model')),
    costUsd: costOf(attributes),
    pricing: speed === 'fast' || speed === 'normal' ? { speed } : {},
    place: placeOfRecord(sender, attributes),
  });
}

function costOf(attributes: Attributes): number | null {
  const micros = numberOf(attributes.get('cost_usd_micros'));
  const cost = numberOf(attributes.get('cost_usd')) ?? (micros === null ? null : micros / 1e6);
  return cost === null || cost < 0 ? null : cost;
}

/** No id joins it with the record of the same response in a rollout. What it calls the count of tools is the total. */
function takeCodex(log: Log): void {
  const { attributes, sender, uses } = log;
  if (attributes.get('event.kind') !== 'response.completed') return;
  const session = shortTextOf(attributes.get('conversation.id'));
  const figures = {
    input: attributes.get('input_token_count'),
    cacheRead: attributes.get('cached_token_count'),
    cacheWrite: attributes.get('cache_write_token_count'),
    output: attributes.get('output_token_count'),
    reasoning: attributes.get('reasoning_token_count'),
  };
  if (Object.values(figures).every((figure) => figure === undefined)) return;
  uses.add(openAiTokens(figures), {
    provider: 'openai',
    ownKey: keyOfFigures(session, log, figures),
    rank: 'estimated',
    isStopgap: true,
    occurredAt: toldAt(log) ?? uses.at,
    session,
    model: shortTextOf(attributes.get('model')),
    place: placeOfRecord(sender, attributes),
  });
}

/** Neither does this one know the message of the session file. */
function takeGemini(log: Log): void {
  const { attributes, sender, uses } = log;
  const session = shortTextOf(attributes.get('session.id')) ?? shortTextOf(sender.attributes.get('session.id'));
  const figures = {
    prompt: attributes.get('input_token_count'),
    cached: attributes.get('cached_content_token_count'),
    candidates: attributes.get('output_token_count'),
    thoughts: attributes.get('thoughts_token_count'),
    tool: attributes.get('tool_token_count'),
  };
  uses.add(geminiTokens(figures), {
    provider: 'gemini',
    ownKey: keyOfFigures(session, log, figures),
    rank: 'telemetry',
    isStopgap: true,
    occurredAt: toldAt(log) ?? uses.at,
    session,
    model: shortTextOf(attributes.get('model')),
    place: placeOfRecord(sender, attributes),
  });
}
