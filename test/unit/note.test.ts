// Goal: notes, checkpoints and proofs are those of C2SP; whatever is changed in one of them, it does not hold any more, and says why.
import { createHash, generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import {
  type Checkpoint,
  openCheckpoint,
  requireContinuation,
  requireWitnesses,
  signCheckpoint,
} from '../../src/trust/checkpoint.js';
import { leafHash, nodeHash } from '../../src/trust/hashing.js';
import {
  keyText,
  parseKey,
  parseNote,
  signatureLine,
  signedBy,
  signedNote,
  signerOf,
  TrustError,
} from '../../src/trust/note.js';
import { parseProof, proofText, requireInclusion } from '../../src/trust/proof.js';

const made = () => generateKeyPairSync('ed25519').privateKey;
const origin = 'resource-share/01JGY9X0000000000000000000/default';
const signer = signerOf(origin, made());

/** What of it does not hold; null where all does. */
function checkOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof TrustError) return error.check;
    throw error;
  }
}

/** From the documentation of golang.org/x/mod/sumdb/note. */
const neumann = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const neumannNote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;
const sumdb = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

t.test('notes that others signed', async (t) => {
  const key = parseKey(neumann);
  t.strictSame(signedBy(parseNote(neumannNote), [key]), [key]);
  t.equal(keyText(key), neumann);
  t.equal(keyText(parseKey(sumdb)), sumdb);
  t.equal(
    checkOf(() => signedBy(parseNote(neumannNote.replace('problem is', 'answer is')), [key])),
    'signature',
  );
  t.strictSame(signedBy(parseNote(neumannNote), [parseKey(sumdb)]), [], 'another key has not signed it');
});

t.test('what is no key, and what is no note', async (t) => {
  for (const text of [
    '',
    'a+b',
    neumann.replace('c74f', 'c74e'),
    neumann.replace('ARpc', 'ARpd'),
    `${neumann}A`,
    neumann.replace('Peter', 'Pet er'),
  ])
    t.equal(
      checkOf(() => parseKey(text)),
      'key',
      text,
    );
  for (const text of [
    '',
    'text',
    'text\n\n',
    'text\n\nline\n',
    neumannNote.slice(0, -1),
    `${neumannNote}\n`,
    neumannNote.replace('\n', '\r\n'),
    neumannNote.replace('x08', 'x0*'),
  ])
    t.equal(
      checkOf(() => parseNote(text)),
      'format',
      JSON.stringify(text),
    );
});

const leaves = ['aa', 'bb', 'cc'].map((text) => createHash('sha256').update(text).digest('hex'));
const [one, two, three] = leaves.map((hash) => leafHash(Buffer.from(hash, 'hex'))) as [Buffer, Buffer, Buffer];
const small: Checkpoint = { origin, size: 2, root: nodeHash(one, two), head: leaves[1] as string, time: 1_000 };
const large: Checkpoint = {
  origin,
  size: 3,
  root: nodeHash(small.root, three),
  head: leaves[2] as string,
  time: 2_000,
};

t.test('a checkpoint comes back as it was signed', async (t) => {
  const note = signCheckpoint(large, [signer]);
  const { note: _, keys, ...opened } = openCheckpoint(note, [signer.verifier]);
  t.strictSame(
    { ...opened, root: Buffer.from(opened.root).toString('hex') },
    { ...large, root: Buffer.from(large.root).toString('hex') },
  );
  t.strictSame(keys, [signer.verifier]);
  t.match(note, new RegExp(`^${origin}\\n3\\n[A-Za-z0-9+/]{43}=\\nhead [0-9a-f]{64}\\ntime 2000\\n\\n— ${origin} `));
});

t.test('another key, another log, one byte changed', async (t) => {
  const note = signCheckpoint(large, [signer]);
  const other = signerOf(origin, made());
  t.equal(
    checkOf(() => openCheckpoint(note, [other.verifier])),
    'signature',
  );
  t.equal(
    checkOf(() => openCheckpoint(note, [signerOf('resource-share/x/default', made()).verifier])),
    'origin',
  );
  const checks = new Set<string>();
  for (let at = 0; at < note.length; at += 1) {
    const changed = note.slice(0, at) + (note[at] === 'x' ? 'y' : 'x') + note.slice(at + 1);
    checks.add(String(checkOf(() => openCheckpoint(changed, [signer.verifier]))));
  }
  t.strictSame([...checks].sort(), ['format', 'origin', 'signature']);
  t.ok(openCheckpoint(signCheckpoint(large, [other, signer]), [signer.verifier]), 'two keys in the time of a change');
});

t.test('a continuation, and what is none', async (t) => {
  t.doesNotThrow(() => requireContinuation(small, large, [three]));
  t.equal(
    checkOf(() => requireContinuation(small, large, [])),
    'consistency',
  );
  t.equal(
    checkOf(() => requireContinuation(large, small, [])),
    'size',
  );
  t.equal(
    checkOf(() => requireContinuation(large, { ...large, root: one }, [])),
    'root',
  );
  t.equal(
    checkOf(() => requireContinuation(small, { ...large, origin: 'x' }, [three])),
    'origin',
  );
});

t.test('a witness signs behind a time', async (t) => {
  const witness = signerOf('witness.example/w1', made(), true);
  const text = parseNote(signCheckpoint(large, [signer])).text;
  const note = `${signCheckpoint(large, [signer])}${signatureLine(text, witness, 1_679_315_147)}`;
  const key = parseKey(keyText(witness.verifier));
  t.doesNotThrow(() => requireWitnesses(openCheckpoint(note, [signer.verifier]), { quorum: 1, keys: [key] }));
  t.equal(
    checkOf(() =>
      requireWitnesses(openCheckpoint(signCheckpoint(large, [signer]), [signer.verifier]), { quorum: 1, keys: [key] }),
    ),
    'witness',
  );
  t.equal(
    checkOf(() =>
      requireWitnesses(openCheckpoint(note.replace(/\S{20}\n$/, `${'A'.repeat(18)}==\n`), [signer.verifier]), {
        quorum: 1,
        keys: [key],
      }),
    ),
    'witness',
  );
  t.equal(signedNote(text, [signer]), signCheckpoint(large, [signer]));
});

t.test('a proof is a file of its own', async (t) => {
  const proof = { index: 2, path: [small.root], extra: Buffer.from('{}'), checkpoint: signCheckpoint(large, [signer]) };
  const read = parseProof(proofText(proof));
  t.equal(proofText(read), proofText(proof));
  t.match(
    proofText({ ...proof, extra: null }),
    /^c2sp.org\/tlog-proof@v1\nindex 2\n[A-Za-z0-9+/]{43}=\n\nresource-share\//,
  );
  const opened = openCheckpoint(read.checkpoint, [signer.verifier]);
  t.doesNotThrow(() => requireInclusion(read, leaves[2] as string, opened));
  t.equal(
    checkOf(() => requireInclusion(read, leaves[1] as string, opened)),
    'inclusion',
  );
  t.equal(
    checkOf(() => requireInclusion({ ...read, index: 3 }, leaves[2] as string, opened)),
    'size',
  );
  for (const text of [
    '',
    'index 1\n\n',
    proofText(proof).replace('index 2', 'index x'),
    proofText(proof).replace('v1\n', 'v2\n'),
    proofText({ ...proof, path: [Buffer.of(1)] }),
  ])
    t.equal(
      checkOf(() => parseProof(text)),
      'format',
    );
});
