/** Alerts: open once per dedupe key, so that a repeated cause is not a repeated alert. */
import { limits } from '../../limits.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, rejected } from '../decision.js';
import type { EpochMs } from '../scalars.js';
import type { PoolState } from '../state.js';

type AlertCommand = CommandOf<'alert.raised' | 'alert.acknowledged' | 'alert.cleared'>;

export function decideAlert(state: PoolState, command: AlertCommand, { at }: Context): Decision {
  const { occurredAt } = command;
  const open = state.alerts.get(command.payload.dedupe_key);
  if (command.type === 'alert.raised') {
    if (open !== undefined) return nothingToDo;
    if (command.afterCooldown === true && isCoolingDown(state, command.payload.dedupe_key, at)) return nothingToDo;
    return accepted({ type: command.type, occurredAt, payload: command.payload });
  }
  if (open === undefined) {
    return rejected('alert_unknown', `no open alert has the key ${command.payload.dedupe_key}`, 'payload.dedupe_key');
  }
  if (command.type === 'alert.acknowledged') {
    if (open.acknowledgedAt !== null) return nothingToDo;
    return accepted({ type: command.type, occurredAt, payload: command.payload });
  }
  return accepted({ type: command.type, occurredAt, payload: command.payload });
}

/** A time of clearing that lies ahead is one of a clock that was set back since: it keeps nobody waiting. */
function isCoolingDown({ alertsCleared }: PoolState, key: string, at: EpochMs): boolean {
  const sinceMs = at - (alertsCleared.get(key) ?? Number.NEGATIVE_INFINITY);
  return sinceMs >= 0 && sinceMs < limits.alertCooldownMs;
}
