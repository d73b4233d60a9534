/** Every format that can be read: one line a reader. */
import { anthropicResponse } from './anthropic-response.js';
import { bedrockResponse } from './bedrock-response.js';
import { claudeHook } from './claude-hook.js';
import { claudeStatusline } from './claude-statusline.js';
import { claudeTranscript } from './claude-transcript.js';
import { claudeUsageScreen } from './claude-usage-screen.js';
import { claudeUsageText } from './claude-usage-text.js';
import { cloudEvents } from './cloudevents.js';
import { codexRollout } from './codex-rollout.js';
import { geminiChat } from './gemini-chat.js';
import { geminiResponse } from './gemini-response.js';
import { limitText } from './limit-text.js';
import { openAiChatResponse } from './openai-chat-response.js';
import { openAiResponsesResponse } from './openai-responses-response.js';
import { otlp } from './otlp.js';
import { responseHeaders } from './response-headers.js';
import type { Source } from './source.js';
import { usageJson } from './usage-json.js';

export const sources: readonly Source[] = [
  anthropicResponse,
  bedrockResponse,
  claudeHook,
  claudeStatusline,
  claudeTranscript,
  claudeUsageScreen,
  claudeUsageText,
  cloudEvents,
  codexRollout,
  geminiChat,
  geminiResponse,
  limitText,
  openAiChatResponse,
  openAiResponsesResponse,
  otlp,
  responseHeaders,
  usageJson,
];
