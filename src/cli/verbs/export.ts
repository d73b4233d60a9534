/** `export`: the log of a pool as NDJSON, one event a line, with everything that its chain is made of. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import type { LedgerView } from '../../ledger/view.js';
import { countText } from '../../text/number.js';
import { visibleLines } from '../../text/visible.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, wholeNumber } from '../options.js';
import { remark, writeAll } from '../output.js';
import { ProgressLine } from '../progress.js';

interface Options {
  readonly afterSeq: number;
}

export function define(command: Command): void {
  command
    .description('Write the events of a pool as NDJSON: to a file, or to stdout. `import` takes them in again.')
    .argument('[file]', 'file to write; - is stdout', '-')
    .option('--after-seq <seq>', 'only events after this seq', wholeNumber(0), 0);
  command.action(async (file: string, { afterSeq }: Options) =>
    withView(globalsOf(command), async (view) => {
      const events = file === '-' ? await write(view, afterSeq, process.stdout) : await writeFile(view, afterSeq, file);
      remark(`${countText(events)} events of ${view.pool}`);
    }),
  );
  addExamples(
    command,
    'export events.ndjson',
    'export --after-seq 1000 | gzip > newer.ndjson.gz',
    'export --pool research research.ndjson',
  );
}

/** The file is there when it is whole, and not before. */
async function writeFile(view: LedgerView, afterSeq: number, file: string): Promise<number> {
  const temporary = `${file}.${process.pid}.tmp`;
  const stream = createWriteStream(temporary, { flush: true });
  try {
    await once(stream, 'open');
    const events = await write(view, afterSeq, stream);
    stream.end();
    await once(stream, 'close');
    await rename(temporary, file);
    return events;
  } catch (error) {
    stream.destroy();
    await rm(temporary, { force: true });
    throw error;
  }
}

async function write(view: LedgerView, afterSeq: number, stream: NodeJS.WritableStream): Promise<number> {
  const { seq: head } = view.record.head;
  const line = new ProgressLine('events');
  let written = 0;
  try {
    for await (const { count, bytes } of view.lines(afterSeq, head)) {
      await writeAll(stream, stream === process.stdout && process.stdout.isTTY ? shownBytes(bytes) : bytes);
      await writeAll(stream, '\n');
      written += count;
      if (stream !== process.stdout) line.show('exporting', written, head - afterSeq);
    }
  } finally {
    line.end();
  }
  return written;
}

/** The same JSON, without what would move the cursor of a terminal. */
const shownBytes = (bytes: Uint8Array): string => visibleLines(Buffer.from(bytes).toString('utf8'));
