/** `pools`: the agents that share one quota are a pool; most ledgers have one. */

import type { Command } from 'commander';
import { instantText } from '../../text/time.js';
import { addExamples, type Globals, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { printTable } from '../table.js';

export function define(command: Command): void {
  const list = command
    .command('list')
    .description('List the pools with the heads of their logs.')
    .addOption(jsonOption());
  list.action(async ({ json }: { json?: true }) => listPools(globalsOf(list), json));
  addExamples(list, 'pools list', 'pools list --json');

  const add = command
    .command('add <name>')
    .description('Add a pool. Its days are cut in its time zone.')
    .option('--time-zone <zone>', "IANA name, e.g. Europe/Berlin (default: the daemon's, or the system's)");
  add.action(async (name: string, { timeZone }: { timeZone?: string }) => {
    const { withClient } = await import('../open-client.js');
    await withClient(globalsOf(add), (client) => client.addPool(name, timeZone));
    printLine(`Pool ${name} is open.`);
  });
  addExamples(add, 'pools add research', 'pools add night-shift --time-zone Europe/Berlin');

  addExamples(command, 'pools list', 'pools add research --time-zone Europe/Berlin');
}

async function listPools(globals: Globals, json: boolean | undefined): Promise<void> {
  const { withEngine } = await import('../open-view.js');
  const pools = await withEngine(globals, async (engine) => {
    const records = await engine.pools();
    return records.map(({ pool, createdAt, head }) => {
      const { seq, id, hash, recorded_at: recordedAt } = head;
      return { pool, created_at: createdAt, seq, id, hash, recorded_at: recordedAt };
    });
  });
  if (json === true) return printJson(pools);
  printTable(
    [
      { head: 'pool', value: (row) => row.pool },
      { head: 'events', value: (row) => row.seq, right: true },
      { head: 'last event', value: (row) => (row.seq === 0 ? null : instantText(row.recorded_at)) },
      { head: 'opened', value: (row) => instantText(row.created_at) },
      { head: 'head', value: (row) => row.hash.slice(0, 16) },
    ],
    pools,
    'There is no pool yet.',
  );
}
