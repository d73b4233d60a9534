/** The frame of every page: head, style, navigation. No script, nothing loaded from elsewhere. */
import { createHash } from 'node:crypto';
import { Markup } from '../text/template.js';
import { type Html, html } from './html.js';
import { style } from './style.js';

export interface Page {
  readonly html: string;
  /** Source expression of the style for the content security policy. */
  readonly styleHash: string;
}

export interface PageParts {
  readonly title: string;
  readonly current: 'dashboard' | 'docs' | 'problems';
  /** Loads the page again every so many seconds. */
  readonly refreshSeconds?: number;
  readonly aside?: Html;
  readonly body: Html;
}

const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

const places = [
  { name: 'dashboard', path: '/dashboard', title: 'Dashboard' },
  { name: 'docs', path: '/docs', title: 'API' },
  { name: 'problems', path: '/problems', title: 'Problems' },
] as const;

export function page({ title, current, refreshSeconds, aside, body }: PageParts): Page {
  const links = places.map(
    ({ name, path, title: text }) =>
      html`<a href="${path}"${name === current ? html` aria-current="page"` : ''}>${text}</a>`,
  );
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${refreshSeconds}">`}
<title>${title} · Resource-Share</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header class="top"><strong>Resource-Share</strong><nav>${links}</nav>${aside}</header>
<main>
${body}
</main>
</body>
</html>
`;
  return { html: text, styleHash };
}
