/** `/keys`: API keys on a page. The text of one stands in the answer that made it, and nowhere else. */
import * as z from 'zod';
import { parseWith } from '../../events/command.js';
import { defaultPool, type PoolId } from '../../events/scalars.js';
import { limits } from '../../limits.js';
import type { KeyRecord } from '../../trust/keys.js';
import type { PageView } from '../../web/page.js';
import { pagePath } from '../../web/page.js';
import { keysPage, type MadeKeyInput, madeKeyPage } from '../../web/pages/keys.js';
import type { KeyRow } from '../../web/parts/keys-table.js';
import { type Api, poolOf } from '../context.js';
import { keyAsked, makeKey, revokeKey, rotateKey } from '../key-acts.js';
import type { Route } from '../route.js';
import { actRoute, formRoute } from './act-route.js';
import { noticeOf } from './notice.js';
import { doneQuery, pageRoute } from './page-route.js';

const query = {
  done: doneQuery.done,
  of: z.string().optional().describe('Pool of that event.'),
};

export const keysRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/keys',
    scope: 'admin',
    ofAll: true,
    operationId: 'showKeys',
    summary: 'API keys there are, and a form for another one',
    query,
    view: async ({ pools, token, query: { done, of } }) => {
      const { ledger, keys, attempts } = api;
      return keysPage({
        ...{ pools, token },
        at: ledger.now(),
        timeZone: zoneOf(api),
        keys: keys
          .list()
          .map((key) => rowOf(key, api))
          .reverse(),
        overlapS: limits.keyOverlapSeconds,
        refused: attempts.refused,
        notice: await noticeOf(ledger, poolOf(ledger, of), { done }),
      });
    },
  });

const common = { ofAll: true } as const;
const params = z.object({ id: z.string().describe('Id of the key.') });
const daySeconds = 86_400;

export const keyActs = (api: Api): readonly Route[] => [makeRoute(api), rotateRoute(api), revokeRoute(api)];

/** A field that nobody filled in is none. */
const filled = (text: string | undefined): string | undefined => (text?.trim() === '' ? undefined : text?.trim());

const makeRoute = (api: Api): Route =>
  formRoute(api, {
    ...common,
    url: '/keys',
    operationId: 'makeKeyOnPage',
    summary: 'Make an API key on a page',
    fields: {
      scope: z.string().describe('`ingest`, `read` or `admin`.'),
      // A parameter of the query with this name would be the pool of a page.
      of: z.string().optional().describe('The only pool it is for; all when left out.'),
      identity: z.string().optional().describe('The only identity it reports for.'),
      label: z.string().optional().describe('What people call it.'),
      days: z
        .string()
        .regex(/^\d{0,4}$/, 'is no number of days')
        .optional()
        .describe('How long it works; for ever when left out.'),
    },
    example: { scope: 'ingest', identity: 'Ada', label: 'desk of Ada', days: '90' },
    view: async ({ fields: { scope, of, identity, label, days }, request }) => {
      const seconds = filled(days);
      const asked = parseWith(keyAsked, {
        scope,
        pool: filled(of),
        identity: filled(identity),
        label: filled(label),
        expires_in_s: seconds === undefined ? undefined : Number(seconds) * daySeconds,
      });
      const hadAdmin = api.keys.hadAdmin;
      const { key, text } = await makeKey(api, request.principal, asked);
      return madePage(api, key, text, { isFirst: !hadAdmin && scope === 'admin' });
    },
  });

const rotateRoute = (api: Api): Route =>
  formRoute(api, {
    ...common,
    url: '/keys/:id/rotate',
    operationId: 'rotateKeyOnPage',
    summary: 'Put another key in the place of one, on a page',
    params,
    fields: {
      overlap_s: z
        .string()
        .regex(/^\d{1,9}$/, 'is no number of seconds')
        .optional()
        .describe('Seconds for which the old key works, too.'),
    },
    example: { overlap_s: '86400' },
    problems: ['api_key_unknown', 'key_inactive'],
    view: async ({ params: { id = '' }, fields: { overlap_s: overlap }, request }) => {
      const seconds = overlap === undefined ? undefined : Math.min(Number(overlap), limits.keySecondsMax);
      const { key, text } = await rotateKey(api, request.principal, id, seconds);
      const { overlapUntil } = api.keys.known(id);
      return madePage(api, key, text, { replaced: { id, until: overlapUntil ?? 0 } });
    },
  });

const revokeRoute = (api: Api): Route =>
  actRoute(api, {
    ...common,
    url: '/keys/:id/revoke',
    operationId: 'revokeKeyOnPage',
    summary: 'Have a key work no longer, on a page',
    params,
    problems: ['api_key_unknown'],
    act: async ({ params: { id = '' }, request }) => {
      const receipt = await revokeKey(api, request.principal, id);
      if (receipt === undefined) return '/keys';
      const { pool, seq } = receipt;
      return pagePath('/keys', undefined, { done: String(seq), ...(pool === defaultPool ? {} : { of: pool }) });
    },
  });

function madePage(
  api: Api,
  key: KeyRecord,
  text: string,
  more: Partial<Pick<MadeKeyInput, 'replaced' | 'isFirst'>>,
): PageView {
  const row = rowOf(key, api);
  return madeKeyPage({
    key: row,
    text,
    timeZone: zoneOf(api),
    at: api.ledger.now(),
    replaced: null,
    isFirst: false,
    ...more,
  });
}

/** Keys are of no pool: their times are shown in the zone of the first one. */
function zoneOf({ ledger }: Api): string {
  const pool = ledger.hasPool(defaultPool) ? defaultPool : (ledger.poolNames[0] as PoolId);
  return ledger.state(pool).timeZone;
}

function rowOf(key: KeyRecord, { keys }: Api): KeyRow {
  const { id, scope, pool, identity, label, createdAt, lastUsedAt, expiresAt, replacedBy, overlapUntil } = key;
  return {
    ...{ id, scope, pool, identity, label, createdAt, lastUsedAt, expiresAt, replacedBy, overlapUntil },
    status: keys.faultOf(key) ?? 'works',
  };
}
