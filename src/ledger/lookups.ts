/** What commands refer to in the log and the tables, to be looked up before they are decided. */
import type { Lookups } from '../engines/engine.js';
import type { UsageReport } from '../events/catalogue/usage.js';
import type { Command } from '../events/command.js';

export function lookupsOf(commands: readonly Command[]): Lookups {
  const keys: string[] = [];
  const sessions = new Set<string>();
  const usages = new Set<string>();
  const readings = new Set<string>();
  const dates = new Set<string>();
  for (const command of commands) {
    if (command.key !== undefined) keys.push(command.key);
    refer(command, sessions, usages, readings, dates);
  }
  return { keys, sessions: [...sessions], usages: [...usages], readings: [...readings], dates: [...dates] };
}

function refer(
  command: Command,
  sessions: Set<string>,
  usages: Set<string>,
  readings: Set<string>,
  dates: Set<string>,
): void {
  switch (command.type) {
    case 'usage.recorded':
      referToSession(command.payload, sessions);
      return;
    case 'turn.settled':
      referToSession(command.payload.usage, sessions);
      return;
    case 'usage.corrected':
      usages.add(command.payload.corrects);
      return;
    case 'quota.rejected':
      readings.add(command.payload.corrects);
      return;
    case 'day.closed':
      dates.add(command.payload.date);
      return;
  }
}

/** A cumulative counter is compared with the last one of its session. */
function referToSession(report: Omit<UsageReport, 'name'>, sessions: Set<string>): void {
  const { session, total_cost_usd: cost, total_tokens: tokens } = report;
  if (session !== undefined && (cost !== undefined || tokens !== undefined)) sessions.add(session);
}
