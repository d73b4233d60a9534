/** `POST /resource-share/increment`: what an agent reports, and the interval it gets. */
import * as z from 'zod';
import type { UsageRecorded, UsageReport } from '../../events/catalogue/usage.js';
import type { EventOf } from '../../events/envelope.js';
import { findIdentity } from '../../events/identities.js';
import { type MicroUsd, shortText, tokenCount, turnId } from '../../events/scalars.js';
import type { PoolState } from '../../events/state.js';
import { limits } from '../../limits.js';
import { type Api, poolFromQuery } from '../context.js';
import { keyHeaders, keyOf } from '../keys.js';
import { appending, json, type Route, route } from '../route.js';
import { claudeName, WireBody, warned } from './body.js';
import { type AcceptedOutcome, commandOf, eventOf, unwrapOutcome, wire } from './commands.js';

const usd = z
  .number()
  .min(0, 'is negative')
  .max(limits.costMicroUsdMax / 1e6);

/** At most what any multiplier prices below the largest cost there is. */
const legacyTokens = z
  .int()
  .min(0, 'is negative')
  .max(limits.costMicroUsdMax / 100);

/** `cost_delta` is the newer form, `cache_read_increment` the older one; neither is a report of no use in the older form. */
const request = z.object({
  claude_name: claudeName,
  mode: z.string().nullish().describe('`autonomy`; anything else counts as collaboration.'),
  cost_delta: usd.nullish().describe('US dollars since the last report.'),
  cache_read_increment: legacyTokens.nullish().describe('Older form: tokens since the last report.'),
  context_percentage: z.number().min(0, 'is negative').max(1_000).nullish(),
  current_interval: z.int().min(0, 'is negative').max(limits.intervalSecondsMax).nullish(),
  hostname: shortText.nullish(),
  ip_address: shortText.nullish(),
  session: shortText.min(1, 'is empty').nullish().describe('Needed with the absolute counters below.'),
  total_cost_usd: usd.nullish().describe('Cost of the session so far; resending it is harmless.'),
  total_tokens: tokenCount.nullish().describe('Tokens of the session so far.'),
  model: shortText.nullish(),
  project: shortText.nullish(),
  turn: turnId.nullish().describe('The turn it was used under, also after that ended.'),
});
type Body = WireBody<typeof request.shape>;

const reply = z.object({
  status: z.literal('success'),
  claude_name: z.string(),
  cost_recorded: z.number().nullable().describe('US dollars; null in the older form.'),
  tokens_recorded: z.int(),
  recommended_interval: z.int().describe('Seconds until the next run.'),
  current_interval: z.int(),
  multipliers: z.object({ fairness: z.number(), quota_brake: z.number(), combined: z.number() }),
  quota_status: z.string(),
  overdue_alerts: z.null(),
  quota_paused: z.boolean(),
  ...warned,
});
type Reply = z.infer<typeof reply>;

const example: Reply = {
  status: 'success',
  claude_name: 'Ada',
  cost_recorded: 0.125,
  tokens_recorded: 0,
  recommended_interval: 900,
  current_interval: 900,
  multipliers: { fairness: 1, quota_brake: 1, combined: 1 },
  quota_status: 'available',
  overdue_alerts: null,
  quota_paused: false,
};

