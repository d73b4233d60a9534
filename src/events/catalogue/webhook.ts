/** Webhooks that come in, and their secrets: by their ids, and never a secret. */
import * as z from 'zod';
import { identityName, instant, poolId, shortText } from '../scalars.js';

const source = shortText.describe('The format of what is sent: one of `sources list`, or `events`.');

const described = {
  secret: shortText.describe('Id of the secret.'),
  source,
  pool: poolId.describe('Where what it signs goes to.'),
  identity: identityName.optional().describe('Whose use it is; what the data says when left out.'),
};

export const secretCreated = z.strictObject(described);

export const secretRotated = z.strictObject({
  ...described,
  replaces: shortText.describe('Id of the secret whose place it takes.'),
  overlap_until: instant.describe('Until then the replaced secret works, too.'),
});

export const secretRevoked = z.strictObject({ secret: shortText.describe('Id of the secret.'), source });

const count = z.int().min(0, 'is negative');

export const webhookReceived = z.strictObject({
  source,
  message: shortText.describe('Its `webhook-id`.'),
  secret: shortText.describe('Id of the secret that it was signed with.'),
  sent_at: instant.describe('When it was signed.'),
  recorded: count.describe('What of it was not known before.'),
  repeated: count.describe('What of it was known before, and no better.'),
  corrected: count.describe('What of it was known before, and is known better now.'),
});
