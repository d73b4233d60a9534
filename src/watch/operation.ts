/**
 * How the daemon itself does: jobs, backups, checkpoints, the disk. Each is null where nobody tells of it, and its rules
 * then raise nothing and clear nothing.
 */
import type { PoolId } from '../events/scalars.js';

/** Times are milliseconds UTC. Of one log: when an event first waited longer than it should for its checkpoint; null where none does. */
export interface CheckpointState {
  readonly pool: PoolId;
  readonly waitsSince: number | null;
  /** Why the log is not the one that was signed; null where it is. */
  readonly rewritten: string | null;
}

/** What takes no checkpoints, since when, and why. */
export interface SinkAway {
  readonly sink: string;
  readonly since: number;
  readonly reason: string;
}

export interface Operation {
  /** Kinds of which a job failed as often as it may, and none was done since. */
  readonly jobs: { readonly dead: readonly string[] } | null;
  /** `lastAt` is null where there was none yet; one is due every `everyMs`, the first one since `since`. */
  readonly backup: { readonly lastAt: number | null; readonly since: number; readonly everyMs: number } | null;
  readonly checkpoints: {
    readonly everyMs: number;
    readonly logs: readonly CheckpointState[];
    readonly away: readonly SinkAway[];
  } | null;
  readonly disk: { readonly folder: string; readonly freeBytes: number } | null;
}

/** Who tells of each. Whoever runs jobs or makes backups gives the watchdog one of these. */
export interface OperationSources {
  readonly jobs?: (() => Promise<NonNullable<Operation['jobs']>>) | undefined;
  readonly backup?: (() => Promise<NonNullable<Operation['backup']>>) | undefined;
  readonly checkpoints?: (() => NonNullable<Operation['checkpoints']>) | undefined;
  readonly disk?: (() => Promise<NonNullable<Operation['disk']>>) | undefined;
}

export async function operationNow(sources: OperationSources): Promise<Operation> {
  const { jobs, backup, checkpoints, disk } = sources;
  return {
    jobs: (await jobs?.()) ?? null,
    backup: (await backup?.()) ?? null,
    checkpoints: checkpoints?.() ?? null,
    disk: (await disk?.()) ?? null,
  };
}
