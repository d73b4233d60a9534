/** The completion script of fish. */
import { type CommandNode, nodesOf, type OptionNode, valuedFlags } from './tree.js';

export function fishScript(root: CommandNode, program: string): string {
  const name = `__${program.replaceAll('-', '_')}_at`;
  const nodes = [...nodesOf(root)];
  const paths = nodes.flatMap(({ path }) => (path.length === 0 ? [] : [`'${path.join(' ')}'`]));
  return `# Whether the verbs so far are those that are given.
function ${name}
  set -l path
  set -l is_value 0
  for word in (commandline -opc)[2..]
    if test $is_value = 1
      set is_value 0
      continue
    end
    contains -- $word ${valuedFlags(nodes).join(' ')}
    and set is_value 1
    contains -- (string trim -- "$path $word") ${paths.join(' ')}
    and set path (string trim -- "$path $word")
  end
  test "$path" = "$argv"
end
complete -c ${program} -f
${nodes.flatMap((node) => linesOf(node, program, name)).join('\n')}
`;
}

function linesOf({ path, children, options, choices }: CommandNode, program: string, name: string): string[] {
  const begin = `complete -c ${program} -n '${name} ${path.join(' ')}'`;
  return [
    ...children.map((child) => `${begin} -a ${child.path.at(-1)} -d ${quoted(child.summary)}`),
    ...(choices.length > 0 ? [`${begin} -a '${choices.join(' ')}'`] : []),
    ...options.map((option) => `${begin} ${flagsOf(option)}${valueFlags(option)} -d ${quoted(option.summary)}`),
  ];
}

const flagsOf = ({ flags }: OptionNode): string =>
  flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');

function valueFlags({ value }: OptionNode): string {
  if (value === null) return '';
  if (value === 'file' || value === 'folder') return ' -r -F';
  return value === 'text' ? ' -x' : ` -x -a '${value.choices.join(' ')}'`;
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
