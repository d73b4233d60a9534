/** `/v1/advice/{identity}`: may it run, and when again? A look with GET; a waiting agent asks again with POST. */
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { advise } from '../events/advice.js';
import { isoText } from '../events/days.js';
import { findIdentity } from '../events/identities.js';
import { type IdentityName, identityName, type PoolId } from '../events/scalars.js';
import { standingOf } from '../events/standing.js';
import type { Identity, PoolState } from '../events/state.js';
import { type AllocatedMember, allocate } from '../fairness/allocate.js';
import type { WindowView } from '../fairness/window-view.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import { nowFor, poolOf } from './context.js';
import { problemIn } from './events/append.js';
import { adviceBody, adviceSchema } from './events/outcome-text.js';
import { poolName } from './query.js';
import { type Area, json, route } from './route.js';

const query = z.strictObject({ pool: poolName });
const params = z.object({ identity: z.string().describe('Name or alias.') });

const adviceFields = z
  .object({
    share: z.number().describe('Its part by weight, 0 to 1.'),
    used_micro_usd: z.int().describe('Its autonomous use in the fairness period.'),
    balance_micro_usd: z.int().describe('Above 0: it is behind the others; below 0: ahead of them.'),
    rate_usd_per_hour: z.number().describe('What it may use while it runs.'),
    equal_rate_usd_per_hour: z.number().describe('The same at an equal weighted share.'),
    conduct: z.enum(['compliant', 'demand', 'rogue']).nullable().describe('Whether it keeps to its intervals.'),
    present: z.boolean(),
  })
  .nullable()
  .describe('Null for one that has no share.');

const reply = z.object({
  pool: z.string(),
  identity: z.string(),
  at: z.string(),
  may_run: z.boolean().describe('Whether it may run now.'),
  wait_s: z.int().nullable().describe('Seconds until it may run; null: paused until resumed.'),
  next_run_at: z.string().nullable(),
  told_interval_s: z.int().nullable().describe('The interval in force: what it was last told.'),
  paused: z.boolean(),
  advice: adviceSchema,
  figures: adviceFields,
});
type Reply = z.infer<typeof reply>;

const rateLimitHeaders = {
  'RateLimit-Policy': 'What may be used in which time (draft-ietf-httpapi-ratelimit-headers-10).',
  RateLimit: 'What is left of it, and in how many seconds it is whole again.',
};

const askedAgain = reply.extend({ changed: z.boolean().describe('Whether it was told another interval.') });

const common = {
  url: '/v1/advice/:identity',
  tag: 'Fair share',
  query,
  params,
  problems: ['identity_unknown', 'pool_unknown'],
} as const;

export const adviceArea: Area = {
  routes: ({ ledger }) => [
    route({
      ...common,
      method: 'GET',
      operationId: 'getAdvice',
      summary: 'May this agent run, and when again?',
      description:
        'Changes nothing. `RateLimit` headers say the same in their own words: `runs` is the agent itself, the others are the quota windows in percent.',
      replies: {
        200: { ...json('What it was told, and what it would be told now', reply), headers: rateLimitHeaders },
      },
      handle: async (input, _request, response) => {
        const pool = poolOf(ledger, input.query().pool);
        return answer(ledger, pool, input.params.identity, response);
      },
    }),
    route({
      ...common,
      method: 'POST',
      operationId: 'askAdvice',
      summary: 'A waiting agent asks again',
      description:
        'For agents that were told to ask again (`recheck_after_s`). An interval that differs by more than a quarter from the one in force takes its place and is recorded as `agent.advised`; else the old one stands.',
      replies: { 200: { ...json('The interval in force from now on', askedAgain), headers: rateLimitHeaders } },
      handle: async (input, request, response) => {
        const { actor } = request.principal;
        const pool = poolOf(ledger, input.query().pool);
        const name = known(ledger.state(pool), input.params.identity).name;
        const payload = { name: identityName.parse(name) as IdentityName };
        const outcome = await ledger.submitOne(pool, { type: 'agent.advised', payload, actor, source: 'api/1' });
        if (outcome.status === 'rejected') throw problemIn(outcome);
        return { ...answer(ledger, pool, name, response), changed: outcome.receipt !== undefined };
      },
    }),
  ],
};

function answer(ledger: Ledger, pool: PoolId, asked: string, response: FastifyReply): Reply {
  const state = ledger.state(pool);
  const at = nowFor(ledger, state);
  const identity = known(state, asked);
  const standing = standingOf(identity, at);
  const advice = advise(state, identity, at);
  const allocations = allocate(state.fair, at);
  const wait = standing.nextRunAt === null ? 0 : Math.max(0, Math.ceil((standing.nextRunAt - at) / 1_000));
  const waits = standing.paused && standing.nextRunAt === null ? null : wait;
  const views = allocations.windows.map(({ view }) => view);
  rateLimit(response, standing.interval ?? advice.interval_s, waits, views, at);
  return {
    pool,
    identity: identity.name,
    at: isoText(at),
    may_run: standing.due && !advice.quota_paused,
    wait_s: waits,
    next_run_at: standing.nextRunAt === null ? null : isoText(standing.nextRunAt),
    told_interval_s: standing.interval,
    paused: standing.paused,
    advice: adviceBody(advice),
    figures: adviceFieldsOf(allocations.members.find(({ member }) => member.key === identity.key)),
  };
}

function adviceFieldsOf(allocated: AllocatedMember | undefined): Reply['figures'] {
  if (allocated === undefined) return null;
  const { member, share, told, conduct, present } = allocated;
  return {
    share: share?.nominal ?? 0,
    used_micro_usd: Math.round(member.autonomy * 1e6),
    balance_micro_usd: Math.round((share?.balance ?? 0) * 1e6),
    rate_usd_per_hour: told.rate,
    equal_rate_usd_per_hour: told.proportional,
    conduct,
    present,
  };
}

/** RateLimit header fields for HTTP (draft-ietf-httpapi-ratelimit-headers-10): `q` quota, `w` window, `r` rest, `t` reset. */
function rateLimit(
  response: FastifyReply,
  interval: number,
  wait: number | null,
  windows: readonly WindowView[],
  at: number,
): void {
  const policies = [`"runs";q=1;w=${Math.max(1, interval)}`];
  const rests = [`"runs";r=${wait === 0 ? 1 : 0};t=${wait ?? 0}`];
  for (const { key, percent, lengthHours, resetAt } of windows) {
    const name = JSON.stringify(key);
    policies.push(`${name};q=100;w=${Math.round(lengthHours * 3_600)}`);
    const reset = resetAt === null ? '' : `;t=${Math.max(0, Math.ceil((resetAt - at) / 1_000))}`;
    rests.push(`${name};r=${Math.max(0, Math.floor(100 - percent))}${reset}`);
  }
  response.header('ratelimit-policy', policies.join(', ')).header('ratelimit', rests.join(', '));
}

function known(state: PoolState, name: string): Identity {
  const identity = findIdentity(state, name);
  if (identity === undefined) throw new Problem('identity_unknown', `no identity is called ${name.slice(0, 100)}`);
  return identity;
}
