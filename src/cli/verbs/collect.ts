/** `collect`: reads what other programs keep of their use, and records it. */
import { type Command, Option } from 'commander';
import type { CollectorOptions, CollectTask } from '../collect/collector.js';
import type { Collected } from '../collect/print.js';
import { addModeOptions } from '../mode.js';
import { addExamples, jsonOption, settingOption } from '../options.js';
import { parseDuration } from '../times.js';

interface Options extends CollectorOptions {
  readonly path?: string;
  readonly once?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .description(
      'Read what other programs keep of their use, record what is new of it, and follow what comes. A use counts once, however often it is read; where a run is broken off, the next one goes on.',
    )
    .argument('[format...]', 'formats to read, of `sources list` (default: those whose folders are on this machine)')
    .option('--once', 'read what is new, and end')
    .addOption(new Option('--watch', 'read what is new, and follow what comes (the default)').conflicts('once'))
    .addOption(settingOption('sources.sweep_s'))
    .addOption(settingOption('url'))
    .option('--path <path>', 'read this file or folder instead, of the one format that is named')
    .option(
      '--cursor-dir <dir>',
      'where it is kept how far files were read (default: ~/.local/state/resource-share/cursors, or below XDG_STATE_HOME)',
    )
    .addOption(settingOption('agent'));
  addModeOptions(command, 'auto')
    .addOption(
      new Option('--timeout <duration>', 'with --once: how long to try when the daemon is away')
        .argParser(parseDuration)
        .default(30_000, '30s'),
    )
    .option('--dry-run', 'record nothing, and say what would be recorded')
    .addOption(jsonOption());
  command.action(async (formats: readonly string[], options: Options) => {
    const isFollowing = options.once !== true && options.dryRun !== true;
    const tasks = await tasksOf(formats, options.path, isFollowing);
    if (isFollowing) return runAlong(command, tasks, options);
    if (options.dryRun === true) return dryRun(command, tasks, options);
    await run(command, tasks, options);
  });
  command.addHelpText(
    'after',
    '\nUse of more than 15 minutes ago is in the mode that rules or its client say: tmux knows only the present.',
  );
  addExamples(
    command,
    'collect',
    'collect --once',
    'collect --url http://127.0.0.1:18765 --sweep 10',
    'collect --once claude-transcript --dry-run',
    'collect --once codex-rollout --path /srv/p1/codex/sessions --as Ada --mode autonomy',
    'collect --once --tmux ada --json',
  );
}

/** Whoever follows waits for folders that are not there yet. */
async function tasksOf(
  formats: readonly string[],
  path: string | undefined,
  isFollowing: boolean,
): Promise<readonly CollectTask[]> {
  const { negativeResult, usageError } = await import('../exit.js');
  const { sourceNamed } = await import('../sources/find-source.js');
  const { existingRoots, usualRoots } = await import('../sources/roots.js');
  const named = await Promise.all([...new Set(formats)].map(sourceNamed));
  if (path !== undefined) {
    const [source, ...others] = named;
    if (source === undefined || others.length > 0) throw usageError('Name the one format that --path is of.');
    return [{ source, roots: [path], named: [path] }];
  }
  if (named.length > 0) {
    return named.map((source) => {
      const known = usualRoots(source);
      return { source, roots: isFollowing && known.length > 0 ? known : existingRoots(source), named: known };
    });
  }
  const { existsSync } = await import('node:fs');
  const { sourceFormats } = await import('../../sources/registry.js');
  const known = sourceFormats.map((format) => ({ load: format.load, named: usualRoots(format) }));
  const found = known.flatMap(({ load, named }) => {
    const roots = named.filter((root) => existsSync(root));
    return roots.length === 0 && !(isFollowing && named.length > 0) ? [] : [{ load, roots, named }];
  });
  if (found.length > 0)
    return Promise.all(found.map(async ({ load, roots, named }) => ({ source: await load(), roots, named })));
  throw negativeResult(`There is nothing to read: no ${known.flatMap((one) => one.named).join(', no ')}.`);
}

async function run(command: Command, tasks: readonly CollectTask[], options: Options): Promise<void> {
  const { Collector } = await import('../collect/collector.js');
  const { collectedBody, printCollected } = await import('../collect/print.js');
  const all: Collected[] = await new Collector(command, options).collect(tasks);
  if (options.json === true) {
    const { printJson } = await import('../output.js');
    printJson(all.map(collectedBody));
  } else printCollected(all);
  const last = all.at(-1);
  if (last === undefined || last.isComplete) return;
  const { failure } = await import('../exit.js');
  const why = last.failure?.message ?? 'stopped';
  throw failure(`${why}. What was not recorded yet, the next run goes on with.`);
}

async function runAlong(command: Command, tasks: readonly CollectTask[], options: Options): Promise<void> {
  const { Collector } = await import('../collect/collector.js');
  const { collectedBody, printFollowed } = await import('../collect/print.js');
  const { failure } = await import('../exit.js');
  const { SinkFailure } = await import('../../intake/sink.js');
  const { printJsonLine } = await import('../output.js');
  const told = options.json === true ? (one: Collected) => printJsonLine(collectedBody(one)) : printFollowed;
  await new Collector(command, options).follow(tasks, told).catch((error: unknown) => {
    throw error instanceof SinkFailure ? failure(`${error.message}.`) : error;
  });
}

async function dryRun(command: Command, tasks: readonly CollectTask[], options: Options): Promise<void> {
  const { json } = options;
  const { preview } = await import('../../intake/preview.js');
  const { PriceBook } = await import('../../prices/book.js');
  const { Collector } = await import('../collect/collector.js');
  const { previewBody } = await import('../sources/body.js');
  const { printPreview } = await import('../sources/print.js');
  const { printHeading, printJson } = await import('../output.js');
  const collector = new Collector(command, options);
  const book = new PriceBook([]);
  const bodies: object[] = [];
  for (const task of tasks) {
    const { source, roots } = task;
    const file = collector.cursorFile(task);
    const cursor = await file.checked(file.load());
    const found = preview(source, roots, { at: Date.now(), cursor });
    if (json === true) bodies.push(previewBody(source.format, found, book));
    else {
      if (tasks.length > 1) printHeading(source.format);
      printPreview(found, book);
    }
  }
  if (json === true) printJson(bodies);
}
