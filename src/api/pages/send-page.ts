/** How pages are sent: with a content security policy that lets nothing in but what this very answer names. */
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { csrfToken } from '../../trust/sessions.js';
import { type PageView, pageText } from '../../web/page.js';

/** `isLive`: whether the URL that was asked for is also a feed of the parts of the page. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, view: PageView, isLive = false): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  const { session } = request;
  const signedIn = session === undefined ? null : { key: session.key.id, token: csrfToken(session) };
  return (
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', policyWith(nonce))
      // With none at all, a form would not say where it is from.
      .header('referrer-policy', 'same-origin')
      .header('x-frame-options', 'DENY')
      .send(pageText(view, { signedIn, nonce, isLive }))
  );
}

/** Scripts load parts of themselves from this server, so that it is named beside the nonce. Styles of elements are set by scripts, not by text. */
const policyWith = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types parts',
  ].join('; ');

/** Whether a browser shows the answer to a person. */
export function wantsPage({ headers }: FastifyRequest): boolean {
  const { accept = '', 'sec-fetch-dest': dest = 'document' } = headers;
  return accept.includes('text/html') && dest === 'document';
}
