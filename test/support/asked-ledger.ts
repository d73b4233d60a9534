/** A server over a ledger with something of everything that the ready-made queries ask for. */
import { type TestServer, testServer } from '../api/support.js';
import { command, inside, reading, register, usage } from './command.js';
import type { Variant } from './engines.js';
import { noon } from './fold.js';
import type { Scope } from './folder.js';
import { placeWithReader } from './reader-role.js';

const hourMs = 3_600_000;

export async function askedLedger(t: Scope, engine: Variant): Promise<TestServer> {
  const { place, readerUrl } = await placeWithReader(t, engine);
  const server = await testServer(t, { engine, place, readerUrl });
  const tokens = { input: 1_200, cache_read: 3_600, output: 80 };
  await server.record(
    register('Ada'),
    register('Bo'),
    reading('week_all', 1_000, { resets_at: noon + 72 * hourMs }),
    reading('session_5hour', 4_200, { resets_at: noon + 3 * hourMs }),
    usage('Bo', { tokens, model: 'model-nobody-knows', project: 'p2', session: 's2' }),
    usage('Ada', { cost_micro_usd: 70, tokens }, { occurred_at: noon - hourMs }),
    inside('alert.raised', { rule: 'quota-stale', subject: 'week_all', text: 'nobody reads it', dedupe_key: 'k' }),
  );
  const [use] = await server.record(
    usage('Ada', { cost_micro_usd: 125_000, tokens, model: 'claude-sonnet-4-5', project: '=p1', session: 's1' }),
  );
  await server.record(
    command('usage.corrected', { corrects: use?.id, difference: { cost_micro_usd: -5_000 }, reason: 'too much' }),
    command('agent.advised', { name: 'Ada' }),
  );
  return server;
}
