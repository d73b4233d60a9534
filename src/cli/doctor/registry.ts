/** Every check, in the order in which a person would look. */
import type { Check } from './check.js';
import { dataFolder, diskSpace, fileSystem } from './checks/folder.js';
import { chain, clock, ledgerOpens, storage, tables } from './checks/ledger.js';
import { nodeVersion, sqliteBinding } from './checks/program.js';
import { checkpoints, readiness, readings } from './checks/running.js';
import { bindAndKeys, portIsFree, settingsAreValid } from './checks/settings.js';
import { walSize, writerAnswers } from './checks/writer.js';

export const checks: readonly Check[] = [
  nodeVersion,
  sqliteBinding,
  settingsAreValid,
  bindAndKeys,
  portIsFree,
  dataFolder,
  fileSystem,
  diskSpace,
  writerAnswers,
  walSize,
  ledgerOpens,
  clock,
  chain,
  storage,
  tables,
  readiness,
  readings,
  checkpoints,
];
