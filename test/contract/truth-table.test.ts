// Goal: whatever is done to a log after a checkpoint of it was signed, `verify` by that checkpoint exits 1 and says which check failed,
// and the daemon signs no other one.
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { holdLease } from '../../src/engines/lease.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { limits } from '../../src/limits.js';
import { keyText, signerOf } from '../../src/trust/note.js';
import { run } from '../cli/run.js';
import { databaseFlags } from '../support/daemon.js';
import { type Variant, variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { pool } from '../support/ledger.js';
import { rechained, rewriteLog } from '../support/rewrite-log.js';
import { signedLedger } from '../support/signed-ledger.js';

/** A ledger of a dozen events, closed, with its checkpoint and key. */
async function world(t: Scope, engine: Variant) {
  const signed = await signedLedger(t, { engine });
  await signed.use(12);
  await signed.checkpoints.sign();
  const [note, vkey, events] = [await signed.note(), await signed.vkey(), await signed.test.stored()];
  const { place } = signed.test;
  await signed.close();
  const file = join(temporaryFolder(t), 'held.checkpoint');
  writeFileSync(file, note);
  const verify = async (key = vkey, checkpoint = file) => {
    const words = ['verify', '--chain-only', '--json', '--checkpoint', checkpoint, '--key', key];
    const { code, stdout, stderr } = await run([...words, ...databaseFlags(place)]);
    if (stdout === '') throw new Error(stderr);
    const rows = JSON.parse(stdout) as { part: string; ok: boolean; looked_at?: string; faults?: string[] }[];
    const row = rows.find(({ part }) => part === 'checkpoint');
    return [code, row?.ok === true ? 'ok' : row?.looked_at];
  };
  /** What the daemon has against the log when it is started on it again. */
  const signAgain = async (append = 0) => {
    const again = await signedLedger(t, { engine, place, keys: signed.keys });
    if (append > 0) await again.use(append);
    await again.checkpoints.sign();
    const { rewritten } = again.checkpoints;
    const ready = await again.get('/ready');
    const newest = await again.note();
    await again.close();
    return { rewritten: rewritten.map(({ text }) => text), ready: ready.statusCode, body: ready.body, newest };
  };
  return {
    ...signed,
    place,
    note,
    vkey,
    events,
    file,
    verify,
    signAgain,
    rewrite: async (log: StoredEvent[]) => {
      await rewriteLog(engine, place, log);
      await run(['replay', ...databaseFlags(place)]);
    },
  };
}

const edited = (events: readonly StoredEvent[], seq: number): StoredEvent[] =>
  rechained(
    events.map((event) => (event.seq === seq ? { ...event, payload: event.payload.replace(':1', ':2') } : event)),
  );

for (const variant of variants) {
  t.test(variant.name, async (t) => {
    t.test('nothing was done', async (t) => {
      const { verify, signAgain, note } = await world(t, variant);
      t.strictSame(await verify(), [0, 'ok']);
      const again = await signAgain(3);
      t.strictSame([again.rewritten, again.ready], [[], 200]);
      t.not(again.newest, note, 'what came since is signed');
      t.strictSame(await verify(), [0, 'ok'], 'and the older checkpoint still holds');
    });

    t.test('an event was edited, and the chain recomputed', async (t) => {
      const { verify, signAgain, rewrite, events, note } = await world(t, variant);
      await rewrite(edited(events, 5));
      t.strictSame(await verify(), [1, 'head']);
      const again = await signAgain(2);
      t.match(again.rewritten, [/rewritten/]);
      t.equal(again.ready, 503);
      t.equal(JSON.parse(again.body).code, 'log_rewritten');
      t.equal(again.newest, note, 'no other one is signed');
    });

    t.test('the tail was cut, also where as much was recorded since', async (t) => {
      const { verify, signAgain, rewrite, events } = await world(t, variant);
      await rewrite(events.slice(0, -4));
      t.strictSame(await verify(), [1, 'size']);
      t.match((await signAgain()).rewritten, [/cut off or rolled back/]);
      t.match((await signAgain(9)).rewritten, [/rewritten/], 'rolled back: a seq has two hashes');
      t.strictSame(await verify(), [1, 'head']);
    });

    t.test('two events were swapped', async (t) => {
      const { verify, signAgain, rewrite, events } = await world(t, variant);
      const [five, six] = [events[4], events[5]] as [StoredEvent, StoredEvent];
      const other = events.map((event) =>
        event === five
          ? { ...event, payload: six.payload.replace(':1', ':2') }
          : event === six
            ? { ...event, payload: five.payload }
            : event,
      );
      await rewrite(rechained(other));
      t.strictSame(await verify(), [1, 'head']);
      t.match((await signAgain()).rewritten, [/rewritten/]);
    });

    t.test('a checkpoint of a fork, of another key, ledger or pool, or with a byte changed', async (t) => {
      const one = await world(t, variant);
      const two = await world(t, variant);
      const { vkey, file, note, place, keys } = one;
      t.strictSame(await one.verify(two.vkey, two.file), [1, 'origin'], 'of another ledger');
      const key = signerOf(vkey.split('+')[0] as string, generateKeyPairSync('ed25519').privateKey);
      t.strictSame(await one.verify(keyText(key.verifier)), [1, 'signature']);
      writeFileSync(
        file,
        note.replace(/\nhead [0-9a-f]/, (found) => `${found.slice(0, -1)}${found.endsWith('0') ? '1' : '0'}`),
      );
      t.strictSame(await one.verify(), [1, 'signature'], 'a byte was changed');
      const again = await signedLedger(t, { engine: variant, place, keys });
      const other = 'other' as PoolId;
      await again.test.ledger.addPool(other);
      await again.checkpoints.sign();
      writeFileSync(file, String(await again.checkpoints.newest(other)));
      t.strictSame(await one.verify(), [1, 'origin'], 'of another pool');
      await again.use(2);
      await again.checkpoints.sign();
      writeFileSync(file, await again.note());
      await again.close();
      await one.rewrite(one.events);
      t.strictSame(await one.verify(), [1, 'size'], 'the one that the fork does not have');
      const fork = await signedLedger(t, { engine: variant, place });
      await fork.use(4);
      await fork.close();
      t.strictSame(await one.verify(), [1, 'head'], 'and where the fork is as long');
    });

    t.test('the tree is being built, by another process, as after a restore', async (t) => {
      const { place, keys, note: before } = await world(t, variant);
      const again = await signedLedger(t, { engine: variant, place, keys });
      const url = await again.listen();
      const spool = temporaryFolder(t);
      const settings = { url, spool, knownLedgers: join(spool, 'known'), timeoutMs: 20_000, checkMsEvery: 0 };
      const client = new UsageReporter(settings);
      const say = () => client.report({ name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 }, new Date(noon));
      t.match(await say(), { status: 'recorded' });
      t.match(await say(), { status: 'recorded' }, 'it knows the checkpoint now');
      await again.use(3);
      await again.checkpoints.sign();
      const shown = await again.note();
      t.not(shown, before);
      const { clock, ledger } = again.test;
      const { operations } = ledger.treeStore;
      const lease = { name: `extend-tree ${pool}`, ttlMs: limits.treeLeaseMs };
      await holdLease(ledger.treeStore, clock, lease, async () => {
        await operations.dropTiles(pool);
        for (const path of ['consistency?from=12', 'events/3/proof?format=tlog-proof'])
          t.match((await again.get(`/v1/${path}`)).json(), { status: 503, code: 'proof_delayed' }, path);
        t.match((await again.get('/v1/consistency?from=12&to=999')).json(), { code: 'checkpoint_missing' });
        t.match(await say(), { status: 'recorded' }, 'a client takes it for no other ledger');
        await again.checkpoints.sign();
        t.strictSame(again.checkpoints.rewritten, [], 'nor does the daemon');
        t.equal(await again.note(), shown, 'which signs nothing yet');
      });
      await again.checkpoints.sign();
      t.not(await again.note(), shown);
      t.match(await say(), { status: 'recorded' });
      t.equal((await again.get('/v1/consistency?from=12')).statusCode, 200);
    });

    t.test('only the tree was changed, or the last checkpoint beside the key', async (t) => {
      const { signAgain, place, keys, verify } = await world(t, variant);
      await variant.meddle(place, `DELETE FROM tiles WHERE pool = '${pool}'`);
      t.strictSame((await signAgain()).rewritten, [], 'the tree is built again');
      const path = join(keys, readdirSync(keys).find((name) => name.endsWith('.checkpoint')) as string);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/\ntime 1/, '\ntime 2'));
      t.match((await signAgain(1)).rewritten, [/does not fit the text/]);
      t.strictSame(await verify(), [0, 'ok'], 'whoever held the checkpoint sees that the log is as it was');
    });
  });
}
