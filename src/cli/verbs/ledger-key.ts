/** `ledger-key`: the key by which a running daemon signs checkpoints. */
import type { Command } from 'commander';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { parseDuration } from '../times.js';

interface Shown {
  readonly pool: string;
  readonly key: string;
  readonly replaces: string | null;
  readonly overlap_until: string | null;
}

export function define(command: Command): void {
  const show = command
    .command('show')
    .description('Print the key by which the checkpoints of a pool are verified.')
    .addOption(jsonOption());
  show.action(async ({ json }: { json?: true }) => {
    const { pool } = globalsOf(show);
    const query = pool === undefined ? '' : `?${new URLSearchParams({ pool })}`;
    print((await ask(show, `v1/ledger-key${query}`)) as Shown, json);
  });
  addExamples(show, 'ledger-key show', 'ledger-key show --pool team --json');

  const rotate = command
    .command('rotate')
    .description(
      'Make a key in the place of the one that signs checkpoints. Both sign for a while, in which clients that trust the old one take over the new one.',
    )
    .option('--overlap <duration>', 'for how long both sign (default: 7d)', parseDuration)
    .addOption(jsonOption());
  rotate.action(async ({ overlap, json }: { overlap?: number; json?: true }) => {
    const body = overlap === undefined ? {} : { overlap_s: Math.round(overlap / 1_000) };
    print((await ask(rotate, 'v1/ledger-key/rotate', body)) as Shown, json);
    remark('Witnesses, other nodes of the database, and whoever wrote the key down need the new one.');
  });
  addExamples(rotate, 'ledger-key rotate', 'ledger-key rotate --overlap 30d');
  addExamples(command, 'ledger-key show', 'ledger-key rotate --overlap 30d');
}

function print(shown: Shown, json: true | undefined): void {
  if (json === true) return printJson(shown);
  printLine(shown.key);
  if (shown.replaces === null) return;
  const until = shown.overlap_until === null ? 'its file is removed' : shown.overlap_until;
  remark(`${shown.replaces} signs, too, until ${until}.`);
}

async function ask(command: Command, path: string, body?: object): Promise<unknown> {
  const { withClient } = await import('../open-client.js');
  return withClient(globalsOf(command), (client) => client.ask(path, body));
}
