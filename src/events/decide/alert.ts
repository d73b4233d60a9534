/** Alerts: open once per dedupe key, so that a repeated cause is not a repeated alert. */
import type { CommandOf } from '../command.js';
import { accepted, type Decision, nothingToDo, rejected } from '../decision.js';
import type { PoolState } from '../state.js';

export function decideAlert(
  state: PoolState,
  command: CommandOf<'alert.raised' | 'alert.acknowledged' | 'alert.cleared'>,
): Decision {
  const { occurredAt } = command;
  const open = state.alerts.get(command.payload.dedupe_key);
  if (command.type === 'alert.raised') {
    if (open !== undefined) return nothingToDo;
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
