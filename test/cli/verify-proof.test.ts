// Goal: a proof is verified from files alone, and whatever of it is changed, the exit code is 1 and the row that fails is named.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { keyText, signerOf } from '../../src/trust/note.js';
import { temporaryFolder } from '../support/folder.js';
import { signedLedger } from '../support/signed-ledger.js';
import { run } from './run.js';

t.test('each row of a proof', async (t) => {
  const signed = await signedLedger(t);
  await signed.use(20);
  t.equal((await signed.get('/v1/checkpoint')).json().code, 'checkpoint_missing', 'none was signed yet');
  t.equal((await signed.get('/v1/consistency?from=1')).json().code, 'checkpoint_missing');
  await signed.checkpoints.sign();
  await signed.use(1);
  t.equal(
    (await signed.get('/v1/events/23/proof?format=tlog-proof')).json().code,
    'checkpoint_missing',
    'not covered yet',
  );
  t.equal((await signed.get('/v1/checkpoint/key')).body, `${await signed.vkey()}\n`);
  const consistency = (await signed.get('/v1/consistency?from=3&to=22')).json();
  t.match(consistency, { pool: 'default', from: 3, to: 22 });
  const folder = temporaryFolder(t);
  const [file, eventFile] = [join(folder, 'p.tlog-proof'), join(folder, 'event.json')];
  const proof = (await signed.get('/v1/events/9/proof?format=tlog-proof')).body;
  const event = (await signed.get('/v1/events/9')).body;
  const rowsOf = async (text: string, of = event, more: readonly string[] = []) => {
    writeFileSync(file, text);
    writeFileSync(eventFile, of);
    const key = await signed.vkey();
    const { code, stdout, stderr } = await run([
      'verify-proof',
      file,
      '--json',
      '--event',
      eventFile,
      '--key',
      key,
      ...more,
    ]);
    const rows = stdout === '' ? stderr : (JSON.parse(stdout) as { check: string; ok: boolean }[]);
    return [code, typeof rows === 'string' ? rows : rows.map(({ check, ok }) => `${check} ${ok}`).join(', ')];
  };
  t.strictSame(await rowsOf(proof), [0, 'format true, signature true, event true, inclusion true']);
  const edited = event.replace('"cost_micro_usd":1', '"cost_micro_usd":2');
  t.not(edited, event);
  t.strictSame(await rowsOf(proof, edited), [1, 'format true, signature true, event false']);
  const other = (await signed.get('/v1/events/10')).body;
  t.strictSame(await rowsOf(proof, other), [1, 'format true, signature true, event false'], 'another event');
  const lines = proof.split('\n');
  const flipped = (at: number) =>
    lines
      .map((line, i) =>
        i === at ? (line[4] === 'A' ? line.replace(/^(.{4})./, '$1B') : line.replace(/^(.{4})./, '$1A')) : line,
      )
      .join('\n');
  t.strictSame(
    await rowsOf(flipped(3)),
    [1, 'format true, signature true, event true, inclusion false'],
    'a hash of the path',
  );
  t.strictSame(await rowsOf(proof.replace(/\n22\n/, '\n23\n')), [1, 'format true, signature false']);
  t.strictSame(await rowsOf(flipped(0)), [1, 'format false']);
  t.strictSame(await rowsOf(proof.replace('index 8', 'index 22'), event), [
    1,
    'format true, signature true, event false',
  ]);
  const witness = keyText(signerOf('w', generateKeyPairSync('ed25519').privateKey, true).verifier);
  t.strictSame(await rowsOf(proof, event, ['--witness', witness]), [1, 'format true, signature true, witness false']);
  const plain = await run(['verify-proof', file, '--key', await signed.vkey()]);
  t.match(
    plain.stdout,
    /^ok {2}format: a proof for event 9\nok {2}signature: resource-share\/.*\nok {2}inclusion: event 9 with the hash [0-9a-f]{64} is in the log that was signed\n$/,
  );
  t.equal((await run(['verify-proof', file, '--key', 'x'])).code, 64);
  t.equal((await run(['verify-proof', join(folder, 'none'), '--key', await signed.vkey()])).code, 2);
  t.match(readFileSync(file, 'utf8'), /^c2sp\.org/);
});
