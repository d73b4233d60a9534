/** How a mode is given on the command line: as it is, or `auto`, to find it out. */
import { type Command, Option } from 'commander';
import type { ModeSource, UsageMode } from '../events/catalogue/usage.js';
import { here } from '../intake/here.js';
import { attribute } from '../intake/who.js';
import { type Resolved, requireSettings } from '../settings/resolve.js';
import type { Settings } from '../settings/schema.js';
import { settingsFor } from './options.js';

export interface ModeOptions {
  readonly mode: UsageMode | 'auto';
  readonly tmux?: string;
}

export function addModeOptions(command: Command, fallback: ModeOptions['mode']): Command {
  return command
    .addOption(
      new Option(
        '--mode <mode>',
        'autonomy, collaboration, or auto: what a rule of sources.rules says, else collaboration while somebody is attached to the tmux session of the agent and autonomy while nobody is, else sources.mode',
      )
        .choices(['autonomy', 'collaboration', 'auto'])
        .default(fallback),
    )
    .option(
      '--tmux <session>',
      'tmux session of the agent (default: what a rule that fits says in tmux, else autonomous-claude)',
    );
}

export const surroundingsOf = ({ rules, mode }: Settings['sources']) => ({
  ...here(),
  rules,
  defaultMode: mode,
});

/** Who works in a folder, as transcripts of there are counted. */
export function identityIn(cwd: string, resolved: Resolved): string {
  const { agent, sources } = requireSettings(resolved, 'agent', 'sources');
  return attribute({ cwd }, { ...surroundingsOf(sources), identity: agent }).identity;
}

/** Of an agent that works in this folder and reports for itself; where the mode was found is said if it had to be. */
export async function modeOf(
  identity: string,
  { mode, tmux }: ModeOptions,
  command: Command,
): Promise<{ readonly mode: UsageMode; readonly mode_source?: ModeSource }> {
  if (mode !== 'auto') return { mode };
  const { lookAtTmux } = await import('../intake/tmux.js');
  const { sources } = requireSettings(settingsFor(command), 'sources');
  const around = { ...surroundingsOf(sources), identity, tmux: await lookAtTmux(tmux) };
  const found = attribute({ cwd: process.cwd() }, around);
  return { mode: found.mode, mode_source: found.modeSource };
}
