/** `/v1/advice/{identity}`: may it run, and when again? A look with GET; a waiting agent asks again with POST. */
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { advise } from '../events/advice.js';
import { isoText } from '../events/days.js';
import { findIdentity } from '../events/identities.js';
import { type IdentityName, identityName, type PoolId } from '../events/scalars.js';
import type { Identity, PoolState } from '../events/state.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import type { IdentityStatus, ShareStatus } from '../status/identities.js';
import { identityStates, stateMeanings } from '../status/identity-state.js';
import { statusNow } from '../status/status.js';
import type { WindowStatus } from '../status/windows.js';
import { poolOf } from './context.js';
import { problemIn } from './events/append.js';
import { adviceBody, adviceSchema } from './events/outcome-text.js';
import { permitIdentity } from './permission.js';
import { poolName } from './query.js';
import { type Area, json, route } from './route.js';

const query = z.strictObject({ pool: poolName });
const params = z.object({ identity: z.string().describe('Name or alias.') });

const adviceFields = z
  .object({
    share: z.number().describe('Its part by weight, 0 to 1.'),
    used_micro_usd: z.int().describe('What counts as used for its share in the current fairness period.'),
    balance_micro_usd: z.int().describe('Above 0: it is behind the others; below 0: ahead of them.'),
    rate_usd_per_hour: z.number().describe('What it may use while it runs.'),
    equal_rate_usd_per_hour: z.number().describe('The same at an equal weighted share.'),
    conduct: z.enum(['compliant', 'demand', 'rogue', 'on']).nullable().describe('Whether it keeps to its intervals.'),
    present: z.boolean(),
  })
  .nullable()
  .describe('Null for one that has no share.');

const reply = z.object({
  pool: z.string(),
  identity: z.string(),
  at: z.string(),
  may_run: z.boolean().describe('Whether it may run now.'),
  wait_s: z.int().nullable().describe('Seconds until it may run; null: paused until resumed, or retired.'),
  next_run_at: z.string().nullable(),
  told_interval_s: z.int().nullable().describe('The interval in force: what it was last told.'),
  paused: z.boolean(),
  state: z.enum(identityStates).describe(`How it stands, by the first that holds: ${stateMeanings}`),
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
      scope: 'any',
      method: 'GET',
      operationId: 'getAdvice',
      summary: 'May this agent run, and when again?',
      description:
        'Changes nothing. `RateLimit` headers say the same in their own words: `runs` is the agent itself, the others are the quota windows in percent.',
      replies: {
        200: { ...json('What it was told, and what it would be told now', reply), headers: rateLimitHeaders },
      },
      handle: async (input, request, response) => {
        const pool = poolOf(ledger, input.query().pool);
        permitIdentity(request.principal, () => ledger.state(pool), input.params.identity);
        return answer(ledger, pool, input.params.identity, response);
      },
    }),
    route({
      ...common,
      scope: 'ingest',
      method: 'POST',
      operationId: 'askAdvice',
      summary: 'A waiting agent asks again',
      description:
        'For agents that were told to ask again (`recheck_after_s`). An interval that differs by more than a quarter from the one in force takes its place and is recorded as `agent.advised`; else the old one stands. After reports that asked nothing (`ask=false`) any other question is answered, and recorded, in any case.',
      replies: { 200: { ...json('The interval in force from now on', askedAgain), headers: rateLimitHeaders } },
      handle: async (input, request, response) => {
        const { actor } = request.principal;
        const pool = poolOf(ledger, input.query().pool);
        const name = known(ledger.state(pool), input.params.identity).name;
        permitIdentity(request.principal, () => ledger.state(pool), name);
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
  const identity = known(state, asked);
  const { at, windows, identities } = statusNow(ledger, pool);
  const status = identities.find(({ name }) => name === identity.name);
  if (status === undefined) throw new Error(`${identity.name} has no status`);
  const { nextRunAt, mayRun, intervalS, paused, share } = status;
  const advice = advise(state, identity, at);
  const wait = waitSeconds(status, at);
  rateLimit(response, intervalS ?? advice.interval_s, wait, windows, at);
  return {
    pool,
    identity: identity.name,
    at: isoText(at),
    may_run: mayRun,
    wait_s: wait,
    next_run_at: nextRunAt === null ? null : isoText(nextRunAt),
    told_interval_s: intervalS,
    paused,
    state: status.state,
    advice: adviceBody(advice),
    figures: share === null ? null : adviceFieldsOf(share),
  };
}

/** Null where only a person ends the wait. */
function waitSeconds({ mayRun, nextRunAt }: IdentityStatus, at: number): number | null {
  if (mayRun) return 0;
  return nextRunAt === null ? null : Math.ceil((nextRunAt - at) / 1_000);
}

function adviceFieldsOf(share: ShareStatus): Reply['figures'] {
  return {
    share: share.nominal,
    used_micro_usd: Math.round(share.usedUsd * 1e6),
    balance_micro_usd: Math.round(share.balanceUsd * 1e6),
    rate_usd_per_hour: share.rateUsdPerHour,
    equal_rate_usd_per_hour: share.equalRateUsdPerHour,
    conduct: share.conduct,
    present: share.present,
  };
}

/** RateLimit header fields for HTTP (draft-ietf-httpapi-ratelimit-headers-10): `q` quota, `w` window, `r` rest, `t` reset. */
function rateLimit(
  response: FastifyReply,
  interval: number,
  wait: number | null,
  windows: readonly WindowStatus[],
  at: number,
): void {
  const policies = [`"runs";q=1;w=${Math.max(1, interval)}`];
  // Nobody knows when a pause ends that lasts until somebody ends it.
  const rests = [`"runs";r=${wait === 0 ? 1 : 0}${wait === null ? '' : `;t=${wait}`}`];
  for (const { key, percent, lengthS, resetsAt } of windows) {
    if (percent === null) continue;
    const name = JSON.stringify(key);
    policies.push(`${name};q=100;w=${lengthS}`);
    const reset = resetsAt === null ? '' : `;t=${Math.max(0, Math.ceil((resetsAt - at) / 1_000))}`;
    rests.push(`${name};r=${Math.max(0, Math.floor(100 - percent))}${reset}`);
  }
  response.header('ratelimit-policy', policies.join(', ')).header('ratelimit', rests.join(', '));
}

function known(state: PoolState, name: string): Identity {
  const identity = findIdentity(state, name);
  if (identity === undefined) throw new Problem('identity_unknown', `no identity is called ${name.slice(0, 100)}`);
  return identity;
}
