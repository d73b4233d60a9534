/**
 * Keeps an open page current: the page is asked for again as server-sent events, which bring each of its parts when it has changed.
 * Where no word comes for a while, the page says since when; it goes on by itself when the daemon is there again. A page that nobody
 * sees asks for nothing: a browser opens six connections to a server, and a seventh tab would wait for ever.
 */
import { morph } from './morph.js';

interface Patch {
  readonly parts: readonly { readonly id: string; readonly digest: string; readonly html: string }[];
}

/** Of browsers that have them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML(text: string): string }): { createHTML(text: string): unknown };
}

const staleAfterMs = 10_000;
const retryMs = 2_000;
const lookMs = 1_000;

/** What the content security policy asks for: text becomes HTML here and nowhere else, and comes from our own server. */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('parts', {
  createHTML: (text) => text,
});

export function keepLive(notice: HTMLElement): void {
  let heardAt = Date.now();
  let seenAt = heardAt;
  let source: EventSource | null = null;
  const heard = () => {
    heardAt = Date.now();
    notice.hidden = true;
    document.body.classList.add('live');
    document.body.classList.remove('stale');
  };
  const open = () => {
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource(location.pathname + location.search);
    source.addEventListener('now', heard);
    source.addEventListener('patch', ({ data }: MessageEvent<string>) => {
      heard();
      show(JSON.parse(data) as Patch);
    });
    source.addEventListener('error', () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      source.close();
      // The browser gives up where it gets another answer than a feed; it may be that of a proxy whose server is away.
      setTimeout(() => reopen(notice, open), retryMs);
    });
  };
  open();
  document.addEventListener('visibilitychange', () => {
    if (document.body.classList.contains('signed-out')) return;
    seenAt = Date.now();
    open();
  });
  setInterval(() => {
    if (document.hidden || Date.now() - Math.max(heardAt, seenAt) < staleAfterMs) return;
    if (document.body.classList.contains('signed-out')) return;
    document.body.classList.add('stale');
    document.body.classList.remove('live');
    tell(
      notice,
      `Stale since ${new Date(heardAt).toLocaleTimeString()}: the daemon does not answer. This page goes on by itself.`,
    );
  }, lookMs);
  // A page that comes out of the browser's memory is as old as it was.
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
}

/** Looks first why the feed was refused: a session that is over does not come back by itself. */
async function reopen(notice: HTMLElement, open: () => void): Promise<void> {
  const answer = await fetch(location.href, { headers: { accept: 'text/event-stream' }, method: 'HEAD' }).catch(
    () => null,
  );
  if (answer?.status !== 401) return open();
  document.body.classList.add('signed-out');
  tell(notice, 'You are signed out. ');
  const link = document.createElement('a');
  link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = 'Sign in again.';
  notice.append(link);
}

function tell(notice: HTMLElement, text: string): void {
  if (!notice.hidden && notice.firstChild?.nodeValue === text) return;
  notice.textContent = text;
  notice.hidden = false;
}

function show({ parts }: Patch): void {
  for (const { id, digest, html } of parts) {
    const part = document.querySelector<HTMLElement>(`[data-part="${CSS.escape(id)}"]`);
    if (part === null || part.dataset.digest === digest) continue;
    const text = `<body>${html}</body>`;
    const parsed = new DOMParser().parseFromString((policy?.createHTML(text) ?? text) as string, 'text/html');
    const wanted = part.cloneNode(false) as HTMLElement;
    wanted.append(...parsed.body.childNodes);
    wanted.dataset.digest = digest;
    morph(part, wanted);
    part.dispatchEvent(new CustomEvent('changed', { bubbles: true }));
  }
}
