/** A check of `doctor`: looks at one thing and says how it is. One object a file, listed in `registry.ts`. */
import type { Engine } from '../../engines/engine.js';
import type { WriterInfo } from '../../engines/open.js';
import type { Environment } from '../../settings/environment.js';
import type { Resolved } from '../../settings/resolve.js';
import type { Settings } from '../../settings/schema.js';

/** `skipped`: there was nothing to look at, or no way to. */
export type FindingState = 'ok' | 'warning' | 'fault' | 'skipped';

export interface Finding {
  readonly state: FindingState;
  /** A sentence. */
  readonly text: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
  /** What `--fix` does about it, where that is safe. */
  readonly fix?: (() => void) | undefined;
}

export interface Check {
  /** Stable: pages about trouble go by it. */
  readonly id: string;
  run(around: Surroundings): Promise<Finding>;
}

/** What the checks look at. */
export interface Surroundings {
  readonly environment: Environment;
  readonly resolved: Resolved;
  readonly settings: Settings;
  /** A data directory, or the URL of a server. */
  readonly database: string;
  /** The data directory; null where a server has the ledger. */
  readonly folder: string | null;
  /** Who has the data directory open for writing. */
  readonly writer: WriterInfo | null;
  /** What the daemon of this ledger answers at a path; null where none runs. */
  readonly ask: ((path: string) => Promise<DaemonReply>) | null;
  /** The ledger, read only; null where there is none yet. */
  readonly engine: Engine | null;
  /** Why the ledger cannot be read, as a sentence. */
  readonly engineFault: string | null;
  readonly now: number;
}

export interface DaemonReply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: checks look at what they need of it
  readonly body: any;
}

export const ok = (text: string): Finding => ({ state: 'ok', text, remedy: null });
export const skipped = (text: string): Finding => ({ state: 'skipped', text, remedy: null });
export const warning = (text: string, remedy: string, fix?: () => void): Finding => ({
  state: 'warning',
  text,
  remedy,
  fix,
});
export const fault = (text: string, remedy: string, fix?: () => void): Finding => ({
  state: 'fault',
  text,
  remedy,
  fix,
});
