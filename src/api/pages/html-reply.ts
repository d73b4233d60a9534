/** How a page is described as an answer. */
import type { Reply } from '../route.js';

export const htmlReply: Reply = {
  description: 'The page',
  content: { 'text/html': { schema: { type: 'string' } } },
};
