/** Maintenance begins, and ends: once, by somebody or because its time is up. */
import { limits } from '../../limits.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, rejected } from '../decision.js';
import { maintenanceAt } from '../maintenance.js';
import type { EpochMs } from '../scalars.js';
import type { PoolState } from '../state.js';

type MaintenanceCommand = CommandOf<'maintenance.began' | 'maintenance.ended'>;

export function decideMaintenance(state: PoolState, command: MaintenanceCommand, { at }: Context): Decision {
  if (command.type === 'maintenance.began') return decideBegan(state, command, at);
  const { maintenance } = state;
  if (maintenance === null || maintenance.isEnded) return nothingToDo;
  const isOn = maintenanceAt(state, at) !== null;
  if (isOn && !command.payload.early) return nothingToDo;
  const until = isOn ? at : maintenance.until;
  return accepted({ type: command.type, occurredAt: until, payload: { early: isOn, until } });
}

function decideBegan(state: PoolState, { type, payload }: CommandOf<'maintenance.began'>, at: EpochMs): Decision {
  const { until, reason } = payload;
  if (until <= at) return rejected('invalid_field', 'payload.until is over already', 'payload.until');
  if (until > at + limits.maintenanceMsMax)
    return rejected('invalid_field', 'payload.until lies more than 7 days ahead', 'payload.until');
  const now = maintenanceAt(state, at);
  if (now !== null && now.until === until && now.reason === (reason ?? null)) return nothingToDo;
  return accepted({ type, payload: { reason, until } });
}
