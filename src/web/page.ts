/** The frame of every page: head, style, navigation. Nothing is loaded from elsewhere, and a page works without its script. */
import { createHash } from 'node:crypto';
import { Markup } from '../text/template.js';
import { type Html, html } from './html.js';
import { style } from './style.js';

export interface Page {
  readonly html: string;
  /** Source expressions of the style and the script for the content security policy. */
  readonly styleHash: string;
  readonly scriptHash: string | null;
  /** Whether it may send a form, to this server. */
  readonly hasForm: boolean;
}

export interface PageParts {
  readonly title: string;
  readonly current: 'dashboard' | 'docs' | 'problems' | 'login';
  /** Loads the page again every so many seconds. */
  readonly refreshSeconds?: number;
  readonly aside?: Html;
  readonly hasForm?: boolean;
  readonly body: Html;
  readonly script?: string;
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
const styleHash = hashOf(style);

const places = [
  { name: 'dashboard', path: '/dashboard', title: 'Dashboard' },
  { name: 'docs', path: '/docs', title: 'API' },
  { name: 'problems', path: '/problems', title: 'Problems' },
] as const;

export function page({ title, current, refreshSeconds, aside, hasForm = false, body, script }: PageParts): Page {
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
${script !== undefined && html`<script>${new Markup(script)}</script>`}
</body>
</html>
`;
  return { html: text, styleHash, scriptHash: script === undefined ? null : hashOf(script), hasForm };
}
