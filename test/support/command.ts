/** Commands as a client would send them: parsed from plain data, so that tests and the product agree on what is valid. */
import type { CommandBody } from '../../src/events/catalogue.js';
import { type Command, type CommandOf, parseCommand } from '../../src/events/command.js';

export interface Around {
  readonly key?: string | undefined;
  /** Milliseconds UTC or ISO 8601 text. */
  readonly occurred_at?: number | string | undefined;
  readonly source?: string | undefined;
}

export type CommandType = CommandBody['type'];

export const origin = { actor: 'local', source: 'test/1' } as const;

export function command<T extends CommandType>(type: T, payload: object, around: Around = {}): CommandOf<T> {
  return parseCommand({ type, payload, ...around }, origin) as Command as CommandOf<T>;
}

/** A report of use in autonomous time. */
export function usage(name: string, payload: object = {}, around: Around = {}): CommandOf<'usage.recorded'> {
  return command('usage.recorded', { name, mode: 'autonomy', ...payload }, around);
}

export const register = (name: string, payload: object = {}) => command('identity.registered', { name, ...payload });

/** A reading of one window. */
export function reading(
  key: string,
  percentBp: number,
  window: object = {},
  around: Around = {},
): CommandOf<'quota.read'> {
  return command('quota.read', { windows: [{ key, percent_bp: percentBp, ...window }] }, around);
}

/** What is no command of the wire: sent by routes of its own, or by the product itself. */
export function inside<T extends CommandType>(type: T, payload: CommandOf<T>['payload'], key?: string): CommandOf<T> {
  return { type, payload, key, ...origin } as Command as CommandOf<T>;
}
