/** A simulated world to look into: quiet but for what is told about it, under a controller that remembers what it hears. */
import type { Controller, MemberReport, ReadingReport, UseReport } from '../../src/simulate/controller.js';
import type { Scenario, ScenarioAgent } from '../../src/simulate/scenario.js';
import { scenario as made, windows } from '../../src/simulate/scenarios/parts.js';
import { staticController } from '../../src/simulate/static.js';
import type { AgentTrace, Point, Trace, WindowTrace } from '../../src/simulate/trace.js';
import { dayMs } from '../../src/simulate/units.js';
import { playWorld } from '../../src/simulate/world.js';

export const play = (scenario: Scenario, controller: () => Controller = staticController, seed = '0', start = 0) =>
  playWorld(scenario, controller, seed, start);
export const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
export const windowOf = (trace: Trace, key: string): WindowTrace => trace.windows.find((window) => window.key === key)!;
export const agentOf = (trace: Trace, name: string): AgentTrace => trace.agents.find((agent) => agent.name === name)!;
export const total = (points: readonly Point[]) => points.at(-1)?.value ?? 0;
export const everyUse = (trace: Trace) =>
  trace.agents.flatMap(({ autonomy, collaboration }) => [...autonomy, ...collaboration]);

/** A quiet day or more with plenty of quota. */
export function quiet(agents: readonly ScenarioAgent[], more: Partial<Scenario> = {}): Scenario {
  const told = { number: 0, name: 'quiet', description: 'Quiet.', windows: windows(5_000, 1_000), agents };
  return made({ ...told, lengthMs: 2 * dayMs, ...more });
}

export type Heard =
  | { readonly at: number; readonly what: 'register'; readonly member: MemberReport }
  | { readonly at: number; readonly what: 'pause' | 'retire'; readonly name: string; readonly until?: number }
  | { readonly at: number; readonly what: 'report' | 'record'; readonly use: UseReport }
  | { readonly at: number; readonly what: 'beginTurn' | 'endTurn'; readonly turn: string }
  | { readonly at: number; readonly what: 'read'; readonly reading: ReadingReport }
  | { readonly at: number; readonly what: 'recheck'; readonly name: string };

/** A static controller that remembers what it hears. */
export function listener(interval = 900, change: Partial<Controller> = {}): { heard: Heard[]; controller: Controller } {
  const heard: Heard[] = [];
  const controller: Controller = {
    ...staticController(),
    register: (at, member) => heard.push({ at, what: 'register', member }),
    pause: (at, name, until) => heard.push({ at, what: 'pause', name, until }),
    retire: (at, name) => heard.push({ at, what: 'retire', name }),
    report(at, use) {
      heard.push({ at, what: 'report', use });
      return interval;
    },
    record: (at, use) => heard.push({ at, what: 'record', use }),
    beginTurn: (at, _name, turn) => heard.push({ at, what: 'beginTurn', turn }),
    endTurn: (at, turn) => heard.push({ at, what: 'endTurn', turn }),
    read: (at, reading) => heard.push({ at, what: 'read', reading }),
    recheck(at, name) {
      heard.push({ at, what: 'recheck', name });
      return null;
    },
    ...change,
  };
  return { heard, controller };
}
