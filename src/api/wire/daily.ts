/** `GET /resource/today/{claude_name}` and `GET /resource/summary`: tokens used on the current day of the pool's zone. */
import * as z from 'zod';
import { dateIn } from '../../events/days.js';
import { findIdentity } from '../../events/identities.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Api, poolFromQuery } from '../context.js';
import { json, type Route, route } from '../route.js';
import { wire } from './commands.js';

const counts = { autonomous_tokens: z.int(), collaborative_tokens: z.int(), total_tokens: z.int() };
const todayReply = z.object({ claude_name: z.string(), date: z.string(), ...counts });
const summaryRow = z.object({ claude_name: z.string(), ...counts });
const summaryReply = z.object({ date: z.string(), claudes: z.array(summaryRow) });
type SummaryRow = z.infer<typeof summaryRow>;

const example: SummaryRow = {
  claude_name: 'Ada',
  autonomous_tokens: 1200,
  collaborative_tokens: 300,
  total_tokens: 1500,
};

export const todayRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/resource/today/:claude_name',
    operationId: 'getToday',
    summary: 'Tokens one identity used today',
    description: 'Zeros for a name nobody knows. Today is the current day in the zone of the pool.',
    params: z.object({ claude_name: z.string().describe('Name or alias.') }),
    replies: { 200: json('Tokens of today', todayReply, { ...example, date: '2026-01-05' }) },
    problems: ['pool_unknown', 'storage_unavailable'],
    handle: async (input, request): Promise<z.infer<typeof todayReply>> => {
      const pool = poolFromQuery(ledger, request);
      const asked = input.params.claude_name;
      const name = findIdentity(ledger.state(pool), asked)?.name ?? asked;
      const date = todayIn(ledger, pool);
      const [row] = await ledger.query<SummaryRow>(`${select} WHERE pool = ? AND date = ? AND claude_name = ?`, [
        pool,
        date,
        name,
      ]);
      const { autonomous_tokens = 0, collaborative_tokens = 0, total_tokens = 0 } = row ?? {};
      return { claude_name: name, date, autonomous_tokens, collaborative_tokens, total_tokens };
    },
  });

export const summaryRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/resource/summary',
    operationId: 'getSummary',
    summary: 'Tokens everybody used today',
    replies: { 200: json('By total, largest first', summaryReply, { date: '2026-01-05', claudes: [example] }) },
    problems: ['pool_unknown', 'storage_unavailable'],
    handle: async (_input, request): Promise<z.infer<typeof summaryReply>> => {
      const pool = poolFromQuery(ledger, request);
      const date = todayIn(ledger, pool);
      const sql = `${select} WHERE pool = ? AND date = ? ORDER BY total_tokens DESC, claude_name`;
      return { date, claudes: await ledger.query<SummaryRow>(sql, [pool, date]) };
    },
  });

const select = 'SELECT claude_name, autonomous_tokens, collaborative_tokens, total_tokens FROM daily_resource_share';

function todayIn(ledger: Ledger, pool: PoolId): string {
  return dateIn(ledger.state(pool).timeZone, ledger.now() as EpochMs);
}
