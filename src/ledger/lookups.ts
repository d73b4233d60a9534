/** What commands refer to in the log and the tables, to be looked up before they are decided. */
import type { Lookups } from '../engines/engine.js';
import { sightOf } from '../events/catalogue/meter.js';
import type { UsageReport } from '../events/catalogue/usage.js';
import type { Command } from '../events/command.js';
import { meterIds } from '../events/meter.js';

export function lookupsOf(commands: readonly Command[]): Lookups {
  const keys: string[] = [];
  const sets: Sets = {
    sessions: new Set(),
    usages: new Set(),
    meters: new Set(),
    readings: new Set(),
    dates: new Set(),
  };
  for (const command of commands) {
    if (command.key !== undefined) keys.push(command.key);
    refer(command, sets);
  }
  const { sessions, usages, meters, readings, dates } = sets;
  return {
    keys,
    sessions: [...sessions],
    usages: [...usages],
    meters: [...meters],
    readings: [...readings],
    dates: [...dates],
  };
}

type Sets = { readonly [kind in Exclude<keyof Lookups, 'keys'>]: Set<string> };

function refer(command: Command, sets: Sets): void {
  switch (command.type) {
    case 'usage.recorded': {
      referToSession(command.payload, sets);
      const { meter } = command.payload;
      if (meter !== undefined) for (const id of meterIds(sightOf(meter))) sets.meters.add(id);
      return;
    }
    case 'turn.settled':
      referToSession(command.payload.usage, sets);
      return;
    case 'usage.corrected':
      sets.usages.add(command.payload.corrects);
      return;
    case 'quota.rejected':
      sets.readings.add(command.payload.corrects);
      return;
    case 'day.closed':
      sets.dates.add(command.payload.date);
      return;
  }
}

/** A cumulative counter is compared with the last one of its session. */
function referToSession(report: Omit<UsageReport, 'name'>, { sessions }: Sets): void {
  const { session, total_cost_usd: cost, total_tokens: tokens } = report;
  if (session !== undefined && (cost !== undefined || tokens !== undefined)) sessions.add(session);
}
