/** The quota: how full its windows are, and how old what is known of that is. */
import { limits } from '../../limits.js';
import { type Family, one } from '../family.js';
import type { PoolInput } from '../scrape-input.js';

export const quotaFamilies: readonly Family[] = [
  {
    name: 'window_used_ratio',
    type: 'gauge',
    help: 'What is used of a window, by the estimate of the controller; of one that it does not plan, as it was last read.',
    labels: ['pool', 'window'],
    read: ({ pools }) =>
      pools.flatMap(({ pool, status }) =>
        status.windows.flatMap(({ key, percent, readPercent }) => {
          const used = percent ?? readPercent;
          return one(used === null ? null : used / 100, { pool, window: key });
        }),
      ),
  },
  {
    name: 'window_resets_timestamp_seconds',
    type: 'gauge',
    help: 'When a window resets, as far as that is known.',
    labels: ['pool', 'window'],
    read: ({ pools }) =>
      pools.flatMap(({ pool, status }) =>
        status.windows.flatMap(({ key, resetsAt, readResetsAt }) => {
          const at = resetsAt ?? readResetsAt;
          return one(at === null ? null : at / 1_000, { pool, window: key });
        }),
      ),
  },
  {
    name: 'reading_age_seconds',
    type: 'gauge',
    help: 'How long ago the newest reading of the quota was measured that a source told.',
    labels: ['pool', 'source'],
    read: ({ pools, now }) =>
      pools.flatMap((input) =>
        newestBySource(input).map(([source, at]) => ({
          labels: { pool: input.pool, source },
          value: Math.max(0, (now - at) / 1_000),
        })),
      ),
  },
];

/** Of each source, without its version, when its newest reading was measured; the newest first. */
function newestBySource({ state }: PoolInput): (readonly [source: string, at: number])[] {
  const newest = new Map<string, number>();
  for (const { readings } of state.windows.values()) {
    for (const { source, measuredAt } of readings) {
      const name = source.replace(/\/.*$/, '');
      newest.set(name, Math.max(newest.get(name) ?? 0, measuredAt));
    }
  }
  return [...newest].sort((a, b) => b[1] - a[1]).slice(0, limits.metricSourcesMax);
}
