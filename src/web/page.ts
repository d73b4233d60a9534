/**
 * The frame of every page: head, navigation, and the parts. A page loads nothing from elsewhere, and is complete without its script, which
 * keeps the parts current that may change.
 */
import { createHash } from 'node:crypto';
import { clockText } from '../text/time.js';
import { type AssetName, assetPath } from './assets.js';
import { type Html, html } from './html.js';

export type PlaceName = (typeof places)[number]['name'];

/** What a page shows, before it is put into its frame. */
export interface PageView {
  readonly title: string;
  readonly current: PlaceName | 'login' | 'error';
  /** The pool that it is about; links lead to other pages of the same pool. */
  readonly pool?: string;
  /** Pools that may be chosen instead. */
  readonly pools?: readonly string[];
  readonly parts: readonly Part[];
  /** What an act that led here has done. */
  readonly notice?: Html | null;
  readonly scripts?: readonly AssetName[];
}

/** A part of a page. One that is live is kept current while the page is open; it must not depend on who looks. */
export interface Part {
  readonly id: string;
  readonly html: Html | null | false;
  readonly live?: true;
}

/** Who looks. */
export interface Viewer {
  /** By which key a browser signed in, and the token with which its pages act. */
  readonly signedIn: { readonly key: string; readonly token: string } | null;
  /** Marks the scripts and styles that this answer may load. */
  readonly nonce: string;
  /** The URL of the page, where it can be kept current. */
  readonly isLive: boolean;
}

const places = [
  { name: 'dashboard', path: '/dashboard', title: 'Dashboard', ofPool: true },
  { name: 'events', path: '/events', title: 'Events', ofPool: true },
  { name: 'tables', path: '/tables', title: 'Tables', ofPool: false },
  { name: 'sql', path: '/sql', title: 'SQL', ofPool: false },
  { name: 'policy', path: '/policy', title: 'Policy', ofPool: true },
  { name: 'alerts', path: '/alerts', title: 'Alerts', ofPool: true },
  { name: 'sources', path: '/sources', title: 'Sources', ofPool: true },
  { name: 'jobs', path: '/jobs', title: 'Jobs', ofPool: false },
  { name: 'keys', path: '/keys', title: 'Keys', ofPool: false },
  { name: 'docs', path: '/docs', title: 'API', ofPool: false },
  { name: 'problems', path: '/problems', title: 'Error codes', ofPool: false },
] as const;

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 12);

export const partText = ({ html: shown }: Part): string => (shown === null || shown === false ? '' : shown.text);

/** A path of a page of the same pool. */
export function pagePath(path: string, pool: string | undefined, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...(pool === undefined || pool === 'default' ? {} : { pool }), ...more });
  return query.size === 0 ? path : `${path}?${query}`;
}

export function pageText(view: PageView, { signedIn, nonce, isLive }: Viewer): string {
  const { title, current, pool, pools = [], parts, notice = null, scripts = [] } = view;
  const links = places.map(
    ({ name, path, title: text, ofPool }) =>
      html`<a href="${pagePath(path, ofPool ? pool : undefined)}"${name === current && html` aria-current="page"`}>${text}</a>`,
  );
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Resource-Share</title>
<link rel="icon" type="image/svg+xml" href="${assetPath('icon.svg')}">
<link rel="stylesheet" href="${assetPath('page.css')}" nonce="${nonce}">
${(['page.js', ...scripts] as const).map((name) => html`<script type="module" src="${assetPath(name)}" nonce="${nonce}"></script>\n`)}</head>
<body${isLive && html` data-live`}>
<a class="skip" href="#main">Skip to what is on the page</a>
<header class="top"><strong>Resource-Share</strong><nav aria-label="Pages">${links}</nav>${poolLinks(pools, pool)}${signedIn !== null && signOut(signedIn)}</header>
<p id="stale" class="notice warn" role="status" hidden></p>
<main id="main" tabindex="-1">
${notice}
${parts.map(partHtml)}
</main>
${signedIn !== null && html`<form id="act" method="post"><input type="hidden" name="csrf" value="${signedIn.token}"></form>`}
${signedIn === null && html`<form id="act" method="post"></form>`}
</body>
</html>
`;
  return text;
}

function partHtml(part: Part): Html | null | false {
  if (part.live !== true) return part.html;
  return html`<div class="part" data-part="${part.id}" data-digest="${digestOf(partText(part))}">${part.html}</div>`;
}

function signOut({ key, token }: { readonly key: string; readonly token: string }): Html {
  return html` <form class="sign-out" method="post" action="/logout">signed in as <code>${key}</code> · <input type="hidden" name="csrf" value="${token}"><button>log out</button></form>`;
}

function poolLinks(pools: readonly string[], current: string | undefined): Html | null {
  if (pools.length < 2) return null;
  return html`<nav class="pools" aria-label="Pools">${pools.map(
    (pool) =>
      html`<a href="/dashboard?pool=${encodeURIComponent(pool)}"${pool === current && html` aria-current="true"`}>${pool}</a> `,
  )}</nav>`;
}

/** When a page is of, and the event it rests on. */
export function asOfText({
  at,
  timeZone,
  seq,
  pool,
}: {
  readonly at: number;
  readonly timeZone: string;
  readonly seq: number;
  readonly pool: string;
}): Html {
  return html`<p class="muted small as-of"><span class="live-mark">live</span> ${clockText(at, timeZone)} ${timeZone} · ${seq > 0 && html`<a href="${pagePath(`/events/${seq}`, pool)}">event ${seq}</a>`}</p>`;
}
