/** The log: its newest events, by what they are and about whom. */
import type { StoredEvent } from '../../events/envelope.js';
import { type Html, html } from '../html.js';
import { type PageView, pagePath } from '../page.js';
import { eventsTable } from '../parts/events-table.js';

export interface EventFilter {
  readonly type?: string | undefined;
  readonly identity?: string | undefined;
  /** As they were written. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Only events before this seq. */
  readonly before?: number | undefined;
}

export interface EventsInput {
  readonly pool: string;
  readonly pools: readonly string[];
  readonly timeZone: string;
  readonly filter: EventFilter;
  /** The newest first. */
  readonly events: readonly StoredEvent[];
  readonly more: boolean;
  readonly types: readonly string[];
  readonly names: readonly string[];
}

export function eventsPage(input: EventsInput): PageView {
  const { pool, pools, timeZone, filter, events, more } = input;
  const isNewest = filter.before === undefined && filter.until === undefined;
  const older = more && events.at(-1);
  return {
    title: `Events of ${pool}`,
    current: 'events',
    pool,
    pools,
    parts: [
      {
        id: 'filters',
        html: html`<h1>Events</h1>
<p class="prose">The log of the pool <bdi>${pool}</bdi>: every report, reading and change, in order, each sealed by the hash of the one before it. Nothing in it is ever changed; tables are made from it.</p>
${filters(input)}`,
      },
      { id: 'events', ...(isNewest ? { live: true as const } : {}), html: eventsTable(events, pool, timeZone) },
      {
        id: 'pager',
        html: html`<p class="pager">${!isNewest && html`<a href="${pathOf(pool, { ...filter, before: undefined })}">Newest</a>`}${older && html`<a href="${pathOf(pool, { ...filter, before: older.seq })}" rel="next">Older than ${older.seq}</a>`}</p>`,
      },
    ],
  };
}

function pathOf(pool: string, filter: EventFilter): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined && value !== '');
  return pagePath('/events', pool, Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
}

function filters({ pool, filter, types, names }: EventsInput): Html {
  const { type = '', identity = '', since = '', until = '' } = filter;
  return html`<form class="filters" method="get" action="/events">${pool !== 'default' && html`<input type="hidden" name="pool" value="${pool}">`}
<label>Type <select name="type"><option value="">all</option>${types.map((each) => html`<option${each === type && html` selected`}>${each}</option>`)}</select></label>
<label>Agent <input name="identity" value="${identity}" list="names" autocomplete="off"></label><datalist id="names">${names.map((name) => html`<option value="${name}"></option>`)}</datalist>
<label>Since <input name="since" value="${since}" placeholder="2026-01-05"></label>
<label>Until <input name="until" value="${until}" placeholder="2026-01-06"></label>
<button>Show</button></form>`;
}
