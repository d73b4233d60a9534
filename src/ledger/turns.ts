/** What the ledger itself asks for about turns. */
import type { CommandOf } from '../events/command.js';

/** All turns whose time is up expire. */
export const expireTurns: CommandOf<'turn.expired'> = {
  type: 'turn.expired',
  payload: {},
  actor: 'local',
  source: 'ledger/1',
};
