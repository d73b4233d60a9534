/** How to begin, as long as nobody has reported: the three ways in, and a word of whether something has come. */
import type { SpendStatus } from '../../status/spend.js';
import { waysIn } from '../../text/first-run.js';
import { type Html, html } from '../html.js';

/** `url` leads to this server. */
export function firstRun({ identities, pool }: SpendStatus, url: string): Html | null {
  if (identities.some(({ lastReportAt }) => lastReportAt !== null)) return null;
  return html`<section aria-label="How to begin" class="first-run"><h2>How to begin</h2>
<div class="cards">${waysIn(url, pool).map(
    ({ title, text, command }) => html`<article class="card"><h3>${title}</h3><p class="small">${text}</p>
<pre tabindex="0"><code>${command}</code></pre>
<button type="button" data-copy="${command}">Copy</button></article>`,
  )}</div>
<p class="notice" role="status"><span class="waiting"></span> Waiting for the first report. It shows here by itself.</p>
</section>`;
}
