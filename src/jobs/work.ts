/** The background work of a ledger, as it is set: what kinds there are, where jobs are put, and when they are added. */
import type { Ledger } from '../ledger/ledger.js';
import { WorkFigures } from './figures.js';
import { Kinds, type OutsideKind } from './kinds.js';
import { JobQueue } from './queue.js';
import { type AnyJob, jobs } from './registry.js';
import { type AllScheduleSettings, type Schedulable, Schedules } from './schedules.js';

export interface WorkOptions {
  readonly schedules?: AllScheduleSettings | undefined;
  readonly outside?: Readonly<Record<string, OutsideKind>> | undefined;
  /** How long a worker outside keeps a job, where its kind does not say it. */
  readonly leaseMs?: number | undefined;
  /** Jobs beside those of every daemon. */
  readonly more?: readonly AnyJob[] | undefined;
}

/** Kinds that others do are added at instants only where the settings say which. */
const unscheduled = (kind: string): Schedulable => ({ kind, catchUp: 'none' });

export class Work {
  readonly jobs: readonly AnyJob[];
  readonly queue: JobQueue;
  readonly schedules: Schedules;
  readonly figures = new WorkFigures();

  /** Throws `setting_invalid`. */
  constructor(ledger: Ledger, { schedules = {}, outside, leaseMs, more = [] }: WorkOptions = {}) {
    this.jobs = [...jobs, ...more];
    const kinds = new Kinds(this.jobs, outside, leaseMs);
    this.queue = new JobQueue({ store: ledger.jobStore, kinds, now: () => ledger.now() });
    this.schedules = new Schedules(ledger, this.queue, [...this.jobs, ...kinds.outside.map(unscheduled)], schedules);
  }
}
