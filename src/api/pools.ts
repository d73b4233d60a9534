/** `GET /v1/pools`, `POST /v1/pools`: the pools of this database. */
import * as z from 'zod';
import { timeZone } from '../events/catalogue/pool.js';
import { poolId } from '../events/scalars.js';
import type { Ledger, PoolRecord } from '../ledger/ledger.js';
import { type Area, json, route } from './route.js';

const newPool = z.strictObject({
  pool: poolId,
  time_zone: timeZone.optional().describe('IANA zone its days are cut in; that of the server when left out.'),
});

const pool = z.object({
  pool: z.string(),
  time_zone: z.string(),
  created_at: z.int().describe('Milliseconds since 1970, UTC.'),
  seq: z.int().describe('Seq of its newest event.'),
});
const pools = z.object({ pools: z.array(pool) });

const example = { pool: 'team-a', time_zone: 'Europe/London', created_at: 1_767_607_800_000, seq: 1 };

const nothing = z.strictObject({});

export const poolArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/pools',
      scope: 'read',
      eachPool: true,
      operationId: 'listPools',
      tag: 'Pools',
      summary: 'All pools',
      query: nothing,
      replies: { 200: json('The pools', pools, { pools: [example] }) },
      handle: async (input, { principal }): Promise<z.infer<typeof pools>> => {
        input.query();
        const own = (pool: string) => principal.pool === null || principal.pool === pool;
        const records = (await ledger.heads()).filter(({ pool }) => ledger.hasPool(pool) && own(pool));
        return { pools: records.map((record) => poolText(ledger, record)) };
      },
    }),
    route({
      method: 'POST',
      url: '/v1/pools',
      scope: 'admin',
      operationId: 'addPool',
      tag: 'Pools',
      summary: 'Add a pool',
      query: nothing,
      body: { schema: newPool, example: { pool: 'team-a', time_zone: 'Europe/London' } },
      replies: { 201: json('Added', pool, example) },
      problems: ['pool_exists', 'pool_limit'],
      handle: async (input, _request, reply) => {
        input.query();
        const asked = input.body();
        await ledger.addPool(asked.pool, asked.time_zone);
        await ledger.adoptMethod();
        const added = (await ledger.heads()).find((record) => record.pool === asked.pool) as PoolRecord;
        return reply.code(201).send(poolText(ledger, added));
      },
    }),
  ],
};

function poolText(ledger: Ledger, record: PoolRecord): z.infer<typeof pool> {
  return {
    pool: record.pool,
    time_zone: ledger.state(record.pool).timeZone,
    created_at: record.createdAt,
    seq: record.head.seq,
  };
}
