/** Events of a log, each with the way to what it is and proves. */
import type { StoredEvent } from '../../events/envelope.js';
import { clockText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import { pagePath } from '../page.js';
import { agentPath } from './agents-table.js';
import { eventSummary } from './event-summary.js';

export function eventsTable(events: readonly StoredEvent[], pool: string, timeZone: string): Html {
  if (events.length === 0) return html`<p class="empty">No events.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table of events"><table class="stack">
<thead><tr><th scope="col" class="number">Seq</th><th scope="col">Recorded</th><th scope="col">Type</th><th scope="col">Agent</th><th scope="col">What it says</th><th scope="col">By</th></tr></thead>
<tbody>${events.map((event) => row(event, pool, timeZone))}</tbody>
</table></div>`;
}

const row = (event: StoredEvent, pool: string, timeZone: string): Html => html`<tr data-key="${event.seq}">
<th scope="row" class="number"><a href="${eventPath(event.seq, pool)}">${event.seq}</a></th>
<td class="nowrap" data-label="Recorded">${clockText(event.recorded_at, timeZone)}</td>
<td data-label="Type"><code>${event.type}</code></td>
<td data-label="Agent">${event.claude_name !== null && html`<a href="${agentPath(event.claude_name, pool)}"><bdi>${event.claude_name}</bdi></a>`}</td>
<td class="small" data-label="What it says"><span>${eventSummary(event)}</span></td>
<td class="small muted nowrap" data-label="By"><span><bdi>${event.actor}</bdi></span></td>
</tr>`;

export const eventPath = (ref: number | string, pool: string): string => pagePath(`/events/${ref}`, pool);
