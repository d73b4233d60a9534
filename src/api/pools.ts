/** `GET /v1/pools`, `POST /v1/pools`: the pools of this database. */
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { timeZone } from '../events/catalogue/pool.js';
import { parseWith } from '../events/command.js';
import { poolId } from '../events/scalars.js';
import type { Ledger, PoolRecord } from '../ledger/ledger.js';
import type { Api } from './context.js';
import { describe, json } from './describe.js';
import { readQuery } from './query.js';

const request = z.strictObject({
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

export function poolRoutes(app: FastifyInstance, { ledger }: Api): void {
  const list = describe({
    tag: 'Pools',
    summary: 'All pools',
    query: z.strictObject({}),
    replies: { 200: json('The pools', pools, { pools: [example] }) },
  });
  app.get('/v1/pools', { schema: list }, async (httpRequest): Promise<z.infer<typeof pools>> => {
    readQuery(z.strictObject({}), httpRequest);
    const records = await ledger.heads();
    return { pools: records.filter((record) => ledger.hasPool(record.pool)).map((record) => poolText(ledger, record)) };
  });

  const add = describe({
    tag: 'Pools',
    summary: 'Add a pool',
    query: z.strictObject({}),
    body: { 'application/json': { schema: request, example: { pool: 'team-a', time_zone: 'Europe/London' } } },
    replies: { 201: json('Added', pool, example) },
    problems: ['invalid_field', 'pool_exists'],
  });
  app.post('/v1/pools', { schema: add }, async (httpRequest, reply) => {
    readQuery(z.strictObject({}), httpRequest);
    const asked = parseWith(request, httpRequest.body);
    await ledger.addPool(asked.pool, asked.time_zone);
    const added = (await ledger.heads()).find((record) => record.pool === asked.pool) as PoolRecord;
    return reply.code(201).send(poolText(ledger, added));
  });
}

function poolText(ledger: Ledger, record: PoolRecord): z.infer<typeof pool> {
  return {
    pool: record.pool,
    time_zone: ledger.state(record.pool).timeZone,
    created_at: record.createdAt,
    seq: record.head.seq,
  };
}
