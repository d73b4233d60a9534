/** Everybody runs every 15 minutes, whatever happens. */
import type { Controller } from './controller.js';

const intervalSeconds = 900;

export function staticController(): Controller {
  return {
    intervalSecondsInitial: intervalSeconds,
    recheckSeconds: null,
    register() {},
    pause() {},
    retire() {},
    report: () => intervalSeconds,
    record() {},
    beginTurn() {},
    endTurn() {},
    read() {},
    recheck: () => null,
  };
}
