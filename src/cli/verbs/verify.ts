/**
 * `verify`: recomputes every digest and hash, and says where the chain is broken and how; then looks at what a daemon works
 * with beside the log.
 */

import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Engine, PoolRecord, SavedHead } from '../../engines/engine.js';
import { StorageError } from '../../storage-error.js';
import { countText } from '../../text/number.js';
import { visible } from '../../text/visible.js';
import type { Finding } from '../../verify/finding.js';
import type { Break } from '../../verify/walk-ranges.js';
import { exitCodes, failure, usageError } from '../exit.js';
import { addExamples, globalsOf, jsonOption, settingFlags } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { ProgressLine } from '../progress.js';
import { readHeads } from '../saved-heads.js';

interface Options {
  readonly against?: string;
  readonly save?: string;
  readonly chainOnly?: true;
  readonly allowEmpty?: true;
  readonly checkpoint?: string;
  readonly key?: readonly string[];
  readonly json?: true;
}

interface Verdict extends SavedHead {
  readonly part: 'chain';
  readonly ok: boolean;
  readonly first_bad_seq: number | null;
  readonly what: string | null;
}

interface Walked {
  readonly verdicts: readonly Verdict[];
  readonly events: number;
  readonly seconds: number;
  /** Of what is beside the log; none where only the chain was walked. */
  readonly findings: readonly Finding[];
}

const emptyText =
  'there is not one event in this ledger: what was in it is gone, or another one is meant; --allow-empty where it is new.';
const nothingWalked: Walked = { verdicts: [], events: 0, seconds: 0, findings: [] };

export function define(command: Command): void {
  command
    .description(
      'Walk the hash chain of every pool (or of --pool) and say the first event that is wrong; then look at the storage, the kept answers, snapshots, checkpoints and tables. Says what it looked at. Exit 1 when anything is wrong.',
    )
    .option('--chain-only', 'only walk the chain: faster, and finds nothing that is wrong beside the log')
    .option('--against <file>', 'also compare the log with heads that were saved before: finds a cut or rewritten log')
    .option('--save <file>', 'save the verified heads, to be kept where nobody who can write here can write')
    .option('--checkpoint <file>', 'also compare the log with a signed checkpoint that somebody else held; needs --key')
    .option('--key <vkey...>', 'key that signed it, as name+id+base64')
    .option('--allow-empty', 'a ledger without a single event, or none at all, is no failure')
    .addOption(jsonOption());
  command.action(async (options: Options) => {
    const globals = globalsOf(command);
    const pool = settingFlags(command).get('pool');
    const { withEngine } = await import('../open-view.js');
    const { poolAmong } = await import('../../ledger/view.js');
    const saved = options.against === undefined ? [] : await readHeads(options.against);
    const checkpoint =
      options.checkpoint === undefined ? undefined : await readCheckpoint(options.checkpoint, options.key);
    const isMissing = (error: unknown) => error instanceof StorageError && error.reason === 'missing';
    const walked = await withEngine(globals, async (engine) => {
      const all = await engine.pools();
      if (options.allowEmpty !== true && all.every(({ head }) => head.seq === 0)) throw failure(emptyText);
      const chosen = pool === undefined ? all : [poolAmong(all, pool)];
      const lost = (await engine.losses()).flatMap(({ expected }) => (expected === null ? [] : [expected]));
      const heads = [...saved, ...lost].filter((head) => pool === undefined || head.pool === pool);
      const walk = await verify(engine, globals.database, chosen, heads);
      const signed = checkpoint === undefined ? [] : [await againstCheckpoint(engine, all, checkpoint)];
      const beside = options.chainOnly === true ? [] : await lookBeside(engine, chosen);
      return { ...walk, findings: [...signed, ...beside] };
    }).catch((error) => {
      if (options.allowEmpty === true && isMissing(error)) return nothingWalked;
      throw error;
    });
    const all = [...walked.verdicts, ...walked.findings];
    if (options.json === true) printJson(all);
    else printVerdicts(walked);
    if (all.some(({ ok }) => !ok)) process.exitCode = exitCodes.no;
    else if (options.save !== undefined) await saveHeads(options.save, walked.verdicts);
  });
  addExamples(
    command,
    'verify',
    'verify --save /mnt/elsewhere/head.json',
    'verify --against /mnt/elsewhere/head.json',
    'verify --checkpoint /mnt/elsewhere/ledger.checkpoint --key "$(cat ledger.vkey)"',
    'verify --chain-only',
    'verify --pool research --json',
  );
}

