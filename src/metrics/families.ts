/** Every family of metrics that is of this program; those of the process come from the library. */
import { identityFamilies } from './families/identities.js';
import { logFamilies } from './families/log.js';
import { quotaFamilies } from './families/quota.js';
import { storageFamilies } from './families/storage.js';
import { workFamilies } from './families/work.js';
import type { Family } from './family.js';

export const families: readonly Family[] = [
  ...logFamilies,
  ...quotaFamilies,
  ...identityFamilies,
  ...workFamilies,
  ...storageFamilies,
];
