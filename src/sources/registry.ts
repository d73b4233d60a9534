/** Every format that can be read: one line a reader. */
import { claudeHook } from './claude-hook.js';
import { claudeStatusline } from './claude-statusline.js';
import { claudeTranscript } from './claude-transcript.js';
import { claudeUsageScreen } from './claude-usage-screen.js';
import { claudeUsageText } from './claude-usage-text.js';
import { codexRollout } from './codex-rollout.js';
import { geminiChat } from './gemini-chat.js';
import { limitText } from './limit-text.js';
import { responseHeaders } from './response-headers.js';
import { usageJson } from './usage-json.js';
import type { Source } from './source.js';

export const sources: readonly Source[] = [
  claudeHook,
  claudeStatusline,
  claudeTranscript,
  claudeUsageScreen,
  claudeUsageText,
  codexRollout,
  geminiChat,
  limitText,
  responseHeaders,
  usageJson,
];
