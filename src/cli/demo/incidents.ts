/** What goes wrong in a made week, and how it is put right; and what people and nightly jobs do in it. */
import type { CommandText } from '../ledger-client.js';
import { agents, twin } from './cast.js';
import { type Actor, type Answer, dayMs, hourMs } from './happening.js';

interface Planned {
  readonly at: number;
  /** Gets the ids of what was recorded before under a label. */
  readonly command: (idOf: (label: string) => string) => CommandText;
  readonly label?: string;
}

/** The pause of Grace: as it was meant, and when it ended. */
export const gracePause = { from: dayMs + 9.05 * hourMs, until: dayMs + 12 * hourMs, ended: dayMs + 11.3 * hourMs };

export class Incidents implements Actor {
  readonly #planned: Planned[];
  readonly #ids = new Map<string, string>();
  readonly #otherIds: (label: string) => string | undefined;
  #last: Planned | undefined;

  /** `otherIds` knows the reports of the agents, such as `Demo Alan 3`. */
  constructor(start: number, end: number, otherIds: (label: string) => string | undefined) {
    this.#otherIds = otherIds;
    this.#planned = [...registrations(start), ...incidents(start), ...closings(start, end)]
      .filter(({ at }) => at < end)
      .sort((a, b) => a.at - b.at);
  }

  get at(): number {
    return this.#planned[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  act(): CommandText | null {
    this.#last = this.#planned.shift();
    return this.#last?.command((label) => this.#idOf(label)) ?? null;
  }

  hear({ id }: Answer): void {
    if (this.#last?.label !== undefined) this.#ids.set(this.#last.label, id);
  }

  #idOf(label: string): string {
    const id = this.#ids.get(label) ?? this.#otherIds(label);
    if (id === undefined) throw new Error(`the made week has no ${label}`);
    return id;
  }
}

function registrations(start: number): Planned[] {
  return agents.map(({ name, model, colour, weight, collaborative }, i) =>
    at(start + (i + 1) * 1_000, 'identity.registered', {
      name,
      model,
      colour,
      weight,
      collaborative_pref: collaborative,
    }),
  );
}

function incidents(start: number): Planned[] {
  const day = (days: number, hours: number) => start + days * dayMs + hours * hourMs;
  const alert = { rule: 'demo-overdue', dedupe_key: 'demo-overdue:edsger' };
  return [
    at(start + gracePause.from, 'agent.paused', {
      name: 'Demo Grace',
      until: start + gracePause.until,
      reason: 'made up: maintenance of the demo loft',
    }),
    at(start + gracePause.ended, 'agent.resumed', { name: 'Demo Grace', reason: 'made up: done early' }),
    {
      at: day(2, 20),
      command: (idOf) => ({
        type: 'usage.corrected',
        payload: {
          corrects: idOf('Demo Alan 3'),
          difference: { cost_micro_usd: -1_000, tokens: { output: -50 } },
          reason: 'made up: counted a retry',
        },
      }),
    },
    {
      ...at(day(2, 21), 'quota.read', {
        windows: [{ key: 'week_sonnet', percent_bp: 9_900 }],
        account: 'demo account (made up)',
      }),
      label: 'misread',
    },
    {
      at: day(2, 21.2),
      command: (idOf) => ({
        type: 'quota.rejected',
        payload: { corrects: idOf('misread'), reason: 'made up: the screen was misread' },
      }),
    },
    at(day(4, 8), 'identity.merged', { from: twin.name, into: 'Demo Ada' }),
    at(day(5, 15), 'alert.raised', {
      ...alert,
      subject: 'Demo Edsger',
      text: 'made up: Demo Edsger has not reported for 3 intervals',
    }),
    at(day(5, 15.5), 'alert.acknowledged', { dedupe_key: alert.dedupe_key, reason: 'made up: it is the weekend' }),
  ];
}

/** Days are closed as the nightly job closes them; those that are not over by then are left open. */
function closings(start: number, end: number): Planned[] {
  const planned: Planned[] = [];
  for (let now = start + 2 * dayMs; now < end; now += dayMs) {
    planned.push(at(now, 'day.closed', { date: new Date(now - 2 * dayMs).toISOString().slice(0, 10) }));
  }
  return planned;
}

const at = (time: number, type: string, payload: object): Planned => ({
  at: Math.floor(time),
  command: () => ({ type, payload }),
});
