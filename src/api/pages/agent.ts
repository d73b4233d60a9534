/** `/agents/{name}`: the page of an agent, and what can be done there. */
import * as z from 'zod';
import type { CommandBody } from '../../events/catalogue.js';
import { findIdentity, livingIdentities } from '../../events/identities.js';
import { type EpochMs, identityName, type PoolId } from '../../events/scalars.js';
import type { Identity } from '../../events/state.js';
import type { Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { spendStatusNow } from '../../status/spend.js';
import { agentPage } from '../../web/pages/agent.js';
import type { Api } from '../context.js';
import { namesOf } from '../events/read.js';
import type { Route } from '../route.js';
import { type ActInput, actRoute, doneAt, record } from './act-route.js';
import { noticeOf } from './notice.js';
import { doneQuery, pageRoute } from './page-route.js';

const eventsShown = 20;
const params = z.object({ name: z.string().describe('Name or alias.') });

export const agentRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/agents/:name',
    operationId: 'showAgent',
    summary: 'One agent',
    params,
    query: doneQuery,
    problems: ['identity_unknown'],
    view: async ({ pool, params: { name: asked = '' }, query, mayAct, token }) => {
      const { ledger } = api;
      const { name } = agentOf(ledger, pool, asked);
      const [status, events, notice] = await Promise.all([
        spendStatusNow(ledger, pool),
        ledger.readStored(pool, { after: 0, backwards: true, names: namesOf(ledger, pool, name), limit: eventsShown }),
        noticeOf(ledger, pool, query),
      ]);
      const identity = status.identities.find((each) => each.name === name);
      if (identity === undefined) throw unknown(pool, asked);
      const state = ledger.state(pool);
      return agentPage({
        status,
        identity,
        events,
        notice,
        mayAct,
        token,
        aliases: namesOf(ledger, pool, name).filter((each) => each !== name),
        others: [...livingIdentities(state)].map((each) => each.name).filter((each) => each !== name),
        figures: null,
        steps: null,
      });
    },
  });

function agentOf(ledger: Ledger, pool: PoolId, name: string): Identity {
  const found = findIdentity(ledger.state(pool), name);
  if (found === undefined) throw unknown(pool, name);
  return found;
}

const unknown = (pool: PoolId, name: string): Problem =>
  new Problem('identity_unknown', `there is no ${name.slice(0, 100)} in the pool ${pool}`);

const minutes = z.coerce.number().int().min(1).max(limits.pauseMinutesMax);
const weight = z.coerce.number().positive().max(1_000_000);

/** Long because it is a table: an act an entry. */
export function agentActs(api: Api): readonly Route[] {
  const { ledger } = api;
  /** Records what the form asks for, and leads back to the agent. */
  const recorded = async <F>(input: ActInput<F>, body: (name: Identity['name']) => CommandBody, was?: number) => {
    const { name } = agentOf(ledger, input.pool, input.params.name ?? '');
    const seq = await record(ledger, input, body(name));
    const now = findIdentity(ledger.state(input.pool), name)?.name ?? name;
    return doneAt(`/agents/${encodeURIComponent(now)}`, input.pool, seq, was);
  };
  const common = { params, problems: ['identity_unknown', 'invalid_field'] } as const;
  return [
    actRoute(api, {
      ...common,
      url: '/agents/:name/pause',
      operationId: 'pauseFromPage',
      summary: 'Pause an agent',
      fields: { minutes: minutes.optional().describe('Until it is resumed when left out.') },
      example: { minutes: 60 },
      act: (input) =>
        recorded(input, (name) => {
          const { minutes: given } = input.fields;
          const until = given === undefined ? {} : { until: (ledger.now() + given * 60_000) as EpochMs };
          return { type: 'agent.paused', payload: { name, ...until } };
        }),
    }),
    actRoute(api, {
      ...common,
      url: '/agents/:name/resume',
      operationId: 'resumeFromPage',
      summary: 'Let a paused agent run again',
      act: (input) => recorded(input, (name) => ({ type: 'agent.resumed', payload: { name } })),
    }),
    actRoute(api, {
      ...common,
      url: '/agents/:name/weight',
      operationId: 'weighFromPage',
      summary: 'Set the weight of an agent',
      fields: { weight: weight.describe('Its part is its weight over the sum of all.') },
      example: { weight: 2 },
      act: (input) => {
        const { weight: before } = agentOf(ledger, input.pool, input.params.name ?? '');
        const payload = (name: Identity['name']) => ({ name, weight: input.fields.weight });
        return recorded(input, (name) => ({ type: 'identity.changed', payload: payload(name) }), before ?? 1);
      },
    }),
    actRoute(api, {
      ...common,
      url: '/agents/:name/confirm',
      operationId: 'confirmFromPage',
      summary: 'Say that an agent is one that is known',
      act: (input) => recorded(input, (name) => ({ type: 'identity.changed', payload: { name, status: 'confirmed' } })),
    }),
    actRoute(api, {
      ...common,
      url: '/agents/:name/alias',
      operationId: 'aliasFromPage',
      summary: 'Give an agent another name',
      fields: { alias: identityName },
      example: { alias: 'ada-laptop' },
      act: (input) =>
        recorded(input, (name) => ({ type: 'identity.aliased', payload: { name, alias: input.fields.alias } })),
    }),
    actRoute(api, {
      ...common,
      url: '/agents/:name/merge',
      operationId: 'mergeFromPage',
      summary: 'Say that an agent is really another one',
      fields: { into: identityName },
      example: { into: 'Ada' },
      act: (input) =>
        recorded(input, (name) => ({ type: 'identity.merged', payload: { from: name, into: input.fields.into } })),
    }),
    actRoute(api, {
      ...common,
      url: '/agents/:name/retire',
      operationId: 'retireFromPage',
      summary: 'Take an agent out of the sharing',
      act: (input) => recorded(input, (name) => ({ type: 'identity.retired', payload: { name } })),
    }),
    actRoute(api, {
      ...common,
      url: '/agents/:name/reinstate',
      operationId: 'reinstateFromPage',
      summary: 'Take a retired agent back',
      act: (input) => recorded(input, (name) => ({ type: 'identity.reinstated', payload: { name } })),
    }),
  ];
}
