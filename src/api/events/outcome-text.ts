/** Outcomes as they go over the wire: `{status, seq?, id?, hash?, instead?, advice?, code?, detail?, field?}`. */
import * as z from 'zod';
import type { Advice } from '../../events/advice.js';
import { verdicts } from '../../fairness/judge-reading.js';
import type { Outcome } from '../../ledger/outcome.js';

/** As JSON text. Nearly all outcomes are recorded without advice: a template writes those three times as fast. */
export function outcomeText(outcome: Outcome, withAdvice: boolean): string {
  if (
    outcome.status === 'rejected' ||
    outcome.notes !== undefined ||
    ('instead' in outcome && outcome.instead !== undefined) ||
    outcome.windows !== undefined ||
    (withAdvice && outcome.advice !== undefined)
  ) {
    return JSON.stringify(outcomeBody(outcome, withAdvice));
  }
  const { status, receipt } = outcome;
  if (receipt === undefined) return `{"status":"${status}"}`;
  return `{"status":"${status}","seq":${receipt.seq},"id":"${receipt.id}","hash":"${receipt.hash}"}`;
}

export function outcomeBody(outcome: Outcome, withAdvice: boolean): Record<string, unknown> {
  if (outcome.status === 'rejected') {
    const { status, code, detail, field } = outcome;
    return { status, code, detail, field };
  }
  const { status, receipt, advice, notes, windows } = outcome;
  const { seq, id, hash } = receipt ?? {};
  const instead = 'instead' in outcome ? outcome.instead : undefined;
  return { status, seq, id, hash, instead, notes, windows, advice: withAdvice ? advice : undefined };
}

export const adviceSchema = z
  .object({
    interval_s: z.int().describe('Seconds from this run to the next.'),
    recheck_after_s: z.int().nullable().describe('After how many seconds to ask again; null: not needed.'),
    multipliers: z.object({ fairness: z.number(), quota_brake: z.number(), combined: z.number() }),
    quota_status: z
      .string()
      .describe(
        '`available`, `moderate` or `busy`: how much of the collaboration it prefers it has had; `unread`: no reading of the quota was believed for two days, and no budget is known (version 2 of the method).',
      ),
    quota_paused: z.boolean(),
    blocked_by: z.array(z.string()).describe('Windows that are full, and `maintenance` while that goes on.'),
    binding_window: z.string().nullable().describe('The window that limits the rate; null: none.'),
    reason: z.string(),
  })
  .meta({ id: 'Advice' });

export const adviceExample: z.infer<typeof adviceSchema> = {
  interval_s: 900,
  recheck_after_s: null,
  multipliers: { fairness: 1, quota_brake: 1, combined: 1 },
  quota_status: 'available',
  quota_paused: false,
  blocked_by: [],
  binding_window: null,
  reason: 'No quota reading limits the pool: the base interval.',
};

export const adviceBody = (advice: Advice): z.infer<typeof adviceSchema> => ({
  ...advice,
  blocked_by: [...advice.blocked_by],
});

/** For the description of the API. */
export const outcomeSchema = z
  .object({
    status: z.enum(['recorded', 'repeated', 'rejected']),
    seq: z.int().optional().describe('Place in the log; absent when rejected, or when nothing had to be recorded.'),
    id: z.string().optional(),
    hash: z.string().optional().describe('SHA-256 of the chain up to this event, in hexadecimal.'),
    instead: z
      .string()
      .optional()
      .describe(
        'Type of the event that was recorded in the place of the one that was asked for: `usage.corrected` where a response is known better now.',
      ),
    notes: z.array(z.string()).optional().describe('What came of it beside what was asked.'),
    windows: z
      .array(z.object({ key: z.string(), verdict: z.enum(verdicts), suspect: z.boolean().optional() }))
      .optional()
      .describe('Of a reading: whether each window of it is acted on, or why not.'),
    advice: adviceSchema.optional().describe('What the agent is told; of a use that was recorded.'),
    code: z.string().optional().describe('Why it was rejected: a code of the problem catalogue.'),
    detail: z.string().optional(),
    field: z.string().optional(),
  })
  .meta({ id: 'Outcome' });

export const outcomeExample = {
  status: 'recorded',
  seq: 42,
  id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P',
  hash: '9f2c7a64c1f0d3b58e7a9c04b6d1e2f3a4b5c6d7e8f90123456789abcdef0123',
};
