// Goal: a proof of a ledger key is of the key that is trusted, or one that it vouches for, for this question alone, and no checkpoint.
import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { openCheckpoint } from '../../src/trust/checkpoint.js';
import { openLedgerProof, signLedgerProof } from '../../src/trust/ledger-proof.js';
import { keyText, signedNote, signerOf } from '../../src/trust/note.js';

const make = (name = 'log/default') => signerOf(name, generateKeyPairSync('ed25519').privateKey);
const [old, next] = [make(), make()];
const [oldKey, nextKey] = [keyText(old.verifier), keyText(next.verifier)];
const request = { nonce: Buffer.alloc(32, 7).toString('base64'), address: '127.0.0.1:8765' };

t.test('which key counts from then on', async (t) => {
  const alone = signLedgerProof(request, [old]);
  t.equal(openLedgerProof(alone, request, null), oldKey, 'the one that is shown, at the first contact');
  t.equal(openLedgerProof(alone, request, oldKey), oldKey);
  const both = signLedgerProof(request, [next, old]);
  t.equal(openLedgerProof(both, request, oldKey), nextKey, 'the old one vouches for the new one');
  t.equal(openLedgerProof(both, request, nextKey), nextKey);
  t.throws(() => openLedgerProof(signLedgerProof(request, [next]), request, oldKey), /does not prove the key/);
  t.throws(() => openLedgerProof(alone, request, nextKey), /does not prove the key/, 'and is not trusted after that');
  t.throws(() => openLedgerProof(alone, request, keyText(make('log/other').verifier)), /log\/default/);
  const text = both.slice(0, both.indexOf('\n\n') + 1);
  t.throws(
    () => openLedgerProof(signedNote(text, [old]), request, oldKey),
    /does not prove it/,
    'nor for a key of others',
  );
});

t.test('for this question alone', async (t) => {
  const proof = signLedgerProof(request, [old]);
  const others = [
    { ...request, nonce: Buffer.alloc(32, 8).toString('base64') },
    { ...request, address: '127.0.0.1:8766' },
    { nonce: request.nonce },
  ];
  for (const other of others) t.throws(() => openLedgerProof(proof, other, oldKey), /not what it was asked/);
  t.throws(() => openLedgerProof(signLedgerProof({ nonce: request.nonce }, [old]), request, oldKey), /another address/);
  t.throws(() => openCheckpoint(proof, [old.verifier]), /no checkpoint/);
  const checkpoint = signedNote(`log/default\n3\n${Buffer.alloc(32).toString('base64')}\n`, [old]);
  t.throws(() => openLedgerProof(checkpoint, request, oldKey), { check: 'key' } as never, 'nor is a checkpoint one');
});
