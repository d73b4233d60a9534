/** `sources read`: what would be recorded of a file or a folder. Nothing is. */
import type { Command } from 'commander';
import type { Cursor } from '../../intake/cursor.js';
import type { Source } from '../../sources/source.js';
import { addExamples, jsonOption } from '../options.js';
import { ownPrices, priceFileOption } from '../price-input.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly now?: TimeText;
  readonly cursor?: string;
  readonly prices?: string;
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
  command.action(show);
  addExamples(
    command,
    'sources read claude-transcript',
    'sources read claude-transcript ~/.claude --cursor transcripts.cursor',
    'sources read codex-rollout ~/.codex/sessions --json',
    'sources read claude-usage-text usage.txt --now 2026-11-28T20:00:00Z',
  );
}

async function show(format: string, path: string | undefined, options: Options): Promise<void> {
  const { sources } = await import('../../sources/registry.js');
  const source = sources.find((one) => one.format === format);
  if (source === undefined) {
    const { usageError } = await import('../exit.js');
    const known = sources.map((one) => one.format).join(', ');
    throw usageError(`"${format}" is no format that can be read. There are: ${known}.`);
  }
  const { preview } = await import('../../intake/preview.js');
  const current = Date.now();
  const at = options.now?.at(current, 'UTC') ?? current;
  const roots = path === undefined ? await rootsOf(format) : [path];
  const cursor = await cursorOf(options.cursor, source);
  const { PriceBook } = await import('../../prices/book.js');
  const book = new PriceBook(options.prices === undefined ? [] : await ownPrices(options.prices));
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

async function rootsOf(format: string): Promise<readonly string[]> {
  const [{ homedir }, { existsSync }] = await Promise.all([import('node:os'), import('node:fs')]);
  const { defaultRoots } = await import('../../intake/default-roots.js');
  const { usageError } = await import('../exit.js');
  const { processEnvironment } = await import('../../settings/environment.js');
  const roots = defaultRoots(format, processEnvironment(), homedir());
  if (roots.length === 0) throw usageError(`Name the file or the folder to read: none is known for ${format}.`);
  const there = roots.filter((root) => existsSync(root));
  if (there.length > 0) return there;
  const { negativeResult } = await import('../exit.js');
  throw negativeResult(`There is nothing to read: no ${roots.join(', no ')}.`);
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
