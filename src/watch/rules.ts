/** Every rule of the watchdog. `clock-suspect` and `clock-jumped` are those of the log's own clock: `src/ledger/clock-alerts.ts`. */
import type { Rule } from './rule.js';
import { identityOverdue, sourceSilent, twoInstances } from './rules/identities.js';
import { backupOld, checkpointOld, diskLow, logRewritten } from './rules/operation.js';
import { jobDead, modelUnpriced, toldRules } from './rules/told.js';
import { unusualUse } from './rules/unusual-use.js';
import { quotaStale, unattributedUse, windowExhausted, windowProjected } from './rules/windows.js';

export const rules: readonly Rule[] = [
  identityOverdue,
  sourceSilent,
  twoInstances,
  unusualUse,
  quotaStale,
  windowProjected,
  windowExhausted,
  unattributedUse,
  modelUnpriced,
  jobDead,
  backupOld,
  checkpointOld,
  logRewritten,
  diskLow,
  ...toldRules,
];