async function verify(
  engine: Engine,
  database: string,
  pools: readonly PoolRecord[],
  saved: readonly SavedHead[],
): Promise<Walked> {
  const { againstSaved, walkChain } = await import('../../verify/chain-walk.js');
  const { walkThreads } = await import('../../verify/walk-thread.js');
  const events = pools.reduce((sum, { head }) => sum + head.seq, 0);
  const helpers = engine.readsCopy ? [] : walkThreads(events, database);
  const line = new ProgressLine('events');
  const started = performance.now();
  const verdicts: Verdict[] = [];
  let before = 0;
  try {
    for (const { pool, head } of pools) {
      const steps = walkChain(engine, pool, head, helpers);
      let step = await steps.next();
      for (; step.done !== true; step = await steps.next()) line.show(`verifying ${pool}`, before + step.value, events);
      before += head.seq;
      verdicts.push(verdictOf({ pool, seq: head.seq, id: head.id, hash: head.hash }, step.value));
    }
  } finally {
    line.end();
    for (const helper of helpers) await helper.close();
  }
  const seconds = (performance.now() - started) / 1_000;
  for (const head of saved) {
    const found = await againstSaved(engine, head);
    if (found !== null) verdicts.push(verdictOf(head, found));
  }
  return { verdicts, events, seconds, findings: [] };
}

/** Throws a `CliExit` where it cannot be read, or one of the keys. */
async function readCheckpoint(file: string, keys: readonly string[] | undefined) {
  if (keys === undefined) throw usageError('--checkpoint needs --key, the key that signed it.');
  const { parseKey, TrustError } = await import('../../trust/note.js');
  try {
    return { note: await readFile(file, 'utf8'), keys: keys.map(parseKey) };
  } catch (error) {
    if (error instanceof TrustError) throw usageError(error.message);
    throw failure(`${file} cannot be read: ${(error as Error).message}`);
  }
}

async function againstCheckpoint(
  engine: Engine,
  pools: readonly PoolRecord[],
  { note, keys }: Awaited<ReturnType<typeof readCheckpoint>>,
): Promise<Finding> {
  const { TrustError } = await import('../../trust/note.js');
  const { openCheckpoint } = await import('../../trust/checkpoint.js');
  const { requireLog } = await import('../../trust/checkpoint-log.js');
  const { findingOf } = await import('../../verify/finding.js');
  try {
    const checkpoint = openCheckpoint(note, keys);
    const { pool } = await requireLog(engine, pools, checkpoint);
    return findingOf(
      'checkpoint',
      `the first ${countText(checkpoint.size)} events of ${pool}, as they were signed`,
      [],
    );
  } catch (error) {
    if (error instanceof TrustError) return findingOf('checkpoint', error.check, [error.message]);
    throw error;
  }
}

async function lookBeside(engine: Engine, pools: readonly PoolRecord[]): Promise<readonly Finding[]> {
  const { verifyBesideLog } = await import('../../verify/beside-log.js');
  const steps = verifyBesideLog(engine, pools);
  let line = new ProgressLine('events');
  let looking: Finding['part'] = 'storage';
  let from = 0;
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value;
      const { part, done, total } = step.value;
      // Each part has a rate of its own, from the first that is heard of it.
      if (part !== looking) {
        line.end();
        line = new ProgressLine('events');
        from = done;
      }
      looking = part;
      if (part !== 'storage') line.show(`looking at ${partTexts[part].toLowerCase()}`, done, total, from);
    }
  } finally {
    line.end();
  }
}

const partTexts: Record<Finding['part'], string> = {
  chain: 'The chain',
  checkpoint: 'The checkpoint',
  storage: 'The storage',
  'kept answers': 'Kept answers',
  'saved states': 'Saved states',
  tables: 'The tables',
};

function verdictOf({ pool, seq, id, hash }: SavedHead, found: Break | null): Verdict {
  return {
    part: 'chain',
    pool,
    ok: found === null,
    seq,
    id,
    hash,
    first_bad_seq: found?.seq ?? null,
    what: found?.what ?? null,
  };
}

function printVerdicts({ verdicts, events, seconds, findings }: Walked): void {
  for (const { pool, ok, seq, hash, first_bad_seq: bad, what } of verdicts) {
    if (ok) printLine(`${pool}: ${countText(seq)} events, the chain is whole. Head ${hash.slice(0, 16)}…`);
    else printLine(`${pool}: the chain is broken. The first bad event is seq ${bad}: ${what}.`);
  }
  if (verdicts.length === 0) printLine('There is no pool yet.');
  for (const finding of findings) printFinding(finding);
  remark(`${countText(events)} events in ${seconds.toFixed(1)} s (${countText(Math.round(events / seconds))}/s)`);
}

function printFinding({ part, ok, looked_at: lookedAt, skipped, faults }: Finding): void {
  if (skipped !== null) printLine(`${partTexts[part]}: not looked at (${skipped}).`);
  else printLine(`${partTexts[part]} (${lookedAt}): ${ok ? 'as they are to be' : 'wrong'}.`);
  for (const fault of faults) printLine(`  ${visible(fault)}`);
}

/** Whole or not at all: a half-written head would look like a broken log. */
async function saveHeads(file: string, verdicts: readonly Verdict[]): Promise<void> {
  const heads: SavedHead[] = verdicts.map(({ pool, seq, id, hash }) => ({ pool, seq, id, hash }));
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(heads.length === 1 ? heads[0] : heads, null, 2)}\n`);
  await rename(temporary, file);
}
