/** `migrate`: brings the schema up to this release, or says that it is behind. */
import type { Command } from 'commander';
import type { Migrated } from '../../engines/engine.js';
import { exitCodes } from '../exit.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';

interface Options {
  readonly check?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .description('Bring the schema of the database up to this release. Exit 78 when it is of a newer one.')
    .option('--check', 'change nothing; exit 1 when the schema is behind')
    .addOption(jsonOption());
  command.action(async ({ check, json }: Options) => {
    const { migrateDatabase } = await import('../../engines/open.js');
    const migrated = await migrateDatabase(globalsOf(command).database, check === true);
    if (json === true) printJson({ from: migrated.from, to: migrated.to });
    else printLine(verdict(migrated, check === true));
    if (check === true && migrated.from < migrated.to) process.exitCode = exitCodes.no;
  });
  addExamples(command, 'migrate --check', 'migrate --database postgres://ledger@db1.example,db2.example/ledger');
}

function verdict({ database, from, to }: Migrated, onlyChecked: boolean): string {
  if (from === to) return `${database} has schema ${to}, that of this release.`;
  return onlyChecked
    ? `${database} has schema ${from}, behind the ${to} of this release; \`resource-share migrate\` brings it up.`
    : `${database} was brought from schema ${from} to ${to}.`;
}
