/** `import events`: takes in exported events, unchanged, while it verifies their chain. */

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { ImportResult } from '../../ledger/import.js';
import { countText } from '../../text/number.js';
import { failure } from '../exit.js';
import { acceptLossOption, addExamples, type Globals, globalsOf, jsonOption, settingFlags } from '../options.js';
import { printJson, printLine } from '../output.js';

export function defineEvents(parent: Command): void {
  const command = parent
    .command('events <file>', { isDefault: true })
    .description(
      'Take in events that `export` wrote (of a file, or of stdin as `-`): into an empty pool, or exactly behind its head, unchanged and with their chain verified. The first line that does not fit ends it; what was before that line is kept, and the same import goes on from there. The daemon of the data directory has to be stopped meanwhile.',
    )
    .addOption(acceptLossOption())
    .addOption(jsonOption());
  command.action(async (file: string, { json, acceptLoss }: { json?: true; acceptLoss?: true }) => {
    const imported = await importFile(file, globalsOf(command), settingFlags(command).get('pool'), acceptLoss);
    if (json === true) printJson(imported);
    else
      printLine(
        `${countText(imported.events)} events are imported; the head of ${imported.pool} is seq ${imported.seq}.`,
      );
  });
  addExamples(command, 'import events.ndjson --data ./restored', 'gunzip -c newer.ndjson.gz | resource-share import -');
}

async function importFile(
  file: string,
  globals: Globals,
  pool: string | undefined,
  acceptLoss: boolean | undefined,
): Promise<ImportResult> {
  const { openEngine, writerOf } = await import('../../engines/open.js');
  const { Importer } = await import('../../ledger/import.js');
  const { ledgerOn } = await import('../../daemon/open-ledger.js');
  const writer = writerOf(globals.database);
  if (writer?.url !== undefined) {
    throw failure(
      `${globals.database} is served by process ${writer.pid} on ${writer.host}; an import needs it alone: stop the daemon first.`,
    );
  }
  const input = file === '-' ? process.stdin : createReadStream(file);
  if (file !== '-') await once(input, 'open');
  // With threads: while one batch is written, the next is read.
  const engine = await openEngine(globals.database, 'writer', { limits: globals.engineLimits, acceptLoss });
  const ledger = await ledgerOn(engine, globals);
  try {
    const imported = await new Importer(ledger, pool).run(linesOf(input));
    // What was lost may have come back by it.
    await ledger.tellLosses();
    return imported;
  } finally {
    await ledger.close();
    input.destroy();
  }
}

/** What came in together, as lines: 1.6 µs a line, where `node:readline` takes 3.2 µs to hand over one after the other. */
async function* linesOf(input: Readable): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const text of input.setEncoding('utf8')) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
}
