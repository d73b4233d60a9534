/** Of Markdown, what our own descriptions use: code in backticks, and links within this server. */
import { escaped, Markup } from '../text/template.js';
import type { Html } from './html.js';

export function markup(text: string): Html {
  const marked = escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\[((?:<code>)?[^\]]+?)\]\(([/#][^)\s]*)\)/g, '<a href="$2">$1</a>');
  return new Markup(marked);
}
