/** `sources list`: the formats that can be read. */
import type { Command } from 'commander';
import { addExamples, jsonOption } from '../options.js';
import { printJson } from '../output.js';
import { printTable } from '../table.js';

export function define(sources: Command): void {
  const command = sources.command('list').description('List the formats that can be read.').addOption(jsonOption());
  command.action(async ({ json }: { json?: true }) => {
    const { sources: known } = await import('../../sources/registry.js');
    const rows = known.map(({ format, title, version }) => ({ format, title, version }));
    if (json === true) return printJson(rows);
    printTable(
      [
        { head: 'format', value: (row) => row.format },
        { head: 'what it is', value: (row) => row.title, wrap: true },
      ],
      rows,
      'No format can be read.',
    );
  });
  addExamples(command, 'sources list', 'sources list --json');
}
