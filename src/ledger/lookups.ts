/** What commands refer to in the log and the tables, to be looked up before they are decided. */
import type { Lookups } from '../engines/engine.js';
import { isResponse, ruleOf, seriesId, sightOf } from '../events/catalogue/meter.js';
import type { UsageReport } from '../events/catalogue/usage.js';
import type { Command } from '../events/command.js';
import { meteredSessionIn } from '../events/decide/by-session.js';
import { needsPrices } from '../events/decide/price.js';
import { isCloser, type MeterRule, meterIds } from '../events/meter.js';
import type { PoolState } from '../events/state.js';

export function lookupsOf(commands: readonly Command[], state: PoolState): Lookups {
  const keys: string[] = [];
  const jobs = new Set<string>();
  const sets: Sets = {
    sessions: new Set(),
    usages: new Set(),
    meters: new Set(),
    metered: new Map(),
    readings: new Set(),
    dates: new Set(),
  };
  for (const command of commands) {
    if (command.key !== undefined) keys.push(command.key);
    if (command.fence !== undefined) jobs.add(command.fence.job);
    refer(command, state, sets);
  }
  const { sessions, usages, meters, metered, readings, dates } = sets;
  return {
    keys,
    sessions: [...sessions],
    usages: [...usages],
    meters: [...meters],
    metered: [...metered].map(([session, rule]) => ({ session, rule })),
    readings: [...readings],
    dates: [...dates],
    jobs: [...jobs],
  };
}

/** Whether the price book has a say in what any of them costs. */
export const needPrices = (commands: readonly Command[]): boolean =>
  commands.some(({ type, payload }) => {
    if (type === 'usage.recorded') return needsPrices(payload);
    return type === 'turn.settled' && needsPrices(payload.usage);
  });

type Sets = { readonly [kind in Exclude<keyof Lookups, 'keys' | 'metered' | 'jobs'>]: Set<string> } & {
  readonly metered: Map<string, MeterRule>;
};

function refer(command: Command, state: PoolState, sets: Sets): void {
  switch (command.type) {
    case 'usage.recorded': {
      referToSession(command.payload, sets);
      const { meter } = command.payload;
      if (meter === undefined) return;
      referToMetered(meteredSessionIn(state, command.payload), ruleOf(meter), sets);
      if (isResponse(meter)) for (const id of meterIds(sightOf(meter))) sets.meters.add(id);
      else if (meter.series !== undefined) sets.meters.add(seriesId(meter.series));
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

/** The closest that a batch tells of a session. */
function referToMetered(session: string, rule: MeterRule, { metered }: Sets): void {
  if (isCloser(rule, metered.get(session) ?? null)) metered.set(session, rule);
}

/** A cumulative counter is compared with the last one of its session. */
function referToSession(report: Omit<UsageReport, 'name'>, { sessions }: Sets): void {
  const { session, total_cost_usd: cost, total_tokens: tokens } = report;
  if (session !== undefined && (cost !== undefined || tokens !== undefined)) sessions.add(session);
}
