// Goal: a witness signs what continues the log it has seen, whatever it is asked, and remembers it; and where it, or a folder, holds
// another log, the daemon says so.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { sinkOf } from '../../src/trust/checkpoint-sinks.js';
import { parseKey } from '../../src/trust/note.js';
import { hashLines } from '../../src/trust/proof.js';
import { consistencyProof } from '../../src/trust/tree.js';
import { storedNodes } from '../../src/trust/tree-log.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { pool } from '../support/ledger.js';
import { program } from '../support/program.js';
import { type SignedLedger, signedLedger } from '../support/signed-ledger.js';
import { run } from './run.js';

async function witnessFor(t: Scope, data: string, ...keys: readonly string[]) {
  const child = spawn(process.execPath, [program, 'witness', '--data', data, '--port', '0', '--key', ...keys], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill());
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 2) break;
  const url = /http:\S+/.exec(lines[1] ?? '')?.[0] ?? '';
  const add = async (body: string) => {
    const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
    return [answer.status, await answer.text(), answer.headers.get('content-type')] as const;
  };
  const stop = async () => {
    child.kill();
    await once(child, 'exit');
  };
  return { key: lines[0] as string, url, add, stop };
}

/** A request that the log continues what it was. */
async function request({ test, note }: SignedLedger, old: number): Promise<string> {
  const text = await note();
  const size = Number(text.split('\n')[1]);
  const proof = old === 0 ? [] : await consistencyProof(storedNodes(test.ledger.treeStore, pool), old, size);
  return [`old ${old}`, ...hashLines(proof), '', text].join('\n');
}

