/** Keys of age for tests, as files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { type Scope, temporaryFolder } from './folder.js';

export interface AgeKey {
  /** The file of the private key. */
  readonly identity: string;
  readonly recipient: string;
}

export async function ageKey(t: Scope): Promise<AgeKey> {
  const secret = await generateX25519Identity();
  const identity = join(temporaryFolder(t), 'age.txt');
  writeFileSync(identity, `# made by a test\n${secret}\n`, { mode: 0o600 });
  return { identity, recipient: await identityToRecipient(secret) };
}
