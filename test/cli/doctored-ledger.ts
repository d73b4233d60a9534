/** A ledger with a few events, to be broken, and what `doctor` finds of it. */
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { onData, run } from './run.js';

export interface Finding {
  readonly id: string;
  readonly state: string;
  readonly text: string;
  readonly remedy: string | null;
  readonly fixed: boolean;
}

export interface DoctoredLedger {
  readonly data: string;
  readonly file: string;
  doctor(more?: readonly string[], env?: Record<string, string>): Promise<{ code: number | null; found: Finding[] }>;
}

export async function makeLedger(data: string): Promise<void> {
  for (const cost of ['1', '2']) await onData(data)('usage', 'record', 'Ada', '--cost', cost);
}

/** A copy that nobody has open. */
export async function copyOfLedger(t: Scope, original: string): Promise<DoctoredLedger> {
  const data = join(temporaryFolder(t), 'data');
  cpSync(original, data, { recursive: true });
  chmodSync(data, 0o700);
  return {
    data,
    file: join(data, 'resource_tracking.db'),
    async doctor(more = [], env = {}) {
      const { code, stdout, stderr } = await run(['doctor', '--json', '--data', data, ...more], {
        env: { RESOURCE_SHARE_PORT: '0', ...env },
      });
      if (!stdout.startsWith('[')) throw new Error(`doctor ended with ${code}: ${stderr}`);
      return { code, found: JSON.parse(stdout) };
    },
  };
}

/** About the machine, and not about what a test has broken: machines differ in how full their disks are, and in who sets their clocks. */
const ofMachine = new Set(['disk-space', 'time-server', 'load']);

/** What is to be looked after, by id. */
export const wrong = (found: readonly Finding[]): string[] =>
  found
    .filter(({ id, state, fixed }) => (state === 'warning' || state === 'fault') && !fixed && !ofMachine.has(id))
    .map(({ id, state }) => `${id}: ${state}`);

export const sql = (file: string, text: string) => {
  const db = new Database(file);
  db.unsafeMode();
  db.exec(text);
  db.close();
};

/** A statement that adds a job; `runAt` in milliseconds UTC. */
export const jobRow = (kind: string, state: string, runAt: number): string =>
  `INSERT INTO jobs (id, kind, payload, state, run_at, priority, attempts, attempts_max, token, created_at)
   VALUES ('01JGZ0000000000000000000A1', '${kind}', '{}', '${state}', ${runAt}, 0, 0, 5, 0, ${runAt})`;
