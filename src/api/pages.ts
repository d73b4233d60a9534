/** The pages for people: dashboard, documentation, problems. They load nothing; only the search of the documentation is a script. */
import type { FastifyReply } from 'fastify';
import { breakdownNow } from '../status/breakdown.js';
import { spendStatusNow } from '../status/spend.js';
import { csrfToken, type Session } from '../trust/sessions.js';
import { dashboardPage } from '../web/dashboard.js';
import { docsPage } from '../web/docs.js';
import type { Page } from '../web/page.js';
import { problemsPage } from '../web/problems.js';
import { poolFromQuery } from './context.js';
import { type Area, type Reply, route } from './route.js';
import { poolQuery } from './wire/commands.js';

export const html: Reply = { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } };
const common = { method: 'GET', tag: 'Pages', replies: { 200: html } } as const;

export const pageArea: Area = {
  routes: ({ ledger, document }) => [
    route({
      ...common,
      url: '/dashboard',
      scope: 'read',
      operationId: 'showDashboard',
      summary: 'The dashboard',
      query: poolQuery,
      problems: ['pool_unknown', 'storage_unavailable'],
      handle: async (_input, request, reply) => {
        const pool = poolFromQuery(ledger, request);
        const [status, breakdown] = await Promise.all([spendStatusNow(ledger, pool), breakdownNow(ledger, pool)]);
        const signedIn = request.session === undefined ? null : signedInAs(request.session);
        return sendPage(reply, dashboardPage(status, breakdown, ledger.poolNames, signedIn));
      },
    }),
    route({
      ...common,
      url: '/docs',
      scope: 'any',
      operationId: 'showDocs',
      summary: 'All routes, for reading',
      handle: async (_input, _request, reply) => sendPage(reply, docsPage(await document())),
    }),
    route({
      ...common,
      url: '/problems',
      scope: 'any',
      operationId: 'showProblems',
      summary: 'Everything that can be refused or fail',
      handle: async (_input, _request, reply) => sendPage(reply, problemsPage()),
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
  ],
};

const signedInAs = (session: Session) => ({ key: session.key.id, token: csrfToken(session) });

export function sendPage(reply: FastifyReply, { html, styleHash, scriptHash, hasForm }: Page): FastifyReply {
  const script = scriptHash === null ? '' : ` script-src '${scriptHash}';`;
  return (
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header(
        'content-security-policy',
        `default-src 'none'; style-src '${styleHash}';${script} base-uri 'none'; form-action ${hasForm ? "'self'" : "'none'"}; frame-ancestors 'none'`,
      )
      // With none at all, a form would not say where it is from.
      .header('referrer-policy', 'same-origin')
      .header('x-frame-options', 'DENY')
      .send(html)
  );
}
