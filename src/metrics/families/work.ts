/** Work: turns of agents, jobs, what is delivered to others, and what somebody should look at. */
import type { EpochMs } from '../../events/scalars.js';
import { isHeld } from '../../events/turns.js';
import { type Family, histogramSamples, one } from '../family.js';

export const workFamilies: readonly Family[] = [
  {
    name: 'turns_open',
    type: 'gauge',
    help: 'Turns that agents hold now.',
    labels: ['pool'],
    read: ({ pools, now }) =>
      pools.map(({ pool, state }) => ({
        labels: { pool },
        value: [...state.turns.values()].filter((turn) => isHeld(turn, now as EpochMs)).length,
      })),
  },
  {
    name: 'turns_total',
    type: 'counter',
    help: 'What became of turns, as the log has it, since the first scrape of this process.',
    labels: ['pool', 'outcome'],
    read: ({ pools }) =>
      pools.flatMap(({ pool, counts }) =>
        [...counts.turns].map(([outcome, value]) => ({ labels: { pool, outcome }, value })),
      ),
  },
  {
    name: 'jobs',
    type: 'gauge',
    help: 'Jobs that are kept, by kind and state.',
    labels: ['kind', 'state'],
    read: ({ jobs }) => (jobs ?? []).map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
  },
  {
    name: 'job_duration_seconds',
    type: 'histogram',
    help: 'How long jobs took that this process did, however they ended.',
    labels: ['kind'],
    read: ({ work }) =>
      [...work.seconds].flatMap(([kind, histogram]) => histogramSamples('job_duration_seconds', histogram, { kind })),
  },
  {
    name: 'job_lease_expiries_total',
    type: 'counter',
    help: 'Claims of jobs that ran out, because whoever held them did not renew them, and that this process took back.',
    labels: [],
    read: ({ work }) => one(work.leaseExpiries),
  },
  {
    name: 'sweep_removed_total',
    type: 'counter',
    help: 'What this process removed because it is kept no longer.',
    labels: ['kind'],
    read: ({ work }) => [...work.removed].map(([kind, value]) => ({ labels: { kind }, value })),
  },
  {
    name: 'webhook_deliveries_total',
    type: 'counter',
    help: 'Attempts of this process to deliver messages. After one that failed another one follows, after one that is dead none does.',
    labels: ['endpoint', 'outcome'],
    read: ({ deliveries }) =>
      [...deliveries.counts].flatMap(([endpoint, counts]) =>
        [...counts].map(([outcome, value]) => ({ labels: { endpoint, outcome }, value })),
      ),
  },
  {
    name: 'alerts_open',
    type: 'gauge',
    help: 'Alerts that are open, by rule. A rule without one is left out.',
    labels: ['pool', 'rule'],
    read: ({ pools }) =>
      pools.flatMap(({ pool, state }) => {
        const counts = new Map<string, number>();
        for (const { rule } of state.alerts.values()) counts.set(rule, (counts.get(rule) ?? 0) + 1);
        return [...counts].map(([rule, value]) => ({ labels: { pool, rule }, value }));
      }),
  },
];
