/** `POST /v1/cleanup`: sweeps now what a daemon sweeps each five minutes. */
import * as z from 'zod';
import { cleanUpNow } from '../jobs/cleanup.js';
import { cleanupSortNames } from '../jobs/cleanup-sorts.js';
import { limits } from '../limits.js';
import { type Area, appending, json, route } from './route.js';

const asked = z.strictObject({
  older_than_s: z
    .int()
    .min(limits.cleanupOlderSecondsMin)
    .max(limits.cleanupOlderSecondsMax)
    .optional()
    .describe('How long nobody may have written to a file of a process that has ended; 600 when left out.'),
  only: z.array(z.enum(cleanupSortNames)).min(1).optional().describe('Only these sorts.'),
});

const counts = z.record(z.string(), z.int());
const reply = z.object({
  removed: counts.describe('How many of each sort.'),
  failed: z.record(z.string(), z.string()).describe('Sorts that could not be swept, and why.'),
});

export const cleanupArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'POST',
      url: '/v1/cleanup',
      scope: 'admin',
      operationId: 'cleanUp',
      tag: 'Operation',
      summary: 'Sweep what is left of holders that are gone',
      description: 'Where anything was swept, the log says so by `cleanup.completed`.',
      query: z.strictObject({}),
      body: { schema: asked, example: { only: ['turns', 'scratch'] } },
      replies: { 200: json('What was swept', reply, { removed: { turns: 2, scratch: 0 }, failed: {} }) },
      problems: appending,
      handle: async (input, { log }) => {
        input.query();
        const { older_than_s: seconds = limits.cleanupOlderSeconds, only } = input.body();
        return cleanUpNow({ ledger, log }, { olderThanMs: seconds * 1_000, only }, new AbortController().signal);
      },
    }),
  ],
};
