/** Every format that can be read, and how its reader is loaded: each alone, as nobody needs all of them. */
import type { Source } from './source.js';

export interface SourceFormat {
  /** As in `sources read FORMAT`. */
  readonly format: string;
  /** One line: what it is, and of which program. */
  readonly title: string;
  readonly load: () => Promise<Source>;
}

export const sourceFormats: readonly SourceFormat[] = [
  {
    format: 'anthropic-response',
    title: "An answer of Anthropic's Messages API: JSON, or a stream of events",
    load: async () => (await import('./anthropic-response.js')).anthropicResponse,
  },
  {
    format: 'bedrock-response',
    title: 'An answer of Amazon Bedrock: JSON, or a binary stream of events',
    load: async () => (await import('./bedrock-response.js')).bedrockResponse,
  },
  {
    format: 'claude-hook',
    title: 'Bodies of the HTTP hooks of Claude Code',
    load: async () => (await import('./claude-hook.js')).claudeHook,
  },
  {
    format: 'claude-statusline',
    title: 'What Claude Code gives to its statusline command',
    load: async () => (await import('./claude-statusline.js')).claudeStatusline,
  },
  {
    format: 'claude-transcript',
    title: 'Transcripts of Claude Code (~/.claude/projects): tokens of each response, limits that were reached',
    load: async () => (await import('./claude-transcript.js')).claudeTranscript,
  },
  {
    format: 'claude-usage-screen',
    title: 'The usage screen of Claude Code, as text',
    load: async () => (await import('./claude-usage-screen.js')).claudeUsageScreen,
  },
  {
    format: 'claude-usage-text',
    title: 'The answer of `claude -p "/usage"`, as JSON or as text',
    load: async () => (await import('./claude-usage-text.js')).claudeUsageText,
  },
  {
    format: 'cloudevents',
    title: 'CloudEvents 1.0: one event, a batch of them, or data whose attributes are headers',
    load: async () => (await import('./cloudevents.js')).cloudEvents,
  },
  {
    format: 'codex-rollout',
    title: 'Session files of Codex, and what codex exec --json prints',
    load: async () => (await import('./codex-rollout.js')).codexRollout,
  },
  {
    format: 'gemini-chat',
    title: 'Session files of Gemini CLI',
    load: async () => (await import('./gemini-chat.js')).geminiChat,
  },
  {
    format: 'gemini-response',
    title: 'An answer of the Gemini API: JSON, an array of chunks, or a stream of events',
    load: async () => (await import('./gemini-response.js')).geminiResponse,
  },
  {
    format: 'limit-text',
    title: 'What Claude Code says when a limit is reached, or near',
    load: async () => (await import('./limit-text.js')).limitText,
  },
  {
    format: 'openai-chat-response',
    title: "An answer of OpenAI's Chat Completions: JSON, or a stream of chunks",
    load: async () => (await import('./openai-chat-response.js')).openAiChatResponse,
  },
  {
    format: 'openai-responses-response',
    title: "An answer of OpenAI's Responses API: JSON, or a stream of events",
    load: async () => (await import('./openai-responses-response.js')).openAiResponsesResponse,
  },
  {
    format: 'otlp',
    title: 'OpenTelemetry logs, metrics and traces of agents, in JSON or protobuf',
    load: async () => (await import('./otlp.js')).otlp,
  },
  {
    format: 'response-headers',
    title: "Headers of providers' answers: Anthropic, Codex",
    load: async () => (await import('./response-headers.js')).responseHeaders,
  },
  {
    format: 'usage-json',
    title: 'Answers about usage as JSON: Anthropic, Codex',
    load: async () => (await import('./usage-json.js')).usageJson,
  },
];
