/** `statusline`: the line that a client shows of an agent. Most draws never load this: see `statusline/draw.ts`. */
import { type Command, Option } from 'commander';
import { requireSettings } from '../../settings/resolve.js';
import { addExamples, settingOption, settingsFor } from '../options.js';
import { backgroundFlag, type Draw, drawLine } from '../statusline/draw.js';
import { keptFiles, keptJson } from '../statusline/kept-files.js';

export function define(command: Command): void {
  command
    .description(
      'Print one line of an agent: its share, the windows and when it may run. Reads what Claude Code gives to its statusline command on stdin, and reports that in the background.',
    )
    .argument(
      '[name]',
      'the identity that the client runs for (default: what a rule of sources.rules says of the folder of the session, else the account and the host)',
    )
    .addOption(settingOption('url'))
    .addOption(new Option(`${backgroundFlag} <session>`).hideHelp());
  command.action(async (name: string | undefined, { background: session }: { readonly background?: string }) => {
    const args = process.argv.slice(2);
    if (session === undefined) return drawLine(name, args);
    await report(command, name, args.slice(0, -2), session);
  });
  command.addHelpText('after', '\nWithout a daemon it prints what it was told last, and never fails.');
  addExamples(command, 'statusline < draw.json', 'statusline Ada < draw.json', 'statusline Ada --pool team');
}

async function report(
  command: Command,
  given: string | undefined,
  args: readonly string[],
  session: string,
): Promise<void> {
  const { daemonFinder } = await import('../../client/address.js');
  const { daemonOf } = await import('../daemon-address.js');
  const { identityIn, modeOf } = await import('../mode.js');
  const { reportAlone } = await import('../statusline/background.js');
  const resolved = settingsFor(command);
  const draw = keptJson<Draw>(keptFiles(args, session).draw);
  const cwd = typeof draw?.cwd === 'string' ? draw.cwd : '';
  const name = given ?? identityIn(cwd, resolved);
  await reportAlone({
    to: daemonFinder(daemonOf(resolved))(),
    pool: requireSettings(resolved, 'pool').pool,
    name,
    mode: await modeOf(name, { mode: 'auto' }, command),
    files: keptFiles(args, session, given === undefined ? cwd : ''),
  });
}
