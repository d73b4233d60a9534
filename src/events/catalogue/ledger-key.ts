/** The key that signs checkpoints: what is known of it in public. */
import * as z from 'zod';
import { instant, shortText } from '../scalars.js';

export const ledgerKeyRotated = z.strictObject({
  key: shortText.describe('The key that signs from now on, as `name+id+base64` of this pool.'),
  replaces: shortText.describe('The key whose place it takes, likewise.'),
  overlap_until: instant.describe('Until then both sign.'),
});
