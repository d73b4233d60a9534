/** How to begin, as long as nobody has reported: the three ways in, and a word of whether something has come. */
import type { SpendStatus } from '../../status/spend.js';
import { type Html, html } from '../html.js';

interface Way {
  readonly title: string;
  readonly text: string;
  readonly command: string;
}

const waysTo = (url: string, pool: string): readonly Way[] => [
  {
    title: 'Connect what runs already',
    text: 'Finds Claude Code, Codex, Gemini CLI and OpenTelemetry on this machine, and takes in what they have written, too.',
    command: 'resource-share connect',
  },
  {
    title: 'Report by HTTP',
    text: 'From any program. The first report registers its sender; the answer says when to run again.',
    command: `curl -s ${url}/resource-share/increment${pool === 'default' ? '' : `?pool=${encodeURIComponent(pool)}`} -H 'content-type: application/json' -d '{"claude_name":"Ada","mode":"autonomy","cost_delta":0.25}'`,
  },
  {
    title: 'Look at a made week first',
    text: 'A ledger of its own, in ./demo-data, with agents that are made up and go on.',
    command: 'resource-share demo',
  },
];

/** `url` leads to this server. */
export function firstRun({ identities, pool }: SpendStatus, url: string): Html | null {
  if (identities.some(({ lastReportAt }) => lastReportAt !== null)) return null;
  return html`<section aria-label="How to begin" class="first-run"><h2>How to begin</h2>
<div class="cards">${waysTo(url, pool).map(
    ({ title, text, command }) => html`<article class="card"><h3>${title}</h3><p class="small">${text}</p>
<pre tabindex="0"><code>${command}</code></pre>
<button type="button" data-copy="${command}">Copy</button></article>`,
  )}</div>
<p class="notice" role="status"><span class="waiting"></span> Waiting for the first report. It shows here by itself.</p>
</section>`;
}
