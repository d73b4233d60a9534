/**
 * Acts of the pages: buttons that send the form of the frame, in which the token of the session is, to a route of their own. So a part of
 * a page that holds them is the same for everybody who may act, and works without a script.
 */
import { type Html, html } from './html.js';
import { pagePath } from './page.js';

/** A button that does one thing at once. `values` are fields of the form; `about` says to whom, for those who hear the page. */
export function actButton(
  label: string,
  path: string,
  pool: string | undefined,
  values: Readonly<Record<string, string>>,
  about: string,
): Html {
  return html`<button class="act" form="act" formnovalidate formaction="${pagePath(path, pool, values)}">${label}<span class="unseen"> ${about}</span></button>`;
}

/** A form with fields of its own. `token` is that of the session, where there is one. */
export function actForm(path: string, pool: string | undefined, token: string | null, fields: Html): Html {
  return html`<form class="fields-form" method="post" action="${pagePath(path, pool)}">${token !== null && html`<input type="hidden" name="csrf" value="${token}">`}${fields}</form>`;
}
