/** `/agents/{name}`: the page of an agent, and what can be done there. */
import * as z from 'zod';
import type { CommandBody } from '../../events/catalogue.js';
import { findIdentity, livingIdentities } from '../../events/identities.js';
import { type EpochMs, identityName } from '../../events/scalars.js';
import type { Identity } from '../../events/state.js';
import { limits } from '../../limits.js';
import { agentDetail, identityNamed } from '../../status/agent-detail.js';
import { spendStatusNow, withoutUse } from '../../status/spend.js';
import { agentKeys, agentPage } from '../../web/pages/agent.js';
import type { Api } from '../context.js';
import type { Route } from '../route.js';
import { type ActInput, actRoute, doneAt, record } from './act-route.js';
import { noticeOf } from './notice.js';
import { doneQuery, pageRoute } from './page-route.js';
import { stretchOfFilter, useFilterQuery } from './use-filter.js';

const eventsShown = 20;
const params = z.object({ name: z.string().describe('Name or alias.') });

export const agentRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/agents/:name',
    operationId: 'showAgent',
    summary: 'One agent',
    params,
    query: { ...doneQuery, ...useFilterQuery(agentKeys) },
    problems: ['identity_unknown', 'invalid_field', 'request_invalid'],
    view: async ({ pool, params: { name: asked = '' }, query, mayAct, token }) => {
      const { ledger } = api;
      const [status, detail, notice] = await Promise.all([
        spendStatusNow(ledger, pool),
        agentDetail(ledger, pool, asked, {
          ...stretchOfFilter(ledger, pool, query),
          step: query.step,
          events: eventsShown,
        }),
        noticeOf(ledger, pool, query),
      ]);
      const identity = status.identities.find(({ name }) => name === detail.name);
      // One that retired long ago is in no list, and has a page all the same.
      const shown = identity ?? withoutUse(detail.standing);
      const others = [...livingIdentities(ledger.state(pool))].map(({ name }) => name);
      return agentPage({
        status,
        identity: shown,
        detail,
        notice,
        mayAct,
        token,
        filter: query,
        others: others.filter((name) => name !== detail.name),
      });
    },
  });

const minutes = z.coerce.number().int().min(1).max(limits.pauseMinutesMax);
const weight = z.coerce.number().positive().max(1_000_000);

/** Long because it is a table: an act an entry. */
export function agentActs(api: Api): readonly Route[] {
  const { ledger } = api;
  /** Records what the form asks for, and leads back to the agent. */
  const recorded = async <F>(input: ActInput<F>, body: (name: Identity['name']) => CommandBody, was?: number) => {
    const { name } = identityNamed(ledger.state(input.pool), input.params.name ?? '');
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
        const { weight: before } = identityNamed(ledger.state(input.pool), input.params.name ?? '');
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
