/** The completion script of bash, which is also that of zsh by its `bashcompinit`. */
import { type CommandNode, nodesOf, type OptionNode, valuedFlags } from './tree.js';

export function bashScript(root: CommandNode, program: string): string {
  const name = `_${program.replaceAll('-', '_')}`;
  const nodes = [...nodesOf(root)];
  return `${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path='' word i words=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$word" in
      ${valuedFlags(nodes).join(' | ')}) ((i++)); continue ;;
    esac
    case "$path $word" in
${nodes.flatMap(step).join('\n')}
    esac
  done
  case "$path $previous" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${nodes.map(wordCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F ${name} ${program}
`;
}

export const zshScript = (root: CommandNode, program: string): string =>
  `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(root, program)}`;

/** The path as the script keeps it: each verb with a space before it. */
const pathText = (path: readonly string[]): string => path.map((verb) => ` ${verb}`).join('');

const step = ({ path }: CommandNode): string[] =>
  path.length === 0 ? [] : [`      '${pathText(path)}') path='${pathText(path)}' ;;`];

function valueCases({ path, options }: CommandNode): string[] {
  return options
    .filter(({ value }) => value !== null)
    .map(({ flags, value }) => {
      const patterns = flags.map((flag) => `'${pathText(path)} ${flag}'`).join(' | ');
      return `    ${patterns}) ${complete(value)} return ;;`;
    });
}

function complete(value: OptionNode['value']): string {
  if (value === 'file') return 'COMPREPLY=($(compgen -f -- "$current"));';
  if (value === 'folder') return 'COMPREPLY=($(compgen -d -- "$current"));';
  if (value === 'text' || value === null) return 'COMPREPLY=();';
  return `COMPREPLY=($(compgen -W '${value.choices.join(' ')}' -- "$current"));`;
}

function wordCase({ path, children, options, choices }: CommandNode): string {
  const verbs = children.map((child) => child.path.at(-1));
  const words = [
    ...verbs,
    ...choices,
    ...options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--'))),
  ];
  return `    '${pathText(path)}') words='${words.join(' ')}' ;;`;
}
