/** `sources read`: what would be recorded of a file or a folder. Nothing is. */
import type { Command } from 'commander';
import type { Cursor } from '../../intake/cursor.js';
import type { Source } from '../../sources/source.js';
import { addExamples, jsonOption } from '../options.js';
import { priceBookOf, priceFileOption } from '../price-input.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly now?: TimeText;
  readonly cursor?: string;
  readonly json?: true;
}

export function define(sources: Command): void {
  const command = sources
    .command('read <format> [path]')
    .description(
      'Read a file or a folder, and say what would be recorded of it. Nothing is recorded. Without a path: where the program that writes the format keeps it.',
    )
    .option(
      '--now <time>',
      'read as if it were this time: resets without a date are the next ones after it',
      parsePastTime,
    )
    .option(
      '--cursor <file>',
      'remember in this file what was read: the next run says only what is new or better known, and a last line without an end waits',
    )
    .addOption(priceFileOption())
    .addOption(jsonOption());
  command.action((format: string, path: string | undefined, options: Options) => show(command, format, path, options));
  addExamples(
    command,
    'sources read claude-transcript',
    'sources read claude-transcript ~/.claude --cursor transcripts.cursor',
    'sources read codex-rollout ~/.codex/sessions --json',
    'sources read claude-usage-text usage.txt --now 2026-11-28T20:00:00Z',
  );
}

async function show(command: Command, format: string, path: string | undefined, options: Options): Promise<void> {
  const { sourceNamed } = await import('../sources/find-source.js');
  const { existingRoots } = await import('../sources/roots.js');
  const source = await sourceNamed(format);
  const { preview } = await import('../../intake/preview.js');
  const current = Date.now();
  const at = options.now?.at(current, 'UTC') ?? current;
  const roots = path === undefined ? existingRoots(source) : [path];
  const cursor = await cursorOf(options.cursor, source);
  const book = await priceBookOf(command);
  const found = preview(source, roots, { at, cursor });
  if (options.json === true) {
    const { previewBody } = await import('../sources/body.js');
    const { printJson } = await import('../output.js');
    printJson(previewBody(format, found, book));
  } else {
    const { printPreview } = await import('../sources/print.js');
    printPreview(found, book);
  }
  if (options.cursor === undefined) return;
  const { saveCursor } = await import('../../intake/cursor.js');
  saveCursor(options.cursor, source, found.cursor);
}

async function cursorOf(file: string | undefined, source: Source): Promise<Cursor | undefined> {
  if (file === undefined) return undefined;
  const { loadCursor, UnusableCursor } = await import('../../intake/cursor.js');
  try {
    return loadCursor(file, source);
  } catch (error) {
    if (!(error instanceof UnusableCursor)) throw error;
    const { failure } = await import('../exit.js');
    throw failure(error.message);
  }
}
