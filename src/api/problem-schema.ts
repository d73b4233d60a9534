/** A problem document, for the description of the API. */
import * as z from 'zod';

export const problemSchema = z
  .object({
    type: z.string().describe('Stable URI of the kind of problem: `/problems#code`.'),
    title: z.string().describe('What it is, in words that are the same for all problems of this code.'),
    status: z.int().describe('Status of the answer.'),
    detail: z.string().describe('What it is in this case.'),
    code: z.string().describe('Stable code: a later release may answer codes that are not listed here.'),
    remedy: z.string().describe('What to do.'),
    retry: z
      .enum(['never', 'later', 'same-key'])
      .describe(
        'Whether a program may try again by itself: `later` with a new request, `same-key` with the same request under the same idempotency key.',
      ),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .describe('The fields at fault, named as they were sent.'),
    request_id: z.string().describe('Finds the request in the log of the server.'),
  })
  .meta({ id: 'Problem' });
