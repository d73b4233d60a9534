/** `GET /health`: whether the server answers, with a few figures. */
import * as z from 'zod';
import { packageVersion } from '../../package-root.js';
import { registeredIdentities } from '../../status/identities.js';
import { type Api, poolFromQuery } from '../context.js';
import { json, type Route, route } from '../route.js';
import { wire } from './commands.js';

const reply = z.object({
  status: z.literal('healthy'),
  claudes_registered: z.int(),
  version: z.string(),
  pool: z.string(),
  seq: z.int().describe('Seq of the newest event of the pool.'),
  storage_fault: z
    .string()
    .nullable()
    .describe('Why the last commit failed; null when it did not. `/ready` asks the storage itself.'),
  queued: z.int().describe('Commands of all pools that wait for their commit.'),
});

const example = {
  status: 'healthy',
  claudes_registered: 3,
  version: packageVersion,
  pool: 'default',
  seq: 1042,
  storage_fault: null,
  queued: 0,
};

export const healthRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/health',
    operationId: 'getHealth',
    summary: 'Whether the server answers',
    replies: { 200: json('Healthy', reply, example) },
    problems: ['pool_unknown'],
    handle: async (_input, request): Promise<z.infer<typeof reply>> => {
      const pool = poolFromQuery(ledger, request);
      const state = ledger.state(pool);
      return {
        status: 'healthy',
        claudes_registered: registeredIdentities(state).length,
        version: packageVersion,
        pool,
        seq: state.seq,
        storage_fault: ledger.storageFault,
        queued: ledger.queued,
      };
    },
  });
