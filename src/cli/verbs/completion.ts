/** `completion`: prints the script by which a shell completes verbs, options and what may be given to them. */
import { Argument, type Command } from 'commander';
import { addExamples } from '../options.js';

const shells = ['bash', 'zsh', 'fish'] as const;

export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      `
To have it in every shell:
  bash   resource-share completion bash > ~/.local/share/bash-completion/completions/resource-share
  zsh    add \`source <(resource-share completion zsh)\` to ~/.zshrc
  fish   resource-share completion fish > ~/.config/fish/completions/resource-share.fish`,
    )
    .action(async (shell: (typeof shells)[number]) => {
      const { treeOf } = await import('../completion/tree.js');
      process.stdout.write(await scriptOf(shell, treeOf(command.parent ?? command)));
    });
  addExamples(command, 'completion bash', 'completion fish > ~/.config/fish/completions/resource-share.fish');
}

async function scriptOf(
  shell: (typeof shells)[number],
  tree: import('../completion/tree.js').CommandNode,
): Promise<string> {
  const program = 'resource-share';
  if (shell === 'fish') return (await import('../completion/fish.js')).fishScript(tree, program);
  const { bashScript, zshScript } = await import('../completion/bash.js');
  return shell === 'bash' ? bashScript(tree, program) : zshScript(tree, program);
}
