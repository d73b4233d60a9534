/**
 * How the daemon itself does: jobs, backups, checkpoints, the disk, deliveries. Each is null where nobody tells of it, and its rules
 * then raise nothing and clear nothing.
 */
import type { PoolId } from '../events/scalars.js';

/** Times are milliseconds UTC. */
export interface DeadJob {
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly error: string;
}

export interface StuckJob {
  readonly id: string;
  readonly kind: string;
  /** Since when it was told to end. */
  readonly since: number;
}

export interface DeadDelivery {
  readonly endpoint: string;
  readonly since: number;
  readonly waiting: number;
  readonly error: string;
}

/** Of one log: when an event first waited longer than it should for its checkpoint; null where none does. */
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
  readonly jobs: { readonly dead: readonly DeadJob[]; readonly stuck: readonly StuckJob[] } | null;
  /** `lastAt` is null where there was none yet; one is due every `everyMs`, the first one since `since`. */
  readonly backup: { readonly lastAt: number | null; readonly since: number; readonly everyMs: number } | null;
  readonly checkpoints: {
    readonly everyMs: number;
    readonly logs: readonly CheckpointState[];
    readonly away: readonly SinkAway[];
  } | null;
  readonly disk: { readonly folder: string; readonly freeBytes: number } | null;
  readonly deliveries: { readonly dead: readonly DeadDelivery[] } | null;
}

/** Who tells of each. Whoever runs jobs, makes backups or delivers gives the watchdog one of these. */
export interface OperationSources {
  readonly jobs?: (() => Promise<NonNullable<Operation['jobs']>>) | undefined;
  readonly backup?: (() => Promise<NonNullable<Operation['backup']>>) | undefined;
  readonly checkpoints?: (() => NonNullable<Operation['checkpoints']>) | undefined;
  readonly disk?: (() => Promise<NonNullable<Operation['disk']>>) | undefined;
  readonly deliveries?: (() => Promise<NonNullable<Operation['deliveries']>>) | undefined;
}

export async function operationNow(sources: OperationSources): Promise<Operation> {
  const { jobs, backup, checkpoints, disk, deliveries } = sources;
  return {
    jobs: (await jobs?.()) ?? null,
    backup: (await backup?.()) ?? null,
    checkpoints: checkpoints?.() ?? null,
    disk: (await disk?.()) ?? null,
    deliveries: (await deliveries?.()) ?? null,
  };
}
