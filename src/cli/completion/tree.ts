/** The command line as a tree: which verbs and options may follow which, with what may be given to them. */
import type { Command, Option } from 'commander';
import { optionChoices } from '../options.js';

export interface CommandNode {
  /** The verbs that lead here: `['usage', 'list']`; none for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly children: readonly CommandNode[];
  readonly options: readonly OptionNode[];
  /** Choices of its first argument. */
  readonly choices: readonly string[];
}

export interface OptionNode {
  /** `['-h', '--help']` */
  readonly flags: readonly string[];
  readonly summary: string;
  /** Null where it takes no value. */
  readonly value: 'text' | 'file' | 'folder' | { readonly choices: readonly string[] } | null;
}

/** `path`: of the command; hidden options are left out, those of the commands above it are not. */
export function treeOf(
  command: Command,
  path: readonly string[] = [],
  inherited: readonly OptionNode[] = [],
): CommandNode {
  const help = command.createHelp();
  const own = help.visibleOptions(command).map(optionNode);
  const options = [...own, ...inherited];
  const children = help
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help')
    .map((child) =>
      treeOf(
        child,
        [...path, child.name()],
        options.filter(({ flags }) => !flags.includes('--help')),
      ),
    );
  const [argument] = command.registeredArguments;
  return {
    path,
    summary: command.summary() || command.description(),
    children,
    options,
    choices: argument?.argChoices ?? [],
  };
}

function optionNode(option: Option): OptionNode {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined && flag !== null) as string[];
  return { flags, summary: option.description.replace(/ \(.*$/s, ''), value: valueKind(option) };
}

function valueKind(option: Option): OptionNode['value'] {
  const { required, optional, flags } = option;
  if (!required && !optional) return null;
  const choices = optionChoices(option);
  if (choices.length > 0) return { choices };
  if (/<(file|files|path)>/.test(flags)) return 'file';
  return /<(dir|folder|directory)>/.test(flags) ? 'folder' : 'text';
}

/** The command and all below it. */
export function* nodesOf(node: CommandNode): Generator<CommandNode> {
  yield node;
  for (const child of node.children) yield* nodesOf(child);
}

/** Flags after which comes a value, which is no verb. */
export function valuedFlags(nodes: readonly CommandNode[]): string[] {
  const options = nodes.flatMap((node) => node.options).filter(({ value }) => value !== null);
  return [...new Set(options.flatMap(({ flags }) => flags))];
}
