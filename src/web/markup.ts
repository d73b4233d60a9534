/** Of Markdown, what our own descriptions use: code in backticks, and links within this server. */
import { escapeHtml, Html } from './html.js';

export function markup(text: string): Html {
  const marked = escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\[((?:<code>)?[^\]]+?)\]\(([/#][^)\s]*)\)/g, '<a href="$2">$1</a>');
  return new Html(marked);
}
