/** Where checkpoints go: a folder, which may be of another machine; a git work tree; a witness, which signs what it has seen. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Clock, systemClock } from '../runtime/clock.js';
import { readIfThere, writeDurably } from '../runtime/durable-file.js';
import { type Checkpoint, parseCheckpoint, requireContinuation } from './checkpoint.js';
import type { CheckpointSink } from './checkpoints.js';
import { parseKey, parseNote, signedBy, TrustError, type VerifierKey } from './note.js';
import { hashLines } from './proof.js';

export interface WitnessTarget {
  readonly url: string;
  readonly key: string;
}

/** One of them is given. */
export interface CheckpointTarget {
  readonly directory?: string | undefined;
  readonly git?: string | undefined;
  readonly witness?: WitnessTarget | undefined;
}

const run = promisify(execFile);
const witnessMsMax = 10_000;

export function sinkOf({ directory, git, witness }: CheckpointTarget, clock: Clock = systemClock): CheckpointSink {
  if (directory !== undefined) return folderSink(directory);
  if (git !== undefined) return gitSink(git);
  if (witness !== undefined) return witnessSink(witness, clock);
  throw new Error('a target of checkpoints is a directory, a git work tree or a witness');
}

/** The name of the file that has the newest checkpoint of a log. */
const fileOf = (origin: string): string => `${origin.replaceAll('/', '_')}.checkpoint`;

/** A checkpoint that is there is replaced by one of its own log only. */
function folderSink(folder: string): CheckpointSink {
  return {
    name: folder,
    async take(checkpoint, note, proofFrom) {
      const path = join(folder, fileOf(checkpoint.origin));
      const before = await readIfThere(path);
      if (before !== null) await requireOwn(before, checkpoint, proofFrom);
      if (before !== note) await writeDurably(path, note, 0o644);
      return '';
    },
  };
}

async function requireOwn(
  before: string,
  checkpoint: Checkpoint,
  proofFrom: (size: number) => Promise<Uint8Array[]>,
): Promise<void> {
  const old = parseCheckpoint(parseNote(before).text);
  requireContinuation(old, checkpoint, old.size > checkpoint.size ? [] : await proofFrom(old.size));
}

/** As a folder, with a commit each time: whoever pulls has all that were ever signed. */
function gitSink(tree: string): CheckpointSink {
  const { take } = folderSink(tree);
  return {
    name: `${tree} (git)`,
    async take(checkpoint, note, proofFrom) {
      await take(checkpoint, note, proofFrom);
      const file = fileOf(checkpoint.origin);
      const git = (...words: string[]) => run('git', ['-C', tree, ...words]);
      await git('add', '--', file);
      const { stdout } = await git('status', '--porcelain', '--', file);
      const who = ['-c', 'user.name=resource-share', '-c', 'user.email=resource-share@localhost'];
      const message = `checkpoint of ${checkpoint.size} events`;
      if (stdout !== '') await git(...who, 'commit', '--quiet', '--no-gpg-sign', '-m', message, '--', file);
      return '';
    },
  };
}

function witnessSink({ url, key }: WitnessTarget, clock: Clock): CheckpointSink {
  const witness = parseKey(key);
  /** The size that it has seen of each log, as far as it is known. */
  const seen = new Map<string, number>();
  return {
    name: url,
    async take(checkpoint, note, proofFrom) {
      const { origin, size } = checkpoint;
      const ask = async (old: number) =>
        post(clock, url, [`old ${old}`, ...hashLines(await proofFrom(old)), '', note].join('\n'));
      let answer = await ask(Math.min(seen.get(origin) ?? 0, size));
      if (answer.status === 409) {
        const old = Number(/^\d{1,15}\n$/.exec(answer.text)?.[0] ?? Number.NaN);
        if (Number.isNaN(old)) throw new TrustError('root', `it has seen another tree of ${size} events`);
        if (old > size) throw new TrustError('size', `it has seen ${old} events, and there are ${size}`);
        answer = await ask(old);
      }
      if (answer.status === 422) throw new TrustError('consistency', 'what it has seen is not continued');
      if (answer.status === 409) throw new TrustError('root', `it has seen another tree of ${size} events`);
      if (answer.status !== 200) throw new Error(`the witness answered ${answer.status}`);
      seen.set(origin, size);
      return cosignatures(note, answer.text, witness);
    },
  };
}

/** The lines of the witness, and no others. */
function cosignatures(note: string, lines: string, witness: VerifierKey): string {
  const signed = parseNote(note + lines);
  if (signedBy(signed, [witness]).length === 0) throw new Error('the witness did not sign under its key');
  return signed.signatures
    .filter(({ name, id }) => name === witness.name && id === witness.id)
    .map(({ line }) => line)
    .join('');
}

async function post(clock: Clock, url: string, body: string): Promise<{ status: number; text: string }> {
  const abort = new AbortController();
  const done = new AbortController();
  void clock.sleep(witnessMsMax, done.signal).then(() => abort.abort(new Error('the witness did not answer in time')));
  try {
    const target = `${url.replace(/\/$/, '')}/add-checkpoint`;
    const answer = await fetch(target, { method: 'POST', body, signal: abort.signal, redirect: 'error' });
    return { status: answer.status, text: (await answer.text()).slice(0, 65_536) };
  } finally {
    done.abort();
  }
}