t.test('it signs what continues, and says what it has seen', async (t) => {
  const signed = await signedLedger(t);
  await signed.use(5);
  await signed.checkpoints.sign();
  const data = temporaryFolder(t);
  const witness = await witnessFor(t, data, await signed.vkey());
  const first = await request(signed, 0);
  const [size] = [Number((await signed.note()).split('\n')[1])];
  const [status, line] = await witness.add(first);
  t.equal(status, 200);
  t.match(line, /^— resource-share-witness\/\S+ \S+\n$/);
  t.strictSame(await witness.add(first), [409, `${size}\n`, 'text/x.tlog.size'], 'it has seen more than nothing');
  t.equal((await witness.add(await request(signed, size)))[0], 200, 'the same once more');
  await signed.use(7);
  await signed.checkpoints.sign();
  const wrong = (await request(signed, size)).replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${'A'.repeat(43)}=\n`);
  t.equal((await witness.add(wrong))[0], 422);
  t.equal((await witness.add((await request(signed, size)).replace('old ', 'old 9')))[0], 400);
  for (const body of ['', 'old x\n\n', 'old 0\n\nnothing\n', first.replace('old 0\n', 'old 00\n')])
    t.equal((await witness.add(body))[0], 400, JSON.stringify(body));
  const more = await request(signed, size);
  t.equal((await witness.add(more.replace(/\ntime 1/, '\ntime 2')))[0], 403);
  t.equal((await witness.add(more.replace('/default\n', '/other\n')))[0], 404);
  await witness.stop();
  const again = await witnessFor(t, data, await signed.vkey());
  t.equal(again.key, witness.key, 'its key is kept');
  t.equal((await again.add(first))[0], 409, 'and what it has seen');
  t.equal((await again.add(more))[0], 200);
});

t.test('the daemon has it sign, and says where it holds another log, or is away', async (t) => {
  const first = await signedLedger(t);
  await first.use(5);
  const vkey = await first.vkey();
  const witness = await witnessFor(t, temporaryFolder(t), vkey);
  const folder = temporaryFolder(t);
  const tree = join(temporaryFolder(t), 'tree');
  mkdirSync(tree);
  execFileSync('git', ['init', '--quiet', tree]);
  const to = [{ directory: folder }, { git: tree }, { witness: witness }];
  const { test, keys } = first;
  await first.close();
  const sinks = to.map((target) => sinkOf(target));
  const signed = await signedLedger(t, { place: test.place, keys, sinks });
  await signed.checkpoints.sign();
  await signed.use(300);
  await signed.checkpoints.sign();
  t.strictSame([signed.checkpoints.rewritten, [...signed.checkpoints.away]], [[], []]);
  const [file = ''] = readdirSync(folder);
  t.equal(readFileSync(join(tree, file), 'utf8'), readFileSync(join(folder, file), 'utf8'));
  t.match(
    execFileSync('git', ['-C', tree, 'log', '--format=%s']).toString(),
    /checkpoint of 30\d events\ncheckpoint of \d events/,
  );
  const proof = join(folder, 'event.tlog-proof');
  writeFileSync(proof, (await signed.get('/v1/events/4/proof?format=tlog-proof')).body);
  const words = ['verify-proof', proof, '--key', vkey, '--witness'];
  t.equal((await run([...words, witness.key])).code, 0, 'the proof carries what the witness signed');
  const other = witness.key.replace(/\+[^+]+\+.*/, '') + vkey.slice(vkey.indexOf('+'));
  t.equal((await run([...words, other])).code, 64, 'no key');
  await witness.stop();
  await signed.use(1);
  await signed.checkpoints.sign();
  t.strictSame([...signed.checkpoints.away.keys()], [witness.url], 'it is away, which stops nothing');
  t.strictSame(signed.checkpoints.rewritten, []);
  await signed.close();
  const strange = await signedLedger(t, { sinks: [sinkOf({ directory: folder })] });
  await strange.use(1);
  await strange.checkpoints.sign();
  const name = (await strange.note()).split('\n')[0]?.replaceAll('/', '_');
  writeFileSync(join(folder, `${name}.checkpoint`), (await strange.note()).replace(/\n\d+\n/, '\n99\n'));
  await strange.use(1);
  await strange.checkpoints.sign();
  t.match(strange.checkpoints.rewritten, [{ text: /holds another log: the log has \d events, but had 99/ }]);
});

t.test('a quorum of witnesses, of which one is away', async (t) => {
  const first = await signedLedger(t);
  await first.use(5);
  const vkey = await first.vkey();
  const [here, gone] = [
    await witnessFor(t, temporaryFolder(t), vkey),
    await witnessFor(t, temporaryFolder(t), vkey, '--name', 'gone'),
  ];
  const { test, keys } = first;
  await first.close();
  await gone.stop();
  const goneId = gone.key.split('+').slice(0, 2).join('+');
  const signing = async (quorum: number) => {
    const sinks = [sinkOf({ witness: here }), sinkOf({ witness: gone })];
    const witnesses = { quorum, keys: [parseKey(here.key), parseKey(gone.key)] };
    const signed = await signedLedger(t, { place: test.place, keys, sinks, witnesses });
    await signed.use(1);
    await signed.checkpoints.sign();
    const missing = (await signed.get('/health')).json().witnesses_missing;
    const proof = join(temporaryFolder(t), 'p.tlog-proof');
    writeFileSync(proof, (await signed.get('/v1/events/4/proof?format=tlog-proof')).body);
    await signed.close();
    return { missing, proof };
  };
  t.equal((await signing(1)).missing, null);
  const { missing, proof } = await signing(2);
  t.match(missing, /checkpoint of \d+ events: 1 of 2 witnesses have signed it, and 2 have to; missing: gone\+/);
  t.ok(missing.endsWith(goneId), 'it says which, and the checkpoint is published all the same');
  const verify = (...more: string[]) =>
    run(['verify-proof', proof, '--key', vkey, '--witness', here.key, gone.key, ...more]);
  t.match(await verify('--quorum', '1'), { code: 0, stdout: /ok {2}witness: resource-share-witness/ });
  t.match(await verify(), { code: 1, stdout: /FAILED {2}witness: 1 of 2 .*missing: gone/ });
  t.match(await verify('--quorum', '3'), { code: 64 });
});
