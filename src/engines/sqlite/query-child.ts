/**
 * A process that works on one statement of a person at a time: `node query-child.js FILE`. It has a read-only connection of its own,
 * lower priority and little memory, and ends when the process that started it does, whatever it is at.
 */
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { sendable } from '../../runtime/thread-error.js';
import { RowText } from '../row-text.js';
import type { RowsEnd, StatementRequest, StatementValues } from '../statement-runner.js';
import { type FromChild, pagesAhead, type ToChild } from './query-messages.js';
import { planOf, prepareReading, rowsOf } from './query-statement.js';
import { openReadOnly, takesWrites } from './read-only.js';

const busyMsMax = 5_000;
const cacheKib = 8_192;

const path = process.argv[2] as string;
const send = (message: FromChild): void => void process.send?.(message);

/** The thread that works is deaf while SQLite is at a statement: another one notices that the parent is gone. */
const parentWatch = `
  const { workerData } = require('node:worker_threads');
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (process.ppid === workerData) Atomics.wait(never, 0, 0, 500);
  process.kill(process.pid, 'SIGKILL');`;

new Worker(parentWatch, {
  eval: true,
  workerData: process.ppid,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
}).unref();

function open(): Database.Database {
  const db = takesWrites(dirname(path))
    ? new Database(path, { readonly: true, fileMustExist: true, timeout: busyMsMax })
    : openReadOnly(path);
  db.pragma('query_only = 1');
  db.pragma('trusted_schema = 0');
  db.pragma('temp_store = MEMORY');
  db.pragma(`cache_size = -${cacheKib}`);
  return db;
}

/** How many pages may be sent yet, and whether any is wanted. */
let credit = 0;
let isEnough = false;
let wake: () => void = () => undefined;

async function mayGoOn(): Promise<boolean> {
  while (credit === 0 && !isEnough) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  credit -= 1;
  return !isEnough;
}

async function run(db: Database.Database, request: StatementRequest): Promise<void> {
  const { sql, values } = request;
  const statement = prepareReading(db, sql);
  const columns = statement.columns().map(({ name }) => name);
  send({ kind: 'begun', columns, plan: planOrNone(db, sql, values) });
  const text = new RowText(columns, request);
  let end: RowsEnd = 'all';
  for (const cells of rowsOf(statement, sql, values)) {
    const reached = text.add(cells);
    if (reached !== null) {
      end = reached;
      break;
    }
    if (!text.isFull) continue;
    if (!(await mayGoOn())) break;
    send({ kind: 'page', ...text.take() });
  }
  const last = text.take();
  if (last.rows > 0 && (await mayGoOn())) send({ kind: 'page', ...last });
  send({ kind: 'done', end });
}

/** It is for a remark on the statement, which runs without it, too. */
function planOrNone(db: Database.Database, sql: string, values: StatementValues): readonly string[] {
  try {
    return planOf(db, sql, values);
  } catch {
    return [];
  }
}

function explain(db: Database.Database, sql: string, values: StatementValues): void {
  prepareReading(db, sql);
  send({ kind: 'plan', lines: planOf(db, sql, values) });
  send({ kind: 'done', end: 'all' });
}

async function answer(db: Database.Database, message: ToChild): Promise<void> {
  if (message.kind === 'taken') credit += 1;
  if (message.kind === 'enough') isEnough = true;
  if (message.kind === 'taken' || message.kind === 'enough') return wake();
  credit = pagesAhead;
  isEnough = false;
  try {
    if (message.kind === 'run') await run(db, message.request);
    else explain(db, message.sql, message.values);
  } catch (error) {
    send({ kind: 'failed', error: sendable(error) });
  }
}

process.on('disconnect', () => process.exit());
try {
  const db = open();
  process.on('message', (message: ToChild) => void answer(db, message));
  send({ kind: 'ready' });
} catch (error) {
  send({
    kind: 'failed',
    error: { reason: 'failed', message: `the database cannot be read (${(error as Error).message})` },
  });
}
