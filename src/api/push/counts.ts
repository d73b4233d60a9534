/** What came of what was sent, as answers say it. */
import * as z from 'zod';

export const countFields = {
  recorded: z.int().describe('What was not known before.'),
  repeated: z.int().describe('What was known before, and no better.'),
  corrected: z.int().describe('What was known before, and is known better now.'),
  refused: z.int().describe('What the ledger did not take.'),
  skipped: z.record(z.string(), z.int()).describe('What was left out, by reason.'),
};
