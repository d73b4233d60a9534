/** Every format that can be read: one line a reader. */
import { claudeTranscript } from './claude-transcript.js';
import type { Source } from './source.js';

export const sources: readonly Source[] = [claudeTranscript];
