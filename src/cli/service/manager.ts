/** What runs services on this machine, as far as the verbs need it. */
import type { Manager, PartName, ServicePlan } from '../../service/plan.js';

/** How one part is. Times are milliseconds UTC. */
export interface PartState {
  readonly part: PartName;
  readonly unit: string;
  readonly installed: boolean;
  readonly enabled: boolean;
  /** `active`, `activating`, `failed`, `inactive` … */
  readonly active: string;
  readonly pid: number | null;
  readonly since: number | null;
  readonly restarts: number | null;
  /** How it ended last: `exit-code 2`, `signal 9`, `success`. */
  readonly lastExit: string | null;
  /** What it says of itself. */
  readonly says: string | null;
  /** Of what is started by the clock. */
  readonly lastRun: number | null;
  readonly nextRun: number | null;
}

export interface ServiceManager {
  readonly name: Manager;
  /** Throws where it does not run here: then there is nothing to enable. */
  check(): Promise<void>;
  /** Reads files that were written again. */
  reload(): Promise<void>;
  /** Starts it at boot from now on, and now. Files that changed take effect with a restart. */
  enable(parts: readonly PartName[], plan: Pick<ServicePlan, 'socket'>, changed: readonly string[]): Promise<void>;
  /** Ends it, and starts it no more. No fault where that is so already. */
  disable(parts: readonly PartName[]): Promise<void>;
  start(parts: readonly PartName[]): Promise<void>;
  stop(parts: readonly PartName[]): Promise<void>;
  restart(parts: readonly PartName[]): Promise<void>;
  state(part: PartName): Promise<PartState>;
}
