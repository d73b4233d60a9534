/** What stands in the place of buttons and forms for those who may only look. */
import { type Html, html } from '../html.js';

/** `what`: a whole phrase, such as `Marking an alert as seen`. */
export const needsAdmin = (what: string): Html =>
  html`<p class="small muted">${what} needs a key of the scope <code>admin</code>: sign in with one.</p>`;
