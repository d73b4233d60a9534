/** `sources explain`: whose use data of a folder would be, and in which mode, and why. */
import type { Command } from 'commander';
import type { Attribution } from '../../intake/who.js';
import { requireSettings } from '../../settings/resolve.js';
import type { SourceRule } from '../../settings/schema.js';
import { addExamples, jsonOption, settingsFor } from '../options.js';

interface Options {
  readonly host?: string;
  readonly entrypoint?: string;
  readonly agentName?: string;
  readonly json?: true;
}

export function define(sources: Command): void {
  const command = sources
    .command('explain <folder>')
    .description(
      'Say whose use an agent in a folder would be, for which project and in which mode, and which rule makes it so.',
    )
    .option('--host <name>', 'as if the data came from this host')
    .option('--entrypoint <name>', 'as if the client had been started like this: cli, sdk-cli')
    .option('--agent-name <name>', 'as if the client called its agent this')
    .addOption(jsonOption());
  command.action((folder: string, options: Options) => show(command, folder, options));
  addExamples(command, 'sources explain /srv/p1/app', 'sources explain . --entrypoint sdk-cli --json');
}

async function show(command: Command, folder: string, { json, ...facts }: Options): Promise<void> {
  const { resolve } = await import('node:path');
  const { attribute } = await import('../../intake/who.js');
  const { agent, sources } = requireSettings(settingsFor(command), 'agent', 'sources');
  const { surroundingsOf } = await import('../mode.js');
  const around = { ...surroundingsOf(sources), identity: agent };
  const cwd = resolve(folder);
  const found = attribute({ ...facts, cwd }, around);
  if (json === true) {
    const { printJson } = await import('../output.js');
    const { identitySource, modeSource, rule, ...rest } = found;
    return printJson({ ...rest, identity_source: identitySource, mode_source: modeSource, rule: rule ?? null });
  }
  await print(cwd, found, sources.rules);
}

async function print(cwd: string, found: Attribution, rules: readonly SourceRule[]): Promise<void> {
  const { printLine } = await import('../output.js');
  const { identity, mode, project, rule } = found;
  const byRule = rule === undefined ? '' : ` ${rule + 1}, ${JSON.stringify(rules[rule])}`;
  printLine(`Use in ${cwd} is that of ${identity}, in ${mode}${project === undefined ? '' : `, for ${project}`}.`);
  printLine(
    `The identity comes from ${identityWords[found.identitySource]}${found.identitySource === 'rule' ? byRule : ''}.`,
  );
  printLine(`The mode comes from ${modeWords[found.modeSource]}${found.modeSource === 'rule' ? byRule : ''}.`);
}

const identityWords: Readonly<Record<Attribution['identitySource'], string>> = {
  explicit: 'the setting agent',
  rule: 'rule',
  client: "the client's name of its agent",
  user: 'the user and the host, as nothing else says it',
};

const modeWords: Readonly<Record<Attribution['modeSource'], string>> = {
  explicit: 'whoever reads it',
  rule: 'rule',
  tmux: 'the tmux session of the agent',
  entrypoint: 'how the client was started',
  prompt: 'what a person typed moments ago',
  default: 'the setting sources.mode, as nothing else says it',
};
