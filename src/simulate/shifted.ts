/** Moving times from a scenario's clock, which begins at 0, to UTC. */
import type { Controller, ReadingReport, UseReport } from './controller.js';

/** Takes and gives times since `start`, while the controller inside lives in UTC. */
export function shifted(controller: Controller, start: number): Controller {
  return {
    intervalSecondsInitial: controller.intervalSecondsInitial,
    recheckSeconds: controller.recheckSeconds,
    register: (at, member) => controller.register(at + start, member),
    pause: (at, name, until) => controller.pause(at + start, name, until + start),
    retire: (at, name) => controller.retire(at + start, name),
    report: (at, use) => controller.report(at + start, shiftedUse(use, start)),
    record: (at, use) => controller.record(at + start, shiftedUse(use, start)),
    beginTurn: (at, name, turn) => controller.beginTurn(at + start, name, turn),
    endTurn: (at, turn) => controller.endTurn(at + start, turn),
    read: (at, reading) => controller.read(at + start, shiftedReading(reading, start)),
    recheck: (at, name) => controller.recheck(at + start, name),
    pausedUntil: (name) => (controller.pausedUntil?.(name) ?? Number.NEGATIVE_INFINITY) - start,
  };
}

function shiftedUse(use: UseReport, by: number): UseReport {
  return use.occurredAt === undefined ? use : { ...use, occurredAt: use.occurredAt + by };
}

export function shiftedReading({ measuredAt, windows }: ReadingReport, by: number): ReadingReport {
  return {
    measuredAt: measuredAt + by,
    windows: windows.map((window) => ({
      ...window,
      resetsAt: window.resetsAt === null ? null : window.resetsAt + by,
    })),
  };
}
