/** `verify-proof`: a proof that an event was recorded, from a file, by keys that somebody said: without ledger or daemon. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import * as z from 'zod';
import { visible } from '../../text/visible.js';
import type { Check, VerifierKey } from '../../trust/note.js';
import { exitCodes, failure, usageError } from '../exit.js';
import { addExamples, jsonOption, wholeNumber } from '../options.js';
import { printJson, printLine } from '../output.js';

interface Options {
  readonly key: readonly string[];
  readonly witness?: readonly string[];
  readonly quorum?: number;
  readonly event?: string;
  readonly json?: true;
}

interface Row {
  readonly check: Check;
  readonly ok: boolean;
  readonly what: string;
}

/** As `GET /v1/events/{id}` gives it. */
const givenEvent = z.looseObject({
  pool: z.string(),
  seq: z.int(),
  id: z.string(),
  type: z.string(),
  version: z.int(),
  occurred_at: z.int(),
  recorded_at: z.int(),
  actor: z.string(),
  source: z.string(),
  key: z.string().nullable(),
  correlates: z.string().nullable(),
  payload: z.unknown(),
});
const extraOf = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  previous_hash: z.string().regex(/^[0-9a-f]{64}$/),
});

export function define(command: Command): void {
  command
    .description(
      'Verify a proof, as `GET /v1/events/{id}/proof?format=tlog-proof` gives it: who signed it, and that the event is in the log that was signed. Needs neither a ledger nor a daemon. Exit 1 when a check fails, which it names.',
    )
    .argument('<file>', 'the proof')
    .requiredOption('--key <vkey...>', 'key of the log, as name+id+base64; several while a key is exchanged')
    .option('--witness <vkey...>', 'key of a witness that has to have signed, too')
    .option('--quorum <n>', 'how many of the witnesses have to have signed (default: all)', wholeNumber(1))
    .option('--event <file>', 'the event, as GET /v1/events/{id} gives it: what it says is proved, too')
    .addOption(jsonOption());
  command.action(async (file: string, options: Options) => {
    if ((options.quorum ?? 0) > (options.witness ?? []).length)
      throw usageError('--quorum asks for more witnesses than --witness names.');
    const rows = await verifyProof(await textOf(file), options);
    if (options.json === true) printJson(rows);
    else for (const { check, ok, what } of rows) printLine(`${ok ? 'ok' : 'FAILED'}  ${check}: ${visible(what)}`);
    if (rows.some(({ ok }) => !ok)) process.exitCode = exitCodes.no;
  });
  addExamples(
    command,
    'verify-proof event.tlog-proof --key "$(cat ledger.vkey)"',
    'verify-proof event.tlog-proof --key "$(cat ledger.vkey)" --event event.json --witness "$(cat witness.vkey)"',
  );
}

/** Up to the first check that fails. */
async function verifyProof(text: string, options: Options): Promise<readonly Row[]> {
  const { TrustError } = await import('../../trust/note.js');
  const { openCheckpoint, requireWitnesses } = await import('../../trust/checkpoint.js');
  const { parseProof, requireInclusion } = await import('../../trust/proof.js');
  const rows: Row[] = [];
  const passed = (check: Check, what: string) => rows.push({ check, ok: true, what });
  try {
    const keys = await keysOf(options.key);
    const witnesses = await keysOf(options.witness ?? []);
    const proof = parseProof(text);
    const extra = extraIn(proof.extra);
    passed('format', `a proof for event ${proof.index + 1}`);
    const checkpoint = openCheckpoint(proof.checkpoint, keys);
    passed(
      'signature',
      `${checkpoint.origin}, ${checkpoint.size} events, signed by ${checkpoint.keys.map(({ id }) => id)}`,
    );
    const { quorum = witnesses.length } = options;
    for (const { name } of requireWitnesses(checkpoint, { quorum, keys: witnesses })) passed('witness', name);
    const hash =
      options.event === undefined ? extra.hash : await hashOf(options.event, proof.index, checkpoint.origin, extra);
    if (options.event !== undefined) passed('event', 'what it says has the hash that is proved');
    requireInclusion(proof, hash, checkpoint);
    passed('inclusion', `event ${proof.index + 1} with the hash ${hash} is in the log that was signed`);
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    rows.push({ check: error.check, ok: false, what: error.message });
  }
  return rows;
}

async function keysOf(texts: readonly string[]): Promise<VerifierKey[]> {
  const { parseKey, TrustError } = await import('../../trust/note.js');
  try {
    return texts.map(parseKey);
  } catch (error) {
    if (error instanceof TrustError) throw usageError(error.message);
    throw error;
  }
}

type Extra = z.infer<typeof extraOf>;

function extraIn(bytes: Buffer | null): Extra {
  const parsed = extraOf.safeParse(jsonOf(bytes?.toString() ?? ''));
  if (parsed.success) return parsed.data;
  throw failure('the proof does not say which hash it is of: its line "extra" is missing, or another one.');
}

/** The chain hash of an event that is given, from what it says. Throws a `TrustError` where it is not the one of the proof. */
async function hashOf(file: string, index: number, origin: string, extra: Extra): Promise<string> {
  const { TrustError } = await import('../../trust/note.js');
  const { chainHash, payloadDigest } = await import('../../events/chain.js');
  const { canonicalJson } = await import('../../events/canonical.js');
  const parsed = givenEvent.safeParse(jsonOf(await textOf(file)));
  if (!parsed.success) throw failure(`${file} holds no event.`);
  const event = parsed.data;
  const pool = origin.slice(origin.lastIndexOf('/') + 1);
  const hash = chainHash(
    extra.previous_hash,
    event as unknown as Parameters<typeof chainHash>[1],
    payloadDigest(canonicalJson(event.payload)),
  );
  if (event.seq === index + 1 && event.pool === pool && hash === extra.hash) return hash;
  throw new TrustError('event', 'it is not the event of the proof, or was changed');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw failure(`${file} cannot be read: ${(error as Error).message}`);
  }
}
