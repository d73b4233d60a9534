/** Messages of the client about limits, one a line: `You've hit your weekly limit · resets Dec 1, 12:37am (Europe/London)`. */
import { readDocument } from './document.js';
import { addLimits } from './limit-message.js';
import type { Source } from './source.js';
import { WindowsSeen } from './windows-seen.js';

const format = 'limit-text';

export const limitText: Source = {
  format,
  version: 1,
  unit: 'document',
  accepts: (path) => path.endsWith('.txt'),
  read: (input, context) =>
    readDocument(input, (text, skipped) => {
      const windows = new WindowsSeen(context, skipped);
      addLimits(text, windows);
      return windows.readings(format, { otherwise: 'no-limit-text' });
    }),
};
