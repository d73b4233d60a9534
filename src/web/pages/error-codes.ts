/** The page of problems, made from the catalogue: what each code means and what to do. */
import { problems } from '../../problems.js';
import { html } from '../html.js';
import { markup } from '../markup.js';
import type { PageView } from '../page.js';

export function errorCodesPage(): PageView {
  const rows = Object.entries(problems).map(
    ([code, { status, title, remedy }]) =>
      html`<tr id="${code}"><td class="nowrap"><code>${code}</code></td><td class="number" data-label="Status">${status}</td><td data-label="Meaning"><span>${markup(title)}</span></td><td data-label="What to do"><span>${markup(remedy)}</span></td></tr>`,
  );
  return {
    title: 'Error codes',
    current: 'problems',
    parts: [
      {
        id: 'codes',
        html: html`<h1>Error codes</h1>
<p class="prose">Whatever is refused or fails is answered with a problem document (RFC 9457, <code>application/problem+json</code>). <code>code</code> and <code>type</code> are stable: a code that is retired is never used for something else. <code>errors</code> names the fields at fault, <code>request_id</code> finds the request in the log of the server.</p>
<div class="scroll"><table class="stack"><thead><tr><th>Code</th><th class="number">Status</th><th>Meaning</th><th>What to do</th></tr></thead><tbody>${rows}</tbody></table></div>`,
      },
    ],
  };
}
