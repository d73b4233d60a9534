/** HTML as a template: every value is escaped unless it is HTML already. */
import { escaped, type Markup, template } from '../text/template.js';

export type Html = Markup;

export const html = template(escaped, String);
