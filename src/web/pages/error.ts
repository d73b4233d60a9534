/** What a person sees in a browser where a request was refused or failed. */
import { html } from '../html.js';
import { markup } from '../markup.js';
import type { PageView } from '../page.js';

export interface ShownProblem {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;
  readonly request_id: string;
}

export function errorPage({ code, status, title, detail, remedy, request_id }: ShownProblem): PageView {
  return {
    title: `${status}`,
    current: 'error',
    parts: [
      {
        id: 'error',
        html: html`<h1>${markup(title)}</h1>
${detail !== title && html`<p class="notice bad">${detail}</p>`}
<p class="prose">${markup(remedy)}</p>
<p class="muted small">Status ${status}, <a href="/problems#${code}"><code>${code}</code></a>, request <code>${request_id}</code>. <a href="/dashboard">To the dashboard.</a></p>`,
      },
    ],
  };
}
