/** Every check, in the order in which a person would look. */
import type { Check } from './check.js';
import { backupIsMade, backupIsProved } from './checks/backups.js';
import { dataFolder, diskSpace, fileSystem } from './checks/folder.js';
import { chain, clock, ledgerOpens, projections, storage, tables } from './checks/ledger.js';
import { load, logFile, runningVersion, timeServer } from './checks/machine.js';
import { nodeVersion, sqliteBinding } from './checks/program.js';
import { checkpoints, readiness, readings } from './checks/running.js';
import { serviceAsRendered, serviceLingers } from './checks/service.js';
import { bindAndKeys, portIsFree, secrets, settingsAreValid } from './checks/settings.js';
import { jobs, webhooks } from './checks/work.js';
import { walSize, writerAnswers } from './checks/writer.js';

export const checks: readonly Check[] = [
  nodeVersion,
  sqliteBinding,
  settingsAreValid,
  secrets,
  bindAndKeys,
  portIsFree,
  dataFolder,
  fileSystem,
  diskSpace,
  writerAnswers,
  walSize,
  ledgerOpens,
  clock,
  timeServer,
  chain,
  storage,
  tables,
  projections,
  readiness,
  runningVersion,
  load,
  logFile,
  readings,
  jobs,
  webhooks,
  checkpoints,
  backupIsMade,
  backupIsProved,
  serviceAsRendered,
  serviceLingers,
];
