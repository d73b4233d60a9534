/** What the ledger itself asks for, as nobody from outside does. */
import type { Command, CommandOf } from '../events/command.js';

/** Who asks. */
export const byLedger = { actor: 'local', source: 'ledger/1' } as const satisfies Partial<Command>;

/** A pool goes on by the newest version of the method, where nobody has said another one. */
export const adoptMethod: CommandOf<'policy.set'> = {
  type: 'policy.set',
  payload: { method_version: 2 },
  onlyAbsent: true,
  ...byLedger,
};

/** All turns whose time is up expire. */
export const expireTurns: CommandOf<'turn.expired'> = { type: 'turn.expired', payload: {}, ...byLedger };

/** The pool forgets identities, and windows, of which nobody has heard for long. */
export const forgetLapsed: readonly Command[] = [
  { type: 'identity.lapsed', payload: {}, ...byLedger },
  { type: 'window.lapsed', payload: {}, ...byLedger },
];

/** Acknowledged events are gone. */
export const lossAlert = (text: string): CommandOf<'alert.raised'> => ({
  type: 'alert.raised',
  payload: { rule: 'events-lost', subject: 'storage', text, dedupe_key: 'events-lost' },
  ...byLedger,
});