export const incrementRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'POST',
    url: '/resource-share/increment',
    scope: 'ingest',
    operationId: 'reportUse',
    summary: 'Report use, and learn when to run again',
    description:
      'What of the body is not understood is left out and named in `warnings`; only what is no JSON object, or has no name that can be recorded, is refused. Two identical bodies are two increments, unless an `Idempotency-Key` (or `webhook-id`) header says that the second one is a retry: it then gets the first answer again.',
    headers: keyHeaders,
    body: { schema: request, example: { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.125 } },
    replies: { 200: json('Recorded', reply, example) },
    problems: ['key_reused', 'agent_unknown', 'pool_unknown', ...appending],
    handle: async (_input, httpRequest): Promise<Reply> => {
      const pool = poolFromQuery(ledger, httpRequest);
      const body = bodyOf(httpRequest.body);
      const key = keyOf(httpRequest.headers);
      const command = commandOf(
        ledger,
        pool,
        httpRequest,
        { type: 'usage.recorded', payload: reportOf(body) },
        { key },
      );
      const outcome = unwrapOutcome(await ledger.submitOne(pool, command));
      // The increment of a counter is known from the event; a repeated answer must not follow a merge that came after it.
      const reread = outcome.status === 'repeated' || isAbsolute(body);
      const event = reread ? await eventOf(ledger, pool, outcome, 'usage.recorded') : undefined;
      return replyOf(ledger.stateAfter(pool), body, outcome, event);
    },
  });

/** Counters that cannot be told from increments give way to them. */
function bodyOf(input: unknown): Body {
  const body = new WireBody(request, input);
  for (const [total, increment] of [
    ['total_cost_usd', 'cost_delta'],
    ['total_tokens', 'cache_read_increment'],
  ] as const) {
    if (body.field(total) === undefined) continue;
    if (body.field('session') === undefined) body.leaveOut(total, 'needs a session');
    else if (body.field(increment) !== undefined) body.leaveOut(total, `stands beside ${increment}`);
  }
  return body;
}

function reportOf(body: Body): UsageReport {
  const [host, ip] = [body.field('hostname'), body.field('ip_address')];
  const cost = body.field('cost_delta');
  const tokens = body.field('cache_read_increment');
  const nothing = cost === undefined && tokens === undefined && !isAbsolute(body);
  return {
    name: body.name,
    mode: body.field('mode') === 'autonomy' ? 'autonomy' : 'collaboration',
    cost_micro_usd: cost === undefined ? undefined : (Math.round(cost * 1e6) as MicroUsd),
    legacy_tokens: nothing ? 0 : tokens,
    context_percentage: body.field('context_percentage'),
    current_interval: body.field('current_interval'),
    instance: host || ip ? { host: host || undefined, ip: ip || undefined } : undefined,
    session: body.field('session'),
    total_cost_usd: body.field('total_cost_usd'),
    total_tokens: body.field('total_tokens'),
    model: body.field('model'),
    project: body.field('project'),
    turn: body.field('turn'),
    raw: body.raw,
  };
}

function replyOf(
  state: PoolState,
  body: Body,
  { advice, notes }: AcceptedOutcome,
  event: EventOf<'usage.recorded'> | undefined,
): Reply {
  if (advice === undefined) throw new Error('a use was recorded without advice');
  const cost = event === undefined ? body.field('cost_delta') : microToUsd(event.payload, body);
  return {
    status: 'success',
    claude_name: event?.payload.name ?? findIdentity(state, body.name)?.name ?? body.name,
    cost_recorded: cost === undefined ? null : Math.round(cost * 1e6) / 1e6,
    tokens_recorded: body.field('cache_read_increment') ?? event?.payload.tokens?.total ?? 0,
    recommended_interval: advice.interval_s,
    current_interval: body.field('current_interval') ?? state.fair.policy.interval_s_base,
    multipliers: { ...advice.multipliers },
    quota_status: advice.quota_status,
    overdue_alerts: null,
    quota_paused: advice.quota_paused,
    ...body.warnings(notes),
  };
}

/** The older form has no cost of its own: the cost that is computed for its tokens is not reported back. */
function microToUsd(payload: UsageRecorded, body: Body): number | undefined {
  if (body.field('cost_delta') === undefined && body.field('total_cost_usd') === undefined) return undefined;
  return (payload.cost_micro_usd ?? 0) / 1e6;
}

const isAbsolute = (body: Body): boolean =>
  body.field('total_cost_usd') !== undefined || body.field('total_tokens') !== undefined;
