/** The pages for people: dashboard, documentation, problems. They load nothing; only the search of the documentation is a script. */
import type { FastifyReply } from 'fastify';
import { spendStatusNow } from '../status/spend.js';
import { dashboardPage } from '../web/dashboard.js';
import { docsPage } from '../web/docs.js';
import type { Page } from '../web/page.js';
import { problemsPage } from '../web/problems.js';
import { poolFromQuery } from './context.js';
import { type Area, type Reply, route } from './route.js';
import { poolQuery } from './wire/commands.js';

const html: Reply = { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } };
const common = { method: 'GET', tag: 'Pages', replies: { 200: html } } as const;

export const pageArea: Area = {
  routes: ({ ledger, document }) => [
    route({
      ...common,
      url: '/dashboard',
      operationId: 'showDashboard',
      summary: 'The dashboard',
      query: poolQuery,
      problems: ['pool_unknown', 'storage_unavailable'],
      handle: async (_input, request, reply) => {
        const pool = poolFromQuery(ledger, request);
        return sendPage(reply, dashboardPage(await spendStatusNow(ledger, pool), ledger.poolNames));
      },
    }),
    route({
      ...common,
      url: '/docs',
      operationId: 'showDocs',
      summary: 'All routes, for reading',
      handle: async (_input, _request, reply) => sendPage(reply, docsPage(await document())),
    }),
    route({
      ...common,
      url: '/problems',
      operationId: 'showProblems',
      summary: 'Everything that can be refused or fail',
      handle: async (_input, _request, reply) => sendPage(reply, problemsPage()),
    }),
    route({
      ...common,
      url: '/',
      operationId: 'showStart',
      summary: 'Leads to the dashboard',
      replies: { 302: { description: 'To /dashboard', headers: { Location: 'The dashboard.' } } },
      handle: async (_input, _request, reply) => reply.redirect('/dashboard'),
    }),
  ],
};

function sendPage(reply: FastifyReply, { html, styleHash, scriptHash }: Page): FastifyReply {
  const script = scriptHash === null ? '' : ` script-src '${scriptHash}';`;
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header(
      'content-security-policy',
      `default-src 'none'; style-src '${styleHash}';${script} base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    .header('referrer-policy', 'no-referrer')
    .header('x-frame-options', 'DENY')
    .send(html);
}
