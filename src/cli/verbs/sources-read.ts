/** `sources read`: what would be recorded of a file or a folder. Nothing is. */
import type { Command } from 'commander';
import { addExamples, jsonOption } from '../options.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly now?: TimeText;
  readonly json?: true;
}

export function define(sources: Command): void {
  const command = sources
    .command('read <format> <path>')
    .description('Read a file or a folder, and say what would be recorded of it. Nothing is recorded.')
    .option(
      '--now <time>',
      'read as if it were this time: resets without a date are the next ones after it',
      parsePastTime,
    )
    .addOption(jsonOption());
  command.action(show);
  addExamples(
    command,
    'sources read claude-transcript ~/.claude',
    'sources read codex-rollout ~/.codex/sessions --json',
    'sources read claude-usage-text usage.txt --now 2026-11-28T20:00:00Z',
  );
}

async function show(format: string, path: string, { now: time, json }: Options): Promise<void> {
  const { sources } = await import('../../sources/registry.js');
  const source = sources.find((one) => one.format === format);
  if (source === undefined) {
    const { usageError } = await import('../exit.js');
    const known = sources.map((one) => one.format).join(', ');
    throw usageError(`"${format}" is no format that can be read. There are: ${known}.`);
  }
  const { preview } = await import('../../intake/preview.js');
  const current = Date.now();
  const found = preview(source, path, time?.at(current, 'UTC') ?? current);
  if (json === true) {
    const { previewBody } = await import('../sources/body.js');
    const { printJson } = await import('../output.js');
    return printJson(previewBody(format, found));
  }
  const { printPreview } = await import('../sources/print.js');
  printPreview(found);
}
