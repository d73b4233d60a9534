/** Who sends data of others, and whose use it says that it is. */
import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { identityName, type PoolId } from '../../events/scalars.js';
import type { Sender } from '../../intake/intake.js';
import type { Ledger } from '../../ledger/ledger.js';
import { Problem } from '../../problems.js';
import { poolOf } from '../context.js';
import { permitIdentity } from '../permission.js';
import { poolName, text } from '../query.js';

const meaning = 'Whose use it is, whatever the data says of it.';

export const senderQuery = z.strictObject({ pool: poolName, agent: text.optional().describe(meaning) });
export const senderHeaders = z.object({
  'X-Resource-Share-Agent': z.string().optional().describe(`${meaning} The query parameter \`agent\` goes before it.`),
});

/** What comes with the key of an identity is of that identity. Throws `pool_unknown`, `identity_forbidden`, and `request_invalid` for a name that none can have. */
export function senderOf(
  ledger: Ledger,
  request: FastifyRequest,
  { pool, agent }: z.infer<typeof senderQuery>,
  source: string,
): Sender & { readonly pool: PoolId } {
  const { principal } = request;
  const known = poolOf(ledger, pool);
  const named = agent === undefined ? namedInHeader(request) : nameOf('agent', agent);
  if (named !== undefined) permitIdentity(principal, () => ledger.state(known), named);
  return { pool: known, actor: principal.actor, source, identity: named ?? principal.identity };
}

/** Headers arrive as bytes, one a character; most programs mean UTF-8. */
function namedInHeader({ headers }: FastifyRequest): string | undefined {
  const given = headers['x-resource-share-agent'];
  if (typeof given !== 'string' || given === '') return undefined;
  const bytes = Buffer.from(given, 'latin1');
  return nameOf('x-resource-share-agent', isUtf8(bytes) ? bytes.toString('utf8') : given);
}

function nameOf(field: string, given: string): string {
  const parsed = identityName.safeParse(given);
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues[0]?.message ?? 'is no name';
  throw new Problem('request_invalid', `${field} ${message}`, [{ field, message }]);
}
