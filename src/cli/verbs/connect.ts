/** `connect`: the way in. It takes in what a client has kept, and has the client tell what it does from then on. */
import { Argument, type Command } from 'commander';
import type { ConnectOptions } from '../connect/connecting.js';
import { addExamples, jsonOption, settingOption } from '../options.js';

const names = ['claude', 'codex', 'gemini', 'otel'] as const;

export function define(command: Command): void {
  command
    .description(
      'Connect a client: show what it has kept of its use on this machine, take that in, and offer to write into its own settings what it needs to go on telling. The change is shown first, and --undo takes it back.',
    )
    .addArgument(new Argument('<client>', 'whose settings they are').choices(names))
    .option('--yes', 'write without asking')
    .option('--dry-run', 'show all of it, and write nothing at all')
    .option('--undo', "put the client's settings back as they were; what was taken in stays")
    .option('--no-import', 'leave out what the client has kept so far')
    .option('--no-statusline', 'leave out the status line (claude)')
    .option('--no-hooks', 'leave out the hooks (claude)')
    .option('--no-telemetry', 'leave out the variables of the telemetry (claude)')
    .option('--replace', 'where something else is set already, such as a status line, put ours in its place')
    .option('--file <file>', 'write the variables into this file of a shell (otel)')
    .addOption(settingOption('url'))
    .addOption(settingOption('agent'))
    .addOption(jsonOption());
  command.action(async (client: (typeof names)[number], options: ConnectOptions) => {
    const { connect } = await import('../connect/connecting.js');
    await connect(command, client, options);
  });
  command.addHelpText(
    'after',
    '\nWithout a terminal nothing is written unless --yes is given. Files with credentials are never opened.',
  );
  addExamples(
    command,
    'connect claude',
    'connect claude --dry-run',
    'connect claude --yes --no-import --no-statusline',
    'connect claude --as Ada --url http://127.0.0.1:18765',
    'connect codex --undo',
    'connect otel --as Ada',
    'connect otel --file ~/.profile --yes',
  );
}
