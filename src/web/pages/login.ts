/** The page where a browser signs in with an API key. */
import { html } from '../html.js';
import type { PageView } from '../page.js';

export interface LoginPage {
  /** The path that was asked for, on this server. */
  readonly next: string;
  /** Why the last attempt failed. */
  readonly fault?: string | undefined;
  /** Whether nobody on the way sees what is sent. */
  readonly isPrivate: boolean;
  /** Whether it was another site that led here, to which a browser shows no cookie. */
  readonly isFromElsewhere?: boolean | undefined;
}

export function loginPage({ next, fault, isPrivate, isFromElsewhere }: LoginPage): PageView {
  return {
    title: 'Sign in',
    current: 'login',
    parts: [
      {
        id: 'sign-in',
        html: html`<h1>Sign in</h1>
<p class="prose">With an API key of the scope <code>read</code> or <code>admin</code>: <code>resource-share keys create --scope read</code> makes one.</p>
${fault !== undefined && html`<p class="notice bad" role="alert">${fault}</p>`}
${!isPrivate && html`<p class="notice warn">This page did not come over HTTPS: whoever sees the traffic sees the key.</p>`}
<form class="sign-in" method="post" action="/login">
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" spellcheck="false" required autofocus>
<input type="hidden" name="next" value="${next}">
<button>Sign in</button>
</form>
${isFromElsewhere === true && html`<p class="small">Signed in already? <a href="${next}">Open the page.</a></p>`}`,
      },
    ],
  };
}
