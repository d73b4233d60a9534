/** `GET /sources`: where data comes from, and what came of it. */
import type { PoolState } from '../../events/state.js';
import { sourceWordsNow } from '../../status/source-words.js';
import { sourcesPage, type WebhookSender } from '../../web/pages/sources.js';
import { type Api, nowFor } from '../context.js';
import type { Route } from '../route.js';
import { pageRoute } from './page-route.js';

/** Adapters of this program, which are no formats of others. */
const adapters: readonly (readonly [string, string])[] = [
  ['api', 'Reports by POST /v1/events'],
  ['cli', 'Verbs of the command line'],
  ['coop', 'Reports by the original routes, such as POST /resource-share/increment'],
  ['coop-import', 'History of the original, imported'],
  ['demo', 'Simulated agents'],
  ['jobs', 'The reader of the quota'],
  ['mcp', 'Agents that report by MCP'],
  ['readings', 'Readings of the quota by POST /v1/readings'],
  ['report', 'resource-share report'],
  ['resource-share-client', 'Programs with the client library'],
  ['run', 'Agents started by resource-share run'],
  ['statusline', 'The status line of Claude Code'],
  ['turns', 'Turns that were settled'],
  ['web', 'Pages of this server'],
  ['webhook', 'Signed webhooks'],
];
/** What each source is, by name; the formats of others are loaded when somebody looks. */
async function meaningsOf(): Promise<ReadonlyMap<string, string>> {
  const { sourceFormats } = await import('../../sources/registry.js');
  return new Map([...sourceFormats.map(({ format, title }) => [format, title] as const), ...adapters]);
}

export const sourcesRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/sources',
    operationId: 'showSources',
    summary: 'Sources of data, and what came of it',
    view: async ({ pool, pools, mayAct, url }) => {
      const { ledger, intake } = api;
      const [words, meanings] = await Promise.all([sourceWordsNow(ledger, pool), meaningsOf()]);
      const state = ledger.state(pool);
      // Figures of the daemon are of all pools.
      const seesAll = pools.length === ledger.poolNames.length;
      return sourcesPage({
        ...{ pool, pools, mayAct, url, words, meanings },
        at: nowFor(ledger, state),
        timeZone: state.timeZone,
        seq: state.seq,
        silent: silentSources(state),
        taken: seesAll ? intake.figures : null,
        senders: seesAll && mayAct ? sendersOf(api) : null,
      });
    },
  });

/** The alert names the identity and the source. */
function silentSources({ alerts }: PoolState): ReadonlySet<string> {
  const open = [...alerts.values()].filter(({ rule }) => rule === 'source-silent');
  return new Set(open.map(({ subject }) => subject.slice(subject.lastIndexOf(': ') + 2)));
}

const sendersOf = ({ secrets }: Api): readonly WebhookSender[] =>
  secrets.list().map((secret) => {
    const { id, source, pool, identity, label, uses, lastUsedAt } = secret;
    return { id, source, pool, identity, label, uses, lastUsedAt, status: secrets.faultOf(secret) ?? 'works' };
  });
