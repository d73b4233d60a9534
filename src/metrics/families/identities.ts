/** Those who share: what each is entitled to, uses, and is told. */
import type { IdentityStatus } from '../../status/identities.js';
import { type Family, one, type Sample } from '../family.js';
import { otherName } from '../named-identities.js';
import type { ScrapeInput } from '../scrape-input.js';

export const identityFamilies: readonly Family[] = [
  {
    name: 'identity_share_ratio',
    type: 'gauge',
    help: 'The part by weight that an identity is entitled to; of others together, where there are more than have a name.',
    labels: ['pool', 'identity'],
    read: (input) => perIdentity(input, ({ share }) => share?.nominal ?? null, sum),
  },
  {
    name: 'identity_use_dollars_total',
    type: 'counter',
    help: 'What an identity used since the first scrape of this process. What a correction takes back is made up for by later use.',
    labels: ['pool', 'identity', 'mode'],
    read: ({ pools, named }) =>
      pools.flatMap(({ pool, counts }) => {
        const sums = new Map<string, Sample>();
        for (const [name, modes] of counts.use) {
          const identity = named.labelOf(pool, name);
          for (const [mode, dollars] of modes) {
            const key = `${mode}\n${identity}`;
            const value = (sums.get(key)?.value ?? 0) + dollars;
            sums.set(key, { labels: { pool, identity, mode }, value });
          }
        }
        return [...sums.values()];
      }),
  },
  {
    name: 'identity_interval_seconds',
    type: 'gauge',
    help: 'What an identity was last told to wait between two runs; of others the shortest.',
    labels: ['pool', 'identity'],
    read: (input) => perIdentity(input, ({ state, intervalS }) => (state === 'retired' ? null : intervalS), Math.min),
  },
];

const sum = (a: number, b: number): number => a + b;

function perIdentity(
  { pools, named }: ScrapeInput,
  figureOf: (identity: IdentityStatus) => number | null,
  together: (a: number, b: number) => number,
): readonly Sample[] {
  return pools.flatMap(({ pool, status }) => {
    const samples: Sample[] = [];
    let others: number | null = null;
    for (const identity of status.identities) {
      const value = figureOf(identity);
      if (value === null) continue;
      const label = named.labelOf(pool, identity.name);
      // Somebody may be called just as those together are.
      if (label !== otherName) samples.push({ labels: { pool, identity: label }, value });
      else others = others === null ? value : together(others, value);
    }
    return [...samples, ...one(others, { pool, identity: otherName })];
  });
}
