/** Looks around once, runs every check, and puts right what may be. */
import { existsSync } from 'node:fs';
import { exchange } from '../../client/http.js';
import type { Engine } from '../../engines/engine.js';
import { openEngine, writerOf } from '../../engines/open.js';
import { isServer } from '../../settings/database.js';
import { processEnvironment } from '../../settings/environment.js';
import { databaseOf } from '../../settings/ledger.js';
import { noLayers, type Resolved, requireSettings, resolveSettings } from '../../settings/resolve.js';
import { settings as catalogue, type Settings } from '../../settings/schema.js';
import { StorageError } from '../../storage-error.js';
import { addressOfWriter, type DaemonAccess, daemonAccess } from '../daemon-address.js';
import type { DaemonReply, Finding, FindingState, Surroundings } from './check.js';
import { checks } from './registry.js';

export interface Examined extends Omit<Finding, 'fix'> {
  readonly id: string;
  /** Put right by this run. */
  readonly fixed: boolean;
}

const answerMsMax = 5_000;

/** `now` in milliseconds UTC. With `fix`, what can safely be put right is. */
export async function examine(resolved: Resolved, now: number, fix: boolean): Promise<readonly Examined[]> {
  const around = await lookAround(resolved, now);
  try {
    const found: Examined[] = [];
    for (const check of checks) {
      const finding = await check.run(around).catch(brokenOff);
      const fixed = fix && finding.fix !== undefined;
      if (fixed) finding.fix?.();
      found.push({ id: check.id, state: finding.state, text: finding.text, remedy: finding.remedy, fixed });
    }
    return found;
  } finally {
    await around.engine?.close();
  }
}

/** A check that cannot look is a finding, as what it looks at is in no state that was thought of. */
const brokenOff = (error: Error): Finding => ({
  state: 'fault',
  text: `This could not be looked at: ${error.message.replace(/\.$/, '')}.`,
  remedy: 'Put right what is named there, and run `resource-share doctor` again.',
});

async function lookAround(resolved: Resolved, now: number): Promise<Surroundings> {
  // With what is wrong left out, so that everything else can be looked at.
  const usable: Resolved = resolved.faults.length === 0 ? resolved : resolveSettings(noLayers);
  const sections = [...catalogue.keys()].map((key) => key.split('.')[0] as keyof Settings);
  const settings = requireSettings(usable, ...new Set(sections)) as Settings;
  const database = databaseOf(usable);
  const folder = isServer(database) ? null : database;
  const writer = folder !== null && existsSync(folder) ? writerOf(database) : null;
  const { engine, engineFault } = await opened(database, settings);
  return {
    environment: processEnvironment(),
    resolved,
    settings,
    database,
    folder,
    writer,
    ask: writer?.url === undefined ? null : asking(writer.url, writer.socket, daemonAccess(usable)),
    engine,
    engineFault,
    now,
  };
}

async function opened(
  database: string,
  { postgres, sqlite }: Settings,
): Promise<{ engine: Engine | null; engineFault: string | null }> {
  try {
    const limits = {
      connectionsMax: postgres.connections,
      statementMsMax: postgres.statement_ms,
      walBytesMax: sqlite.wal_bytes,
    };
    return { engine: await openEngine(database, 'reader', { inline: true, limits }), engineFault: null };
  } catch (error) {
    if (error instanceof StorageError && error.reason === 'missing') return { engine: null, engineFault: null };
    const { message } = error as Error;
    return { engine: null, engineFault: /[.!?]$/.test(message) ? message : `${message}.` };
  }
}

function asking(url: string, socket: string | undefined, access: DaemonAccess) {
  const to = addressOfWriter(url, socket, access);
  return async (path: string): Promise<DaemonReply> => {
    const { status, text, headers } = await exchange({ method: 'GET', to, path, timeoutMs: answerMsMax });
    return { status, body: /json/.test(String(headers['content-type'])) ? JSON.parse(text) : text };
  };
}

const ranks: Readonly<Record<FindingState, number>> = { ok: 0, skipped: 0, warning: 1, fault: 2 };

/** 0: nothing to do, 1: something is to be looked after, 2: something does not work. What was put right counts no more. */
export const severity = (found: readonly Examined[]): 0 | 1 | 2 =>
  Math.max(0, ...found.map(({ state, fixed }) => (fixed ? 0 : ranks[state]))) as 0 | 1 | 2;
