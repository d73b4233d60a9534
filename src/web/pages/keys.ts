/** API keys: which there are, another one, and the ends of them. */
import { durationText } from '../../text/duration.js';
import { clockText } from '../../text/time.js';
import { actForm } from '../actions.js';
import { type Html, html } from '../html.js';
import type { PageView } from '../page.js';
import { type KeyRow, keysTable } from '../parts/keys-table.js';

export interface KeysInput {
  readonly at: number;
  readonly timeZone: string;
  /** The newest first. */
  readonly keys: readonly KeyRow[];
  readonly pools: readonly string[];
  /** For how long the old key works beside one that takes its place, where nothing else is said. */
  readonly overlapS: number;
  /** Requests with a key that was refused, since the daemon began. */
  readonly refused: number;
  readonly token: string | null;
  readonly notice: Html | null;
}

export function keysPage(input: KeysInput): PageView {
  const { keys, at, timeZone, overlapS, refused, pools, token, notice } = input;
  const isFirst = !keys.some(({ scope }) => scope === 'admin');
  return {
    title: 'Keys',
    current: 'keys',
    notice,
    parts: [
      {
        id: 'head',
        live: true,
        html: html`<h1>API keys</h1><p class="muted small as-of"><span class="live-mark">live</span> ${clockText(at, timeZone)} ${timeZone}</p>`,
      },
      { id: 'first', live: true, html: isFirst && firstKey },
      {
        id: 'keys',
        live: true,
        html:
          keys.length > 0 &&
          html`${keysTable(keys, { at, timeZone, overlapS })}${refused > 0 && html`<p class="small muted">${refused} requests with a key that is unknown, mistyped or works no longer were refused since this daemon started.</p>`}`,
      },
      { id: 'make', html: makeSection(pools, isFirst, token) },
    ],
  };
}

/** As long as there is no key that may make others. */
const firstKey = html`<section><h2>No key of the scope admin yet</h2>
<p class="prose">As long as there is none, whoever sits at this machine may do everything here, and nobody reaches this daemon from another one. Make a key of the scope <code>admin</code> first: below, or by the command line, which writes it to a file of your account alone.</p>
<pre class="command" tabindex="0"><code>resource-share keys create --scope admin --to-file ./admin.key</code></pre>
<p><button type="button" class="act" data-copy="resource-share keys create --scope admin --to-file ./admin.key">Copy<span class="unseen"> the command</span></button></p>
<p class="prose">From then on, what changes something over the network or on these pages needs a key; reports and reading from this machine go on without one, and so does the command line, by the socket of the daemon. A browser signs in with the key.</p>
</section>`;

const scopes = [
  ['ingest', 'ingest: reports, and does not read'],
  ['read', 'read: sees everything, changes nothing'],
  ['admin', 'admin: may do everything'],
] as const;

function makeSection(pools: readonly string[], isFirst: boolean, token: string | null): Html {
  return html`<section><h2>Make a key</h2>
<p class="prose small">It is shown once, on the next page, and kept nowhere. The log says that it was made, and by whom.</p>
${actForm(
  '/keys',
  undefined,
  token,
  html`<label>Scope<select name="scope">${scopes.map(([scope, text]) => html`<option value="${scope}"${scope === (isFirst ? 'admin' : 'ingest') && html` selected`}>${text}</option>`)}</select></label>
<label>Pool<select name="of"><option value="">all</option>${pools.map((pool) => html`<option value="${pool}">${pool}</option>`)}</select></label>
<label>Identity (of ingest alone)<input name="identity" autocomplete="off" maxlength="200" placeholder="all"></label>
<label>Name<input name="label" autocomplete="off" maxlength="200" placeholder="desk of Ada"></label>
<label>Ends after days<input type="number" name="days" min="1" max="3650" placeholder="never"></label>
<button>Make it</button>`,
)}</section>`;
}

export interface MadeKeyInput {
  readonly key: KeyRow;
  /** The key itself. */
  readonly text: string;
  readonly timeZone: string;
  /** The key whose place it takes, and until when that works. */
  readonly replaced: { readonly id: string; readonly until: number } | null;
  readonly at: number;
  /** From now on, this machine needs one, too. */
  readonly isFirst: boolean;
}

/** The only page on which a key ever stands. */
export function madeKeyPage({ key, text, timeZone, replaced, at, isFirst }: MadeKeyInput): PageView {
  const { id, scope, pool, identity, expiresAt } = key;
  return {
    title: `Key ${id}`,
    current: 'keys',
    notice: html`<div class="notice good" role="status"><p>The key <code>${id}</code> is made. <b>It is shown here once:</b> keep it before you leave this page.</p></div>`,
    parts: [
      {
        id: 'made',
        html: html`<h1>Key ${id}</h1>
<pre class="command" tabindex="0"><code id="key-text">${text}</code></pre>
<p><button type="button" class="act" data-copy="${text}">Copy<span class="unseen"> the key</span></button></p>
<dl class="facts">
<dt>Scope</dt><dd>${scope}</dd>
<dt>Pool</dt><dd>${pool === null ? 'all' : html`<bdi>${pool}</bdi>`}</dd>
<dt>Identity</dt><dd>${identity === null ? 'all' : html`<bdi>${identity}</bdi>`}</dd>
<dt>Works</dt><dd>${expiresAt === null ? 'until it is revoked' : `until ${clockText(expiresAt, timeZone)}`}</dd>
</dl>
<p class="prose">Programs send it as <code>Authorization: Bearer</code>, and find it in the file that <code>RESOURCE_SHARE_KEY_FILE</code> names. In a URL it is refused.</p>
${replaced !== null && html`<p class="prose">Put it in the place of <code>${replaced.id}</code>, which ${replaced.until > at ? `works for ${durationText((replaced.until - at) / 1_000)} more` : 'works no longer'}.</p>`}
${isFirst && html`<p class="notice warn">There is a key of the scope <code>admin</code> now: from here on these pages need it, too. <a href="/login?next=%2Fkeys">Sign in with it.</a></p>`}
<p><a href="/keys">Back to the keys</a></p>`,
      },
    ],
  };
}
