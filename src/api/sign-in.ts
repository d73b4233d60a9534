/** `/login` and `/logout`: a browser signs in with an API key, and out. The only routes that take forms. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { limits } from '../limits.js';
import { Problem, type ProblemCode, problems } from '../problems.js';
import { isCsrfToken } from '../trust/sessions.js';
import { type LoginPage, loginPage } from '../web/pages/login.js';
import { isLoopback, keyFaultText } from './authentication.js';
import type { Api } from './context.js';
import { requireOwnPage, takeForms } from './pages/act-route.js';
import { htmlReply } from './pages/html-reply.js';
import { sendPage, wantsPage } from './pages/send-page.js';
import { scopesOf } from './principal.js';
import { type Area, route } from './route.js';
import { clearSessionCookie, isHttps, setSessionCookie } from './session-cookie.js';

const start = '/dashboard';
const pathCharactersMax = 2_048;

const query = z.strictObject({ next: z.string().optional().describe('The path to go on to, on this server.') });
const next = z.string().default(start);
const signIn = z.object({ key: z.string().default(''), next });
const signOut = z.object({ csrf: z.string().default('') });
const goesOn = { description: 'Signed in or out; leads on', headers: { Location: 'The next page.' } } as const;

export const signInArea: Area = {
  prepare: takeForms,
  routes: (api) => [
    route({
      method: 'GET',
      url: '/login',
      scope: 'none',
      tag: 'Pages',
      operationId: 'showLogin',
      summary: 'Where a browser signs in',
      query,
      replies: { 200: htmlReply, 302: goesOn },
      handle: async (input, request, reply) => {
        const wanted = localPath(input.query().next);
        if (request.session !== undefined) return reply.redirect(wanted);
        const isFromElsewhere = request.headers['sec-fetch-site'] === 'cross-site';
        return sendLogin(request, reply, { next: wanted, isFromElsewhere });
      },
    }),
    route({
      method: 'POST',
      url: '/login',
      scope: 'none',
      tag: 'Pages',
      operationId: 'signIn',
      summary: 'Sign a browser in',
      description: `The form of the page. A key of the scope \`read\` or \`admin\` is answered with a cookie, which stands for the key for ${limits.sessionMs / 3_600_000} hours, or until the browser signs out or the key works no longer. What changes something needs the header \`X-CSRF-Token\` beside the cookie.`,
      body: { schema: signIn, example: { key: 'rs_7m2kq0xv_…', next: start }, isForm: true },
      replies: { 303: goesOn, 401: { ...htmlReply, description: 'The page, which says why not' } },
      problems: ['too_many_attempts', 'storage_unavailable'],
      bodyLimit: limits.formBytesMax,
      checksToken: true,
      handle: (input, request, reply) => {
        requireOwnPage(request);
        return signedIn(api, input.body(), request, reply);
      },
    }),
    route({
      method: 'POST',
      url: '/logout',
      scope: 'none',
      tag: 'Pages',
      operationId: 'signOut',
      summary: 'Sign a browser out',
      description: 'The form of the pages, with the token of the session.',
      body: { schema: signOut, example: { csrf: '…' }, isForm: true },
      replies: { 303: goesOn },
      problems: ['csrf_refused', 'storage_unavailable'],
      bodyLimit: limits.formBytesMax,
      checksToken: true,
      handle: async (input, request, reply) => {
        const { session } = request;
        if (session !== undefined) {
          if (!isCsrfToken(session, input.body().csrf)) throw new Problem('csrf_refused');
          await api.sessions.end(session);
          api.feeds.endSession(session.id);
        }
        return clearSessionCookie(request, reply).redirect('/login', 303);
      },
    }),
  ],
};

async function signedIn(
  { keys, sessions, attempts }: Api,
  { key: text, next: wanted }: z.infer<typeof signIn>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const target = localPath(wanted);
  const refuse = (code: ProblemCode, fault: string) => {
    reply.code(problems[code].status);
    if (code === 'too_many_attempts') reply.header('retry-after', String(limits.retryAfterSeconds));
    return sendLogin(request, reply, { next: target, fault });
  };
  const checked = keys.check(text.trim());
  if ('fault' in checked) {
    if (attempts.note(request.ip))
      return refuse('too_many_attempts', 'Too many keys from this address were refused: try again in a moment.');
    return refuse('key_refused', `${sentence(keyFaultText(checked.fault))}.`);
  }
  if (!scopesOf[checked.key.scope].has('read'))
    return refuse('scope_missing', `The key ${checked.key.id} reports, and does not read: pages need the scope read.`);
  if (request.session !== undefined) await sessions.end(request.session);
  const session = await sessions.open(checked.key);
  return setSessionCookie(request, reply, session.id).redirect(target, 303);
}

/** The path, where it is one of this server and no other; else that of the first page. */
export function localPath(text: string | undefined): string {
  if (text === undefined || text.length > pathCharactersMax || !/^\/[\x21-\x5b\x5d-\x7e]*$/.test(text)) return start;
  const base = 'http://resource-share.invalid';
  if (!URL.canParse(text, base)) return start;
  const { origin, pathname, search } = new URL(text, base);
  const isOther = origin !== base || pathname.startsWith('//') || /^\/log(in|out)\/?$/.test(pathname);
  return isOther ? start : pathname + search;
}

/** Whether a person asked for it in a browser, who is better shown where to sign in than a problem. */
export const isNavigation = (request: FastifyRequest): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') && wantsPage(request);

export const redirectToLogin = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.redirect(`/login?next=${encodeURIComponent(localPath(request.url))}`);

const sendLogin = (request: FastifyRequest, reply: FastifyReply, shown: Omit<LoginPage, 'isPrivate'>): FastifyReply =>
  sendPage(request, reply, loginPage({ ...shown, isPrivate: isHttps(request) || isLoopback(request.ip) }));

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
