/** What an act of a page has done, as its event says, and the way back where there is one. */
import type { LedgerEvent } from '../../events/envelope.js';
import { clockText } from '../../text/time.js';
import { actButton } from '../actions.js';
import { type Html, html } from '../html.js';
import { eventPath } from './events-table.js';

interface Done {
  readonly text: string;
  readonly undo?: Html;
}

export const nothingDone: Html = html`<p class="notice" role="status">Nothing was to change: it was so already.</p>`;

/** Of an act that leaves no event. */
export const saidNotice = (text: string): Html => html`<div class="notice good" role="status"><p>${text}</p></div>`;

/** `was`: the value before the act, where undoing it needs that. */
export function doneNotice(event: LedgerEvent, timeZone: string, was: number | undefined): Html | null {
  const done = doneOf(event, timeZone, was);
  if (done === null) return null;
  return html`<div class="notice good" role="status"><p>${done.text} <span class="muted small"><a href="${eventPath(event.seq, event.pool)}">event ${event.seq}</a></span></p>${done.undo}</div>`;
}

function doneOf(event: LedgerEvent, timeZone: string, was: number | undefined): Done | null {
  const { pool } = event;
  switch (event.type) {
    case 'agent.paused': {
      const { name, until } = event.payload;
      const end = until === undefined ? 'until it is resumed' : `until ${clockText(until, timeZone)}`;
      return { text: `${name} is paused ${end}.`, undo: undo(name, 'resume', pool) };
    }
    case 'agent.resumed':
      return { text: `${event.payload.name} may run again.` };
    case 'identity.changed': {
      const { name, weight, status } = event.payload;
      if (weight === undefined) return { text: `${name} is ${status ?? 'changed'}.` };
      const undoes = was === undefined ? {} : { undo: undo(name, 'weight', pool, { weight: String(was) }) };
      return { text: `${name} has the weight ${weight} now.`, ...undoes };
    }
    case 'identity.aliased':
      return { text: `${event.payload.alias} is another name of ${event.payload.name} now.` };
    case 'identity.merged':
      return { text: `${event.payload.from} is ${event.payload.into} now: what it used counts there.` };
    case 'identity.retired':
      return { text: `${event.payload.name} is retired.`, undo: undo(event.payload.name, 'reinstate', pool) };
    case 'identity.reinstated':
      return { text: `${event.payload.name} takes part again.` };
    case 'alert.acknowledged':
      return { text: 'The alert is marked as seen.' };
    case 'policy.set':
      return { text: `Policy version ${event.payload.version} is in force.` };
    case 'day.closed':
      return { text: `${event.payload.date} is closed.` };
    case 'key.revoked':
      return { text: `The key ${event.payload.key} works no longer.` };
    default:
      return null;
  }
}

const undo = (name: string, act: string, pool: string, values: Readonly<Record<string, string>> = {}): Html =>
  actButton('Undo', `/agents/${encodeURIComponent(name)}/${act}`, pool, values, name);
