/** The process that has the ledger open for writing, and what one that was killed left behind. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { walBytesOf } from '../../../engines/data-folder.js';
import { isAlive } from '../../../runtime/is-alive.js';
import { type Check, fault, ok, skipped, warning } from '../check.js';

export const writerAnswers: Check = {
  id: 'writer',
  async run({ folder, writer, ask }) {
    if (folder === null) return skipped('A PostgreSQL server has the ledger, for any number of writers.');
    if (writer === null) return leftBehind(folder);
    const who = `process ${writer.pid} on ${writer.host}`;
    if (ask === null) return ok(`The ledger is in use by ${who}, which is no daemon.`);
    try {
      const { status } = await ask('health/live');
      if (status === 200) return ok(`The daemon is ${who}, and answers.`);
      return fault(`The daemon (${who}) answered ${status}.`, 'Look into its log.');
    } catch (error) {
      return fault(
        `The daemon (${who}) does not answer: ${(error as Error).message}.`,
        'Look into its log; if it stands still, end it (kill -9) and start it again: nothing acknowledged is lost.',
      );
    }
  },
};

function leftBehind(folder: string) {
  const path = join(folder, 'writer.json');
  if (!existsSync(path)) return ok('No daemon runs here.');
  const { pid, host } = holderIn(readFileSync(path, 'utf8'));
  if (host === hostname() && isAlive(Number(pid)))
    return warning(
      `writer.json names process ${pid}, which lives and does not have the ledger.`,
      'It belongs to another program by now; the next start writes the file again.',
    );
  return warning(
    `The last daemon (process ${pid} on ${host}) was killed: writer.json still names it.`,
    'Start it again: nothing that was acknowledged is lost. `doctor --fix` removes the file.',
    () => rmSync(path, { force: true }),
  );
}

/** A machine that lost its power may have left an empty file. */
function holderIn(text: string): { readonly pid: number | string; readonly host: string } {
  try {
    return JSON.parse(text) as { pid: number; host: string };
  } catch {
    return { pid: '?', host: '?' };
  }
}

export const walSize: Check = {
  id: 'wal-size',
  async run({ folder, settings }) {
    if (folder === null) return skipped('A PostgreSQL server has the ledger.');
    const bytes = walBytesOf(folder);
    const text = `The write-ahead log has ${(bytes / 2 ** 20).toFixed(1)} MiB.`;
    if (bytes <= 2 * settings.sqlite.wal_bytes) return ok(text);
    return warning(
      text,
      'Something reads the database in one long transaction: end it, and the daemon cuts the log back by itself.',
    );
  },
};
