/** The pages for people: dashboard, documentation, problems. They load nothing and run no script. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { dashboardPage } from '../web/dashboard.js';
import { docsPage } from '../web/docs.js';
import { overviewOf } from '../web/overview.js';
import type { Page } from '../web/page.js';
import { problemsPage } from '../web/problems.js';
import { type Api, poolFromQuery } from './context.js';
import { describe, type RouteText } from './describe.js';
import { poolQuery } from './wire/commands.js';

export function pageRoutes(app: FastifyInstance, { ledger, document }: Api): void {
  const page = { 200: { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } } };
  const schemaOf = (summary: string, query?: typeof poolQuery, replies: RouteText['replies'] = page) =>
    describe({ tag: 'Pages', summary, ...(query === undefined ? {} : { query }), replies });

  app.get('/dashboard', { schema: schemaOf('The dashboard', poolQuery) }, async (request, reply) => {
    const pool = poolFromQuery(ledger, request);
    return sendPage(reply, dashboardPage(await overviewOf(ledger, pool), ledger.poolNames));
  });
  app.get('/docs', { schema: schemaOf('All routes, for reading') }, async (_request, reply) => {
    return sendPage(reply, docsPage(await document()));
  });
  app.get('/problems', { schema: schemaOf('Everything that can be refused or fail') }, async (_request, reply) => {
    return sendPage(reply, problemsPage());
  });
  const toDashboard = schemaOf('Leads to the dashboard', undefined, { 302: { description: 'To /dashboard' } });
  app.get('/', { schema: toDashboard }, async (_request, reply) => reply.redirect('/dashboard'));
}

function sendPage(reply: FastifyReply, { html, styleHash }: Page): FastifyReply {
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header(
      'content-security-policy',
      `default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    .header('referrer-policy', 'no-referrer')
    .header('x-frame-options', 'DENY')
    .send(html);
}
