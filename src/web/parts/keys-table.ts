/** API keys, without the keys themselves; with what ends them behind a question, which needs no script. */
import { durationText } from '../../text/duration.js';
import { clockText, relativeText } from '../../text/time.js';
import { actButton } from '../actions.js';
import { type Html, html } from '../html.js';

/** Times are milliseconds UTC. */
export interface KeyRow {
  readonly id: string;
  readonly scope: string;
  readonly pool: string | null;
  readonly identity: string | null;
  readonly label: string | null;
  readonly status: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly expiresAt: number | null;
  readonly replacedBy: string | null;
  readonly overlapUntil: number | null;
}

interface Around {
  readonly at: number;
  readonly timeZone: string;
  readonly overlapS: number;
}

export function keysTable(keys: readonly KeyRow[], around: Around): Html {
  const works = keys.filter(({ status }) => status === 'works');
  const ended = keys.filter(({ status }) => status !== 'works');
  const admins = works.filter(({ scope }) => scope === 'admin');
  return html`<section><h2>Keys that work</h2>
${works.length === 0 ? html`<p class="empty">No key works.</p>` : table(works, around, 'Table of keys that work', admins)}
<p class="small muted">Revoking the key by which you are signed in signs you out.</p></section>
${ended.length > 0 && html`<details class="words" id="ended"><summary>${ended.length} that work no longer</summary>${table(ended, around, 'Table of keys that work no longer', admins)}</details>`}`;
}

const table = (
  keys: readonly KeyRow[],
  around: Around,
  label: string,
  admins: readonly KeyRow[],
): Html => html`<div class="scroll" tabindex="0" role="group" aria-label="${label}"><table class="stack">
<thead><tr><th scope="col">Key</th><th scope="col">Scope</th><th scope="col">Pool</th><th scope="col">Identity</th><th scope="col">State</th><th scope="col">Made</th><th scope="col">Last used</th><th scope="col">Until</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
<tbody>${keys.map((key) => row(key, around, admins))}</tbody>
</table></div>`;

function row(key: KeyRow, around: Around, admins: readonly KeyRow[]): Html {
  const { id, scope, pool, identity, label, status, createdAt, lastUsedAt } = key;
  const { at, timeZone } = around;
  return html`<tr data-key="${id}">
<th scope="row" class="name"><code>${id}</code>${label !== null && html`<small><bdi>${label}</bdi></small>`}</th>
<td class="nowrap" data-label="Scope">${scope}</td>
<td data-label="Pool">${pool === null ? 'all' : html`<bdi>${pool}</bdi>`}</td>
<td data-label="Identity">${identity === null ? 'all' : html`<bdi>${identity}</bdi>`}</td>
<td data-label="State"><span><span class="badge ${status === 'works' ? 'good' : ''}">${status}</span>${key.replacedBy !== null && html`<br><span class="small muted">${key.replacedBy} takes its place</span>`}</span></td>
<td class="nowrap" data-label="Made">${clockText(createdAt, timeZone)}</td>
<td data-label="Last used">${lastUsedAt === null ? 'never' : relativeText(lastUsedAt, at)}</td>
<td class="nowrap" data-label="Until">${untilText(key, timeZone)}</td>
<td class="acts">${status === 'works' && acts(key, around, admins.length === 1 && admins[0]?.id === id)}</td>
</tr>`;
}

function untilText({ overlapUntil, expiresAt }: KeyRow, timeZone: string): string {
  const until = overlapUntil ?? expiresAt;
  return until === null ? 'no end' : clockText(until, timeZone);
}

/** `isLastAdmin`: with it goes who may act on these pages. */
function acts({ id, replacedBy }: KeyRow, { overlapS }: Around, isLastAdmin: boolean): Html {
  const path = `/keys/${encodeURIComponent(id)}`;
  return html`${
    replacedBy === null &&
    html`<details class="confirm" id="rotate-${id}"><summary>Rotate<span class="unseen"> ${id}</span> …</summary>
<p class="small">A new key takes its place, for as long a time. It is shown once, on the next page.</p>
${actButton(`Rotate, both work for ${durationText(overlapS)}`, `${path}/rotate`, undefined, {}, id)}
${actButton('Rotate, this one ends now', `${path}/rotate`, undefined, { overlap_s: '0' }, id)}</details>`
  }
<details class="confirm" id="revoke-${id}"><summary>Revoke<span class="unseen"> ${id}</span> …</summary>
<p class="small">It works no longer, at once. There is no way back.${isLastAdmin && html` <b>It is the last key of the scope admin:</b> another one is then made by the command line, on this machine.`}</p>
${actButton('Revoke it', `${path}/revoke`, undefined, {}, id)}</details>`;
}
