/** API keys: by their ids, and never a key or its hash. */
import * as z from 'zod';
import { identityName, instant, poolId, shortText } from '../scalars.js';

export const keyScope = z.enum(['ingest', 'read', 'admin']);

const described = {
  key: shortText.describe('Id of the key.'),
  scope: keyScope,
  pool: poolId.optional().describe('The only pool it is for.'),
  identity: identityName.optional().describe('The only identity it reports for.'),
  expires_at: instant.optional(),
};

export const keyCreated = z.strictObject(described);

export const keyRotated = z.strictObject({
  ...described,
  replaces: shortText.describe('Id of the key whose place it takes.'),
  overlap_until: instant.describe('Until then the replaced key works, too.'),
});

export const keyRevoked = z.strictObject({ key: shortText.describe('Id of the key.'), scope: keyScope });
