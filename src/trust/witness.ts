/**
 * A witness (C2SP tlog-witness): for each log whose key it was given it keeps the newest checkpoint that it has seen, and signs one that
 * continues it, and no other. What it has signed is on disk before it says so.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../runtime/durable-file.js';
import { isCount, type OpenedCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.js';
import { emptyRoot } from './hashing.js';
import { parseNote, type Signer, signatureLine, TrustError, type VerifierKey } from './note.js';
import { parseHashes } from './proof.js';
import { isConsistent, isSame } from './tree.js';

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly type: string;
  readonly text: string;
}

const sizeType = 'text/x.tlog.size';
const plainText = 'text/plain; charset=utf-8';
const refused = (status: WitnessAnswer['status'], text: string): WitnessAnswer => ({
  status,
  type: plainText,
  text: `${text}\n`,
});
/** How many events of the log it has seen. */
const seen = (size: number): WitnessAnswer => ({ status: 409, type: sizeType, text: `${size}\n` });

export class Witness {
  readonly #folder: string;
  readonly #signer: Signer;
  readonly #logs: readonly VerifierKey[];
  /** Seconds since 1970. */
  readonly #now: () => number;
  /** What was looked at and what is written belong together: one request after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, signer: Signer, logs: readonly VerifierKey[], now: () => number) {
    this.#folder = folder;
    this.#signer = signer;
    this.#logs = logs;
    this.#now = now;
  }

  /** Answers the body of a request. Throws where the checkpoint could not be kept: it is not signed then. */
  add(body: string): Promise<WitnessAnswer> {
    const answered = this.#last.then(() => this.#add(body));
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  async #add(body: string): Promise<WitnessAnswer> {
    const asked = parse(body);
    if (asked === null) return refused(400, 'the body is no old size, proof and checkpoint');
    const { old, proof, note } = asked;
    const { origin } = parseCheckpoint(parseNote(note).text);
    if (!this.#logs.some(({ name }) => name === origin)) return refused(404, 'no key of this log is known here');
    let checkpoint: OpenedCheckpoint;
    try {
      checkpoint = openCheckpoint(note, this.#logs);
    } catch (error) {
      if (error instanceof TrustError) return refused(403, error.message);
      throw error;
    }
    if (old > checkpoint.size) return refused(400, 'the old size is larger than that of the checkpoint');
    const path = join(this.#folder, `${createHash('sha256').update(origin).digest('hex').slice(0, 16)}.checkpoint`);
    const before = await readIfThere(path);
    const kept = before === null ? { size: 0, root: emptyRoot() } : parseCheckpoint(parseNote(before).text);
    if (kept.size !== old) return seen(kept.size);
    if (kept.size === checkpoint.size && !isSame(kept.root, checkpoint.root)) return seen(kept.size);
    if (!isConsistent(kept, checkpoint, proof)) return refused(422, 'the proof does not hold');
    const { text } = checkpoint.note;
    const line = signatureLine(text, this.#signer, this.#now());
    await writeDurably(path, note + line);
    return { status: 200, type: plainText, text: line };
  }
}

function parse(body: string): { old: number; proof: readonly Uint8Array[]; note: string } | null {
  try {
    const end = body.indexOf('\n\n');
    const [first = '', ...lines] = body.slice(0, Math.max(end, 0)).split('\n');
    const old = /^old (\d+)$/.exec(first)?.[1] ?? '';
    if (!isCount(old)) return null;
    const note = body.slice(end + 2);
    parseCheckpoint(parseNote(note).text);
    return { old: Number(old), proof: parseHashes(lines), note };
  } catch (error) {
    if (error instanceof TrustError) return null;
    throw error;
  }
}
