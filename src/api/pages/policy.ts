/** `/policy`: the rules, what the last week would have been under others, and changes of them; the same for the weight of an agent. */
import * as z from 'zod';
import { parseWith } from '../../events/command.js';
import { decidePolicy } from '../../events/decide/policy.js';
import { identityName, type PoolId } from '../../events/scalars.js';
import type { PoolState } from '../../events/state.js';
import { defaultPolicy, type Policy, type PolicyChange, policyParameters } from '../../fairness/policy.js';
import { policyWords } from '../../fairness/policy-words.js';
import type { Ledger } from '../../ledger/ledger.js';
import { Problem } from '../../problems.js';
import { identityNamed } from '../../status/agent-detail.js';
import { policyPage, policyPath, previewPage } from '../../web/pages/policy.js';
import { agentPath } from '../../web/parts/agents-table.js';
import type { Api } from '../context.js';
import type { Route } from '../route.js';
import { actRoute, doneAt, formRoute, record } from './act-route.js';
import { noticeOf } from './notice.js';
import { doneQuery, pageRoute } from './page-route.js';

export const policyRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/policy',
    operationId: 'showPolicy',
    summary: 'The rules of sharing',
    query: doneQuery,
    view: async ({ pool, pools, query, mayAct, token }) => {
      const { ledger } = api;
      const { fair, timeZone } = ledger.state(pool);
      const [newest] = await ledger.readStored(pool, { after: 0, backwards: true, types: ['policy.set'], limit: 1 });
      const setBy = newest === undefined ? null : { seq: newest.seq, at: newest.recorded_at, actor: newest.actor };
      const notice = await noticeOf(ledger, pool, query);
      return policyPage({
        pool,
        pools,
        policy: fair.policy,
        defaults: defaultPolicy,
        setBy,
        timeZone,
        mayAct,
        token,
        notice,
      });
    },
  });

const parameterNames = Object.keys(policyWords) as (keyof typeof policyWords)[];
/** Of a form: each is a text, and one that is not there stays as it is. */
const parameterFields = Object.fromEntries(parameterNames.map((name) => [name, z.string().optional()]));

type Given = Readonly<Record<string, string | undefined>>;

/** What differs from the policy in force. Throws `invalid_field`. */
function changeOf(policy: Policy, given: Given): PolicyChange {
  const wanted = Object.fromEntries(
    parameterNames.flatMap((name) => {
      const text = given[name]?.trim();
      if (text === undefined || text === String(policy[name] ?? '')) return [];
      const isText = ['method', 'mode', 'account'].includes(name);
      return [[name, isText ? text : text === '' ? Number.NaN : Number(text)]];
    }),
  );
  return parseWith(policyParameters.partial(), wanted);
}

/** Parameters that are right each for itself may contradict each other. */
function refuseContradictions(state: PoolState, payload: PolicyChange): void {
  const decision = decidePolicy(state, { type: 'policy.set', payload, actor: 'local', source: 'web/1' });
  if (!decision.accepted) throw new Problem(decision.code, decision.detail);
}

const weight = z.coerce.number().positive().max(1_000_000).describe('Its part is its weight over the sum of all.');
const name = z.object({ name: z.string().describe('Name or alias.') });

/** Long because it is a table: an act an entry. */
export function policyActs(api: Api): readonly Route[] {
  const { ledger, previews } = api;
  const compare = (pool: PoolId, change: PolicyChange, weights: Readonly<Record<string, number>>) =>
    previews.run({ database: databaseOf(ledger), pool, change, weights });
  return [
    formRoute(api, {
      url: '/policy/preview',
      operationId: 'previewPolicy',
      summary: 'What the last week would have been under another policy',
      fields: parameterFields,
      example: { horizon_h: '24' },
      problems: ['invalid_field', 'queue_full', 'request_invalid'],
      view: async ({ pool, fields, token }) => {
        const { fair, timeZone } = ledger.state(pool);
        const change = changeOf(fair.policy, fields);
        const changed = Object.entries(change);
        if (changed.length === 0)
          throw new Problem('invalid_field', 'nothing differs from the policy that is in force');
        refuseContradictions(ledger.state(pool), change);
        return previewPage({
          pool,
          timeZone,
          title: changed
            .map(([key, to]) => `${key}: ${String(fair.policy[key as keyof Policy] ?? 'not set')} → ${String(to)}`)
            .join(', '),
          comparison: await compare(pool, change, {}),
          apply: {
            path: '/policy/set',
            fields: Object.fromEntries(changed.map(([key, to]) => [key, String(to)])),
            label: 'Apply it',
          },
          back: policyPath(pool),
          token,
        });
      },
    }),
    actRoute(api, {
      url: '/policy/set',
      operationId: 'setPolicyFromPage',
      summary: 'Change the policy',
      fields: parameterFields,
      example: { horizon_h: '24' },
      problems: ['invalid_field'],
      act: async (input) => {
        const payload = changeOf(ledger.state(input.pool).fair.policy, input.fields);
        return doneAt('/policy', input.pool, await record(ledger, input, { type: 'policy.set', payload }));
      },
    }),
    formRoute(api, {
      url: '/agents/:name/weight/preview',
      operationId: 'previewWeight',
      summary: 'What the last week would have been with another weight',
      params: name,
      fields: { weight },
      example: { weight: 2 },
      problems: ['identity_unknown', 'invalid_field', 'queue_full', 'request_invalid'],
      view: async ({ pool, fields, params, token }) => {
        const identity = identityNamed(ledger.state(pool), params.name ?? '');
        return previewPage({
          pool,
          timeZone: ledger.state(pool).timeZone,
          title: `The weight of ${identity.name}: ${identity.weight} → ${fields.weight}`,
          comparison: await compare(pool, {}, { [identity.name]: fields.weight }),
          apply: {
            path: `/agents/${encodeURIComponent(identity.name)}/weight`,
            fields: { weight: String(fields.weight) },
            label: 'Set the weight',
          },
          back: agentPath(identityName.parse(identity.name), pool),
          token,
        });
      },
    }),
  ];
}

function databaseOf({ settings }: Ledger): string {
  return settings.database;
}
