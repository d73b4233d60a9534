/** `maintenance`: a time in which somebody works on the ledger, and agents and jobs wait. */
import { type Command, Option } from 'commander';
import { limits } from '../../limits.js';
import { instantText } from '../../text/time.js';
import { visible } from '../../text/visible.js';
import { usageError } from '../exit.js';
import type { MaintenanceAnswer } from '../ledger-client.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printText } from '../output.js';
import { parseDuration, parseTimeAhead, type TimeText } from '../times.js';

interface OnOptions {
  readonly for?: number;
  readonly until?: TimeText;
  readonly reason?: string;
  readonly json?: true;
}

export function define(command: Command): void {
  const on = command
    .command('on')
    .description(
      'Begin maintenance of the whole ledger: no job is claimed, agents are told to wait, turns are denied, and the watchdog raises nothing, until it ends by itself or by `off`. Reports are recorded as ever. Said again, it ends at the new time.',
    )
    .addOption(new Option('--for <duration>', 'how long, e.g. 30m; 7d at most').argParser(parseDuration))
    .addOption(
      new Option('--until <time>', 'until when, by the clock of the default pool')
        .argParser(parseTimeAhead)
        .conflicts('for'),
    )
    .option('--reason <text>', 'agents and people are told it')
    .addOption(jsonOption());
  on.action(async ({ for: durationMs, until, reason, json }: OnOptions) => {
    if (durationMs === undefined && until === undefined)
      throw usageError('say how long: maintenance on --for 30m --reason TEXT');
    if (durationMs !== undefined && (durationMs < 1_000 || durationMs > limits.maintenanceMsMax))
      throw usageError('--for takes from a second to 7 days.');
    const { withPoolClient } = await import('../open-client.js');
    const answer = await withPoolClient(globalsOf(on), async (client) => {
      const time =
        durationMs === undefined
          ? { until: until?.at(Date.now(), until.needsZone ? await client.timeZone() : 'UTC') }
          : { for_s: Math.round(durationMs / 1_000) };
      return client.ask('v1/maintenance', { ...time, reason });
    });
    print(answer as MaintenanceAnswer, json);
  });
  addExamples(
    on,
    'maintenance on --for 30m --reason "the disk is exchanged"',
    'maintenance on --until 18:00 --reason "moving house"',
  );

  const off = command.command('off').description('End maintenance before its time.').addOption(jsonOption());
  off.action(async ({ json }: { json?: true }) => {
    const answer = await ask<MaintenanceAnswer & { ended: boolean }>(off, 'v1/maintenance/end', {});
    if (json === true) return printJson(answer);
    printText(answer.ended ? 'Maintenance is over.' : 'No maintenance went on.');
  });
  addExamples(off, 'maintenance off');

  const status = command.command('status').description('Say whether maintenance goes on.').addOption(jsonOption());
  status.action(async ({ json }: { json?: true }) =>
    print(await ask<MaintenanceAnswer>(status, 'v1/maintenance'), json),
  );
  addExamples(status, 'maintenance status', 'maintenance status --json');

  addExamples(command, 'maintenance on --for 30m --reason "the disk is exchanged"', 'maintenance off');
}

function print(answer: MaintenanceAnswer, json: true | undefined): void {
  if (json === true) return printJson(answer);
  const { maintenance } = answer;
  if (maintenance === null) return printText('No maintenance goes on.');
  const { since, until, reason } = maintenance;
  const why = reason === null ? '' : `: ${visible(reason)}`;
  printText(`Maintenance goes on since ${instantText(since)}, until ${instantText(until)}${why}.`);
}

async function ask<T>(command: Command, path: string, body?: object): Promise<T> {
  const { withClient } = await import('../open-client.js');
  return (await withClient(globalsOf(command), (client) => client.ask(path, body))) as T;
}
