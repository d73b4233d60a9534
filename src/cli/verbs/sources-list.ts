/** `sources list`: the formats that can be read. */
import type { Command } from 'commander';
import type { SourceFormat } from '../../sources/registry.js';
import { addExamples, jsonOption } from '../options.js';
import { printJson } from '../output.js';
import { printTable } from '../table.js';

export function define(sources: Command): void {
  const command = sources.command('list').description('List the formats that can be read.').addOption(jsonOption());
  command.action(async ({ json }: { json?: true }) => {
    const { sourceFormats: rows } = await import('../../sources/registry.js');
    if (json === true) return printJson(await Promise.all(rows.map(bodyOf)));
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

const bodyOf = async ({ format, title, load }: SourceFormat) => ({ format, title, version: (await load()).version });
