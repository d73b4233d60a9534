/** `backup`: what is left when the machine is not. */
import type { Command } from 'commander';
import { defineCreate } from '../backup/create.js';
import { defineList } from '../backup/list.js';
import { definePrune } from '../backup/prune.js';
import { defineRestore } from '../backup/restore.js';
import { defineVerify } from '../backup/verify.js';
import { addExamples } from '../options.js';

export function define(command: Command): void {
  defineCreate(command);
  defineList(command);
  defineVerify(command);
  definePrune(command);
  defineRestore(command);
  addExamples(
    command,
    'backup create --folder /mnt/elsewhere/ledger',
    'backup verify --folder /mnt/elsewhere/ledger',
    'backup restore --folder /mnt/elsewhere/ledger --data ./restored',
  );
}
