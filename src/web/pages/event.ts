/** One event: what it says, what it answers or corrects, what it changed, and how anybody proves that it stands in the log. */
import type { StoredEvent } from '../../events/envelope.js';
import { clockText, instantText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import type { PageView } from '../page.js';
import { agentPath } from '../parts/agents-table.js';
import { eventPath, eventsTable } from '../parts/events-table.js';

export interface EventInput {
  readonly event: StoredEvent;
  readonly timeZone: string;
  readonly head: number;
  /** What it answers or corrects. */
  readonly about: StoredEvent | null;
  /** Events that answer or correct it. */
  readonly answers: readonly StoredEvent[];
  readonly previousHash: string;
  /** Whether hash and digest are what the text of the event gives, and follow the event before. */
  readonly isSound: boolean;
  /** The newest signed checkpoint that covers it: how many events it is of; null where there is none. */
  readonly checkpoint: { readonly size: number } | null;
}

export function eventPage(input: EventInput): PageView {
  const { event, head, timeZone, answers } = input;
  const { seq, pool } = event;
  return {
    title: `Event ${seq} of ${pool}`,
    current: 'events',
    pool,
    parts: [
      {
        id: 'event',
        html: html`<h1>Event ${seq} <code>${event.type}</code></h1>
<p class="pager">${seq > 1 && html`<a href="${eventPath(seq - 1, pool)}" rel="prev">Event ${seq - 1}</a>`}${seq < head && html`<a href="${eventPath(seq + 1, pool)}" rel="next">Event ${seq + 1}</a>`}<a href="/docs#event-${event.type.replace('.', '-')}">What this type means</a></p>
<section aria-label="What it says"><h2>What it says</h2>${facts(input)}
<pre tabindex="0"><code>${JSON.stringify(JSON.parse(event.payload), null, 2)}</code></pre></section>
${answers.length > 0 && html`<section aria-label="What answers it"><h2>What answers or corrects it</h2>${eventsTable(answers, pool, timeZone)}</section>`}
${proof(input)}`,
      },
    ],
  };
}

function facts({ event, timeZone, about }: EventInput): Html {
  const { pool, id, recorded_at, occurred_at, actor, source, claude_name, key, correlates, version } = event;
  const later = recorded_at - occurred_at;
  return html`<dl class="facts">
${claude_name !== null && html`<dt>Agent</dt><dd><a href="${agentPath(claude_name, pool)}"><bdi>${claude_name}</bdi></a></dd>`}
<dt>Recorded</dt><dd>${clockText(recorded_at, timeZone)} <span class="muted">${instantText(recorded_at)}</span></dd>
${later !== 0 && html`<dt>Happened</dt><dd>${clockText(occurred_at, timeZone)} <span class="muted">${instantText(occurred_at)}, as whoever sent it says</span></dd>`}
<dt>By</dt><dd><bdi>${actor}</bdi> through <code>${source}</code></dd>
${about !== null && html`<dt>About</dt><dd><a href="${eventPath(about.seq, pool)}">event ${about.seq}</a> <code>${about.type}</code></dd>`}
${about === null && correlates !== null && html`<dt>About</dt><dd><code>${correlates}</code></dd>`}
${key !== null && html`<dt>Idempotency key</dt><dd><code>${key}</code></dd>`}
<dt>Id</dt><dd><code>${id}</code>, version ${version} of its type</dd>
</dl>`;
}

function proof({ event, previousHash, isSound, checkpoint, head }: EventInput): Html {
  const { seq, pool, hash, digest } = event;
  const flag = pool === 'default' ? '' : ` --pool ${pool}`;
  return html`<section id="proof" aria-label="Proof"><h2>Proof</h2>
<p class="notice ${isSound ? 'good' : 'bad'}">${
    isSound
      ? 'Its hash is that of what it says, and of the hash before it: computed for this page.'
      : 'Its hash is NOT that of what it says and of the hash before it: the log was changed. Run resource-share verify.'
  }</p>
<dl class="facts">
<dt>Digest of what it says</dt><dd><code>${digest}</code></dd>
<dt>Hash before it</dt><dd><code>${previousHash}</code></dd>
<dt>Its hash</dt><dd><code>${hash}</code></dd>
<dt>Events after it</dt><dd>${head - seq}</dd>
<dt>Signed checkpoint</dt><dd>${checkpoint === null ? 'None covers it yet.' : html`One of ${checkpoint.size} events covers it. <a href="/v1/events/${seq}/proof?format=tlog-proof&amp;pool=${encodeURIComponent(pool)}">The proof as a file</a>, which is verified without this ledger: <code>resource-share verify-proof</code>.`}</dd>
</dl>
<p class="small">All of it for a program: <a href="/v1/events/${seq}/proof?pool=${encodeURIComponent(pool)}">the event and the chain after it</a>. The whole log: <code>resource-share verify${flag}</code>.</p></section>`;
}
