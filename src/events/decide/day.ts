/** Closing a day: its totals become a fact. Closing it again with other totals restates it; with the same, does nothing. */

import { canonicalJson } from '../canonical.js';
import type { DayTotal } from '../catalogue/day.js';
import { payloadDigest } from '../chain.js';
import type { CommandOf } from '../command.js';
import { addDays, dateIn } from '../days.js';
import { accepted, type Context, type Decision, nothingToDo, rejected } from '../decision.js';
import type { PoolState } from '../state.js';

export function decideDay(state: PoolState, command: CommandOf<'day.closed'>, context: Context): Decision {
  const { date } = command.payload;
  if (date >= dateIn(state.timeZone, context.at)) {
    return rejected('day_not_over', `${date} is not over in ${state.timeZone}`, 'payload.date');
  }
  const found = state.referenced.days.get(date);
  if (found === undefined) throw new Error(`the totals of ${date} were not looked up`);
  const totals = found.filter((total) => total.tokens !== 0 || total.cost_micro_usd !== 0).sort(byNameAndMode);
  const began = dateIn(state.timeZone, state.beganAt);
  if (totals.length === 0 && date < began) {
    // Who closes each day asks for yesterday on the first one, too: there is nothing to close, and nothing wrong.
    if (date === addDays(began, -1)) return nothingToDo;
    return rejected('day_before_pool', `the pool began on ${began}, and nothing is known of ${date}`, 'payload.date');
  }
  const digest = payloadDigest(canonicalJson(totals));
  if (state.closedDays.get(date)?.digest === digest) return nothingToDo;
  return accepted({ type: 'day.closed', payload: { date, totals, digest } });
}

function byNameAndMode(a: DayTotal, b: DayTotal): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.mode < b.mode ? -1 : 1;
}
