/** The reports that all benchmarks send: ten agents, priced tokens, as a client would write them. */

import { openEngine } from '../src/engines/open.js';
import { type Command, parseCommand } from '../src/events/command.js';
import type { PoolId } from '../src/events/scalars.js';
import { Ledger } from '../src/ledger/ledger.js';
import { tuneRuntime } from '../src/runtime/v8.js';

export const pool = 'default' as PoolId;

export function report(i: number): Record<string, unknown> {
  return {
    type: 'usage.recorded',
    payload: {
      name: `Agent-${i % 10}`,
      mode: i % 3 === 0 ? 'collaboration' : 'autonomy',
      cost_micro_usd: 1_000 + (i % 5_000),
      tokens: { input: i % 900, output: 20 + (i % 300), cache_read: 1_000 + (i % 90_000) },
      model: 'claude-sonnet-4-5',
      session: `session-${i % 40}`,
    },
  };
}

export const reading = (percent: number, resetsAt: number) => ({
  type: 'quota.read',
  payload: {
    windows: [
      { key: 'session_5hour', percent_bp: percent, resets_at: resetsAt },
      { key: 'week_all', percent_bp: percent, resets_at: resetsAt },
    ],
  },
});

export const command = (input: unknown): Command => parseCommand(input, { actor: 'local', source: 'bench/1' });

/** A ledger in this process, run as the program runs it. */
export async function openLedger(folder: string): Promise<Ledger> {
  tuneRuntime();
  const engine = await openEngine(folder, 'writer');
  const ledger = await Ledger.open(engine, { database: folder, timeZone: 'UTC', unknownAgents: 'auto' });
  if (!ledger.hasPool(pool)) {
    await ledger.addPool(pool);
    await ledger.submitOne(pool, command(reading(1_000, Date.now() + 3_600_000)));
  }
  return ledger;
}
