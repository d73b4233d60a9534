/** `worker`: a process that does jobs beside the daemons: those of this program on a server, or declared ones by a command. */
import type { Command } from 'commander';
import { isServer } from '../../settings/database.js';
import { databaseOf } from '../../settings/ledger.js';
import { requireSettings } from '../../settings/resolve.js';
import { usageError } from '../exit.js';
import { addExamples, ledgerOptions, settingFlags, settingOption, settingsFor } from '../options.js';
import { workSettings } from './serve.js';

interface Options {
  readonly kinds?: readonly string[];
}

export function define(command: Command): void {
  command
    .description(
      'Do jobs until a signal ends it. On a PostgreSQL server: those of this program. With --url: jobs of declared kinds (x.…), each by a run of the command, which gets the payload as its input, and whose last line of output is the result.',
    )
    .argument('[command...]', 'for declared kinds: the command and its arguments')
    .option('--kinds <kinds>', 'only these, separated by commas', (text) => text.split(','))
    .addOption(settingOption('jobs.concurrency'))
    .addOption(settingOption('url'));
  command.action((words: readonly string[], options: Options) => work(command, words, options));
  addExamples(
    command,
    'worker --database postgres://ledger@db.example/ledger',
    'worker --database postgres://ledger@db.example/ledger --kinds daily-aggregate --concurrency 2',
    'worker --url http://127.0.0.1:8765 --kinds x.report -- ./report.sh',
  );
}

async function work(command: Command, words: readonly string[], { kinds }: Options): Promise<void> {
  const resolved = settingsFor(command);
  const { jobs } = requireSettings(resolved, 'jobs');
  if (settingFlags(command).has('url') || words.length > 0) {
    if (words.length === 0)
      throw usageError('With --url, say what does the jobs: worker --url URL --kinds x.report -- COMMAND');
    const { workOutside } = await import('../worker/outside-worker.js');
    const { daemonOf } = await import('../daemon-address.js');
    return workOutside({ daemon: daemonOf(resolved), kinds, words, jobs });
  }
  const database = databaseOf(resolved);
  if (!isServer(database))
    throw usageError(
      'A data directory is written to by one process, its daemon, which does the jobs itself. A worker needs --database with a PostgreSQL server, or --url and a command.',
    );
  const { runWorker } = await import('../worker/run-worker.js');
  await runWorker(ledgerOptions(resolved, database), { ...workSettings(jobs), enabled: true, only: kinds });
}
