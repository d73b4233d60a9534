/** `GET /resource/today/{claude_name}` and `GET /resource/summary`: what was used on the current day of the pool's zone. */
import * as z from 'zod';
import { dateIn } from '../../events/days.js';
import { findIdentity } from '../../events/identities.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Api, poolFromQuery } from '../context.js';
import { json, type Route, route } from '../route.js';
import { wire } from './commands.js';

const counts = {
  autonomous_tokens: z.int(),
  collaborative_tokens: z.int(),
  total_tokens: z.int(),
  autonomous_cost_usd: z.number().describe('Clients that report dollars report no tokens.'),
  collaborative_cost_usd: z.number(),
  total_cost_usd: z.number(),
};
const todayReply = z.object({ claude_name: z.string(), date: z.string(), ...counts });
const summaryRow = z.object({ claude_name: z.string(), ...counts });
const summaryReply = z.object({ date: z.string(), claudes: z.array(summaryRow) });
type SummaryRow = z.infer<typeof summaryRow>;

const example: SummaryRow = {
  claude_name: 'Ada',
  autonomous_tokens: 1200,
  collaborative_tokens: 300,
  total_tokens: 1500,
  autonomous_cost_usd: 0.125,
  collaborative_cost_usd: 0.03,
  total_cost_usd: 0.155,
};

export const todayRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/resource/today/:claude_name',
    scope: 'read',
    operationId: 'getToday',
    summary: 'What one identity used today',
    description: 'Zeros for a name nobody knows. Today is the current day in the zone of the pool.',
    params: z.object({ claude_name: z.string().describe('Name or alias.') }),
    replies: { 200: json('Use of today', todayReply, { ...example, date: '2026-01-05' }) },
    problems: ['pool_unknown', 'storage_unavailable'],
    handle: async (input, request): Promise<z.infer<typeof todayReply>> => {
      const pool = poolFromQuery(ledger, request);
      const asked = input.params.claude_name;
      const name = findIdentity(ledger.state(pool), asked)?.name ?? asked;
      const date = todayIn(ledger, pool);
      const [row] = await ledger.query<DayRow>(`${select} WHERE pool = ? AND date = ? AND claude_name = ?`, [
        pool,
        date,
        name,
      ]);
      return { claude_name: name, date, ...countsOf(row) };
    },
  });

export const summaryRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/resource/summary',
    scope: 'read',
    operationId: 'getSummary',
    summary: 'What everybody used today',
    replies: { 200: json('By total, largest first', summaryReply, { date: '2026-01-05', claudes: [example] }) },
    problems: ['pool_unknown', 'storage_unavailable'],
    handle: async (_input, request): Promise<z.infer<typeof summaryReply>> => {
      const pool = poolFromQuery(ledger, request);
      const date = todayIn(ledger, pool);
      const sql = `${select} WHERE pool = ? AND date = ? ORDER BY total_tokens DESC, total_cost_micro_usd DESC, claude_name`;
      const rows = await ledger.query<DayRow>(sql, [pool, date]);
      return { date, claudes: rows.map((row) => ({ claude_name: row.claude_name, ...countsOf(row) })) };
    },
  });

interface DayRow {
  readonly claude_name: string;
  readonly autonomous_tokens: number;
  readonly collaborative_tokens: number;
  readonly total_tokens: number;
  readonly autonomous_cost_micro_usd: number;
  readonly collaborative_cost_micro_usd: number;
  readonly total_cost_micro_usd: number;
}

const select = `SELECT claude_name, autonomous_tokens, collaborative_tokens, total_tokens,
  autonomous_cost_micro_usd, collaborative_cost_micro_usd, total_cost_micro_usd FROM daily_resource_share`;

function countsOf(row: DayRow | undefined): Omit<SummaryRow, 'claude_name'> {
  return {
    autonomous_tokens: row?.autonomous_tokens ?? 0,
    collaborative_tokens: row?.collaborative_tokens ?? 0,
    total_tokens: row?.total_tokens ?? 0,
    autonomous_cost_usd: (row?.autonomous_cost_micro_usd ?? 0) / 1e6,
    collaborative_cost_usd: (row?.collaborative_cost_micro_usd ?? 0) / 1e6,
    total_cost_usd: (row?.total_cost_micro_usd ?? 0) / 1e6,
  };
}

function todayIn(ledger: Ledger, pool: PoolId): string {
  return dateIn(ledger.state(pool).timeZone, ledger.now() as EpochMs);
}
