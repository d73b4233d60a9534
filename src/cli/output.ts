/** What a verb says: data on stdout, remarks on stderr. */
import { visible, visibleLines } from '../text/visible.js';
import { stderrColours, stdoutColours } from './colours.js';
import { textWidth } from './text-width.js';

/** Whoever wrote it: nothing in it moves the cursor or hides, as names, paths and answers of a server are in it. */
export function printLine(text = ''): void {
  process.stdout.write(`${visibleLines(text)}\n`);
}

/** Lines are no longer than this even where there is room, because long ones are hard to read. */
const lineCharactersMax = 100;

/** A paragraph, broken between words to fit the terminal. */
export function printText(text: string, indent = 0): void {
  const width = Math.min(
    lineCharactersMax,
    process.stdout.columns ?? (Number(process.env.COLUMNS) || lineCharactersMax),
  );
  for (const line of wrapped(visible(text), width - indent)) printLine(' '.repeat(indent) + line);
}

/** A text in lines of at most so many columns, broken between words; a word that is longer is left whole. */
export function wrapped(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** A heading of a part of the answer, after an empty line. */
export function printHeading(text: string): void {
  printLine();
  process.stdout.write(`${stdoutColours.bold(visible(text))}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${visibleLines(JSON.stringify(value, null, 2))}\n`);
}

export function printJsonLine(value: unknown): void {
  printLine(JSON.stringify(value));
}

/** A remark that is no part of the answer. */
export function remark(text: string): void {
  process.stderr.write(`${stderrColours.dim(visibleLines(text))}\n`);
}

export function printError(message: string): void {
  process.stderr.write(`${stderrColours.red('resource-share:')} ${visibleLines(message)}\n`);
}

/** A reader that has seen enough (`| head`) ends the program quietly. */
export function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}

/** Waits while the reader of stdout is behind, so that an export does not pile up in memory. */
export async function writeAll(stream: NodeJS.WritableStream, text: string | Uint8Array): Promise<void> {
  if (stream.write(text)) return;
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error) => {
      stream.off('drain', done);
      stream.off('error', done);
      if (error instanceof Error) reject(error);
      else resolve();
    };
    stream.once('drain', done);
    stream.once('error', done);
  });
}
