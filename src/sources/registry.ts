/** Every format that can be read: one line a reader. */
import type { Source } from './source.js';

export const sources: readonly Source[] = [];
