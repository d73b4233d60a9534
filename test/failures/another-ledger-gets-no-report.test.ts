// Goal: a client that reported to a ledger notices when it is another one: rolled back, rewritten, forked, exchanged, or signed by
// another key. It sends nothing then, keeps what it has, and says so.
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { run } from '../cli/run.js';
import { variant } from '../support/engines.js';
import { noon } from '../support/fold.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { rechained, rewriteLog } from '../support/rewrite-log.js';
import { type SignedOptions, signedLedger } from '../support/signed-ledger.js';

const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } as const;

/** A client that has reported three times, and verified a checkpoint that covers it; the ledger is away then. */
async function world(t: Scope) {
  const ledger = await signedLedger(t);
  const url = await ledger.listen();
  const spool = join(temporaryFolder(t), 'spool');
  const settings = { url, spool, knownLedgers: join(spool, 'known-ledgers.json'), timeoutMs: 2_000, checkMsEvery: 0 };
  const reporter = new UsageReporter(settings);
  for (let i = 0; i < 3; i += 1) await reporter.report(use, new Date(noon));
  await ledger.checkpoints.sign();
  const report = async (more: object = {}) => new UsageReporter({ ...settings, ...more }).report(use, new Date(noon));
  await report();
  const known = () =>
    Object.values(JSON.parse(readFileSync(join(spool, 'known-ledgers.json'), 'utf8')))[0] as {
      key: string | null;
      note: string | null;
      receipts: { seq: number }[];
    };
  const { keys } = ledger;
  const { place } = ledger.test;
  const events = await ledger.test.stored();
  const again = async (options: SignedOptions = { place, keys }, sign = true) => {
    const other = await signedLedger(t, options);
    if (sign) await other.checkpoints.sign();
    await other.listen(Number(new URL(url).port));
    return other;
  };
  return { ledger, url, spool, report, known, keys, place, events, again };
}

const refusal = async (report: () => ReturnType<UsageReporter['report']>) => {
  const outcome = await report();
  if (outcome.status !== 'spooled') return outcome.status;
  return [outcome.cause.isOtherLedger, /\((\w+)\)/.exec(outcome.cause.message)?.[1]];
};
/** Forgets the last checkpoint that was signed, as somebody would who has both. */
const forgetSigned = (keys: string) => {
  for (const name of readdirSync(keys)) if (name.includes('.checkpoint')) rmSync(join(keys, name));
};

t.test('a ledger that goes on is reported to, and what it acknowledged is proved', async (t) => {
  const { ledger, report, known, spool, again } = await world(t);
  t.strictSame(
    known().receipts.map(({ seq }) => seq),
    [6],
    'what came after the checkpoint is still to be proved',
  );
  t.ok(known().note);
  t.equal(known().key, await ledger.vkey());
  t.equal(statSync(join(spool, 'known-ledgers.json')).mode & 0o777, 0o600);
  await ledger.checkpoints.sign();
  t.equal((await report()).status, 'recorded');
  t.strictSame(
    known().receipts.map(({ seq }) => seq),
    [7],
  );
  await ledger.close();
  await again();
  t.equal((await report()).status, 'recorded', 'after a restart, too');
});

t.test('rolled back, and gone on from there', async (t) => {
  const { ledger, report, place, keys, events, again, url, spool } = await world(t);
  await ledger.close();
  await rewriteLog(variant, place, events.slice(0, -3));
  await run(['replay', ...(place.includes('://') ? ['--database', place] : ['--data', place])]);
  forgetSigned(keys);
  const other = await again();
  t.strictSame(await refusal(report), [true, 'size'], 'while it is shorter');
  await other.use(5);
  await other.checkpoints.sign();
  t.strictSame(await refusal(report), [true, 'consistency'], 'and when it is longer');
  t.equal(readdirSync(spool).filter((name) => /^[0-9A-Z]{26}\.json$/.test(name)).length, 2, 'the reports are kept');
  const known = JSON.parse(readFileSync(join(spool, 'known-ledgers.json'), 'utf8'));
  t.equal(Object.keys(known)[0], url);
  known[url].checked_at = 0;
  writeFileSync(join(spool, 'known-ledgers.json'), JSON.stringify(known));
  const { code, stderr } = await run(['report', 'Ada', '--cost', '1', '--url', url, '--spool', spool]);
  t.equal(code, 1);
  t.match(stderr, /not the one that was known \(consistency\).*kept in the spool/s);
});

t.test('rewritten before what was signed, and what was acknowledged is another event', async (t) => {
  const { ledger, report, place, keys, events, again } = await world(t);
  await ledger.close();
  const edited = events.map((event) => ({ ...event, payload: event.payload.replace(':5', ':9') }));
  await rewriteLog(variant, place, rechained(edited));
  forgetSigned(keys);
  await again();
  t.strictSame(await refusal(report), [true, 'consistency']);
});

t.test('a fork that is shown to another client', async (t) => {
  const { ledger, report, place, keys, events, again } = await world(t);
  await ledger.close();
  const last = events.at(-1);
  const forked = events.map((event) =>
    event === last ? { ...event, payload: event.payload.replace(':5', ':9') } : event,
  );
  await rewriteLog(variant, place, rechained(forked));
  forgetSigned(keys);
  await again();
  t.strictSame(await refusal(report), [true, 'inclusion'], 'the event that it acknowledged is not in what it signs');
});

t.test('another ledger, another key, or none at the same address', async (t) => {
  const { ledger, report, place, keys, again } = await world(t);
  await ledger.close();
  const squatter = await again({}, false);
  t.strictSame(await refusal(report), [true, 'origin'], 'it has signed nothing yet');
  await squatter.use(9);
  await squatter.checkpoints.sign();
  t.strictSame(await refusal(report), [true, 'origin']);
  await squatter.close();
  const stranger = await again({ place });
  t.strictSame(await refusal(report), [true, 'signature']);
  await stranger.close();
  renameSync(join(keys, 'key.pem'), join(keys, 'key.old.pem'));
  const rotating = await again({ place, keys });
  t.equal((await report()).status, 'recorded', 'while both sign, the new key is taken over');
  await rotating.close();
  rmSync(join(keys, 'key.old.pem'));
  const rotated = await again({ place, keys });
  t.strictSame(rotated.checkpoints.rewritten, []);
  t.equal((await report()).status, 'recorded');
  t.strictSame(await refusal(() => report({ ledgerKey: 'x+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW' })), [
    true,
    'key',
  ]);
});
