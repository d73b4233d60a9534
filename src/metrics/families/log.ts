/** The log: what was appended, what waits, and how far behind it anything is. */
import { type Family, histogramSamples, one } from '../family.js';

export const logFamilies: readonly Family[] = [
  {
    name: 'events_appended_total',
    type: 'counter',
    help: 'Events that this process appended since it began.',
    labels: ['pool'],
    read: ({ pools, append }) => pools.map(({ pool }) => ({ labels: { pool }, value: append.events.get(pool) ?? 0 })),
  },
  {
    name: 'append_duration_seconds',
    type: 'histogram',
    help: 'How long a submission took from when it came until it was durable.',
    labels: [],
    read: ({ append }) => histogramSamples('append_duration_seconds', append.seconds),
  },
  {
    name: 'batch_events',
    type: 'histogram',
    help: 'Events of one transaction.',
    labels: [],
    read: ({ append }) => histogramSamples('batch_events', append.batchEvents),
  },
  {
    name: 'queue_commands',
    type: 'gauge',
    help: 'Commands of all pools that wait for their transaction.',
    labels: [],
    read: ({ queued }) => one(queued),
  },
  {
    name: 'queue_refused_total',
    type: 'counter',
    help: 'Commands that were refused because too many waited.',
    labels: [],
    read: ({ append }) => one(append.refused),
  },
  {
    name: 'projection_lag_events',
    type: 'gauge',
    help: 'Events of the log that this process does not answer from yet. Only where other nodes append to it, it may be above 0.',
    labels: ['pool'],
    read: ({ pools }) => pools.flatMap(({ pool, lag }) => one(lag, { pool })),
  },
  {
    name: 'replay_progress_ratio',
    type: 'gauge',
    help: 'How far the replay is that runs in this process; 1 where none runs.',
    labels: [],
    read: ({ replayed }) => one(replayed ?? 1),
  },
];
