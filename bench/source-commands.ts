/**
 * Reading transcripts as people do it, by a command, against `ccusage`: a compiled program that reads the same files for the same
 * sums. All that a command takes counts, its start included.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnDaemon } from '../test/support/daemon.js';
import { noSettings, program } from '../test/support/program.js';
import { median, withFolder } from './measure.js';
import { cpuMsOf, cpuMsOfCommand } from './processor.js';
import type { Figure } from './target.js';

const ccusage = fileURLToPath(import.meta.resolve('ccusage/src/cli.js'));
const format = 'claude-transcript';

/** Processor time in milliseconds, of each run. */
export class CommandTimes {
  readonly #ours: number[] = [];
  readonly #empty: number[] = [];
  readonly #theirs: number[] = [];
  readonly #theirsEmpty: number[] = [];
  readonly #collected: number[] = [];

  async take(tree: string): Promise<void> {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'projects'));
      this.#theirs.push(theirMs(tree));
      this.#ours.push(ourMs('sources', 'read', format, tree));
      this.#theirsEmpty.push(theirMs(folder));
      this.#empty.push(ourMs('sources', 'read', format, folder));
    });
    this.#collected.push(await withFolder((folder) => collectMs(tree, folder)));
  }

  figures(name: string, megabytes: number): Figure[] {
    const unit = 'MB/s of processor time';
    const rate = (times: readonly number[], without: readonly number[] = [0]) =>
      (1_000 * megabytes) / Math.max(1, median(times) - median(without));
    const baseline = { name: '`ccusage`', value: rate(this.#theirs) };
    const started = { name: '`ccusage`', value: rate(this.#theirs, this.#theirsEmpty) };
    return [
      {
        name: `\`sources read\`, ${name}`,
        value: rate(this.#ours),
        unit,
        baseline,
        target: { atLeast: 0.7, ratio: true },
      },
      { name: `the same, without both starts, ${name}`, value: rate(this.#ours, this.#empty), unit, baseline: started },
      {
        name: `\`collect --once\` and its daemon, ${name}`,
        value: rate(this.#collected),
        unit,
        baseline,
        target: { atLeast: 0.3, ratio: true },
      },
    ];
  }
}

const ourMs = (...args: readonly string[]): number =>
  cpuMsOfCommand([process.execPath, program, ...args], { XDG_CONFIG_HOME: noSettings });

const theirMs = (tree: string): number =>
  cpuMsOfCommand([process.execPath, ccusage, 'claude', 'daily', '--json', '--offline'], {
    CLAUDE_CONFIG_DIR: tree,
    LOG_LEVEL: '0',
  });

async function collectMs(tree: string, folder: string): Promise<number> {
  const daemon = await spawnDaemon(folder);
  try {
    const before = cpuMsOf(daemon.pid);
    const places = ['--path', tree, '--data', folder, '--cursor-dir', join(folder, 'cursors')];
    const command = ourMs('collect', '--once', format, ...places, '--mode', 'autonomy', '--as', 'Ada');
    return command + cpuMsOf(daemon.pid) - before;
  } finally {
    await daemon.stop();
  }
}
