/** The pages for people, and what they load. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Problem } from '../../problems.js';
import { assetOf } from '../../web/assets.js';
import { docsPage } from '../../web/pages/docs.js';
import { errorCodesPage } from '../../web/pages/error-codes.js';
import { type Area, route } from '../route.js';
import { takeForms } from './act-route.js';
import { agentActs, agentRoute } from './agent.js';
import { alertActs, alertsRoute } from './alerts.js';
import { dashboardRoute } from './dashboard.js';
import { eventRoute, eventsRoute } from './events.js';
import { htmlReply } from './html-reply.js';
import { jobActs, jobsRoute } from './jobs.js';
import { keyActs, keysRoute } from './keys.js';
import { policyActs, policyRoute } from './policy.js';
import { sendPage } from './send-page.js';
import { sourcesRoute } from './sources.js';
import { sqlForms, sqlRoute } from './sql.js';
import { tableRoute, tablesRoute } from './tables.js';
import { windowRoute } from './window.js';

const common = { method: 'GET', tag: 'Pages', replies: { 200: htmlReply } } as const;
const file = z.object({ file: z.string().describe('Name of a file, as a page has it.') });

export const pageArea: Area = {
  routes: (api) => [
    dashboardRoute(api),
    agentRoute(api),
    windowRoute(api),
    policyRoute(api),
    eventsRoute(api),
    eventRoute(api),
    alertsRoute(api),
    sourcesRoute(api),
    jobsRoute(api),
    keysRoute(api),
    tablesRoute(api),
    tableRoute(api),
    sqlRoute(api),
    route({
      ...common,
      url: '/docs',
      scope: 'any',
      operationId: 'showDocs',
      summary: 'All routes, for reading',
      handle: async (_input, request, reply) => sendPage(request, reply, docsPage(await api.document())),
    }),
    route({
      ...common,
      url: '/problems',
      scope: 'any',
      operationId: 'showProblems',
      summary: 'Everything that can be refused or fail',
      handle: async (_input, request, reply) => sendPage(request, reply, errorCodesPage()),
    }),
    route({
      ...common,
      url: '/',
      scope: 'any',
      operationId: 'showStart',
      summary: 'Leads to the dashboard',
      replies: { 302: { description: 'To /dashboard', headers: { Location: 'The dashboard.' } } },
      handle: async (_input, _request, reply) => reply.redirect('/dashboard'),
    }),
    route({
      method: 'GET',
      url: '/assets/:file',
      scope: 'none',
      tag: 'Pages',
      operationId: 'getAsset',
      summary: 'A script or style of the pages',
      description: 'The name holds a hash of what is in it: it may be kept for good.',
      params: file,
      replies: { 200: { description: 'The file', content: { 'text/javascript': { schema: { type: 'string' } } } } },
      problems: ['route_unknown'],
      handle: async ({ params }, request, reply) => sendAsset(params.file, request, reply),
    }),
  ],
};

/** What pages do. */
export const actArea: Area = {
  prepare: takeForms,
  routes: (api) => [agentActs, policyActs, alertActs, jobActs, keyActs, sqlForms].flatMap((acts) => acts(api)),
};

function sendAsset(name: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asset = assetOf(name);
  if (asset === null) throw new Problem('route_unknown');
  reply
    .header('content-type', asset.type)
    .header('cache-control', 'public, max-age=31536000, immutable')
    .header('vary', 'Accept-Encoding');
  const accepted = String(request.headers['accept-encoding'] ?? '');
  if (/\bbr\b/.test(accepted)) return reply.header('content-encoding', 'br').send(asset.brotli);
  if (/\bgzip\b/.test(accepted)) return reply.header('content-encoding', 'gzip').send(asset.gzip);
  return reply.send(asset.body);
}
