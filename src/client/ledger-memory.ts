/**
 * Asks a ledger, now and then, to prove that it continues what is known of it, so that one that was rewritten, rolled back, forked or
 * exchanged is noticed by who reports to it.
 */
import type { Checkpoint, OpenedCheckpoint } from '../trust/checkpoint.js';
import type { DaemonAddress } from './address.js';
import { exchange } from './http.js';
import {
  changedText,
  changeKnown,
  type Known,
  knownOf,
  LedgerChanged,
  type LedgerName,
  type Receipt,
  trustedKey,
  withTrusted,
} from './known-ledgers.js';

/** Checkpoints are signed once a minute. */
const checkMsEvery = 60_000;
const receiptsMax = 1_000;
/** A checkpoint that was signed so much later covers all that was acknowledged before. */
const coverMsMax = 600_000;
/** So long the alarm goes on, with the report at hand. */
const missedMsMax = 86_400_000;
const proofsAtOnce = 20;

export interface LedgerMemorySettings extends Omit<LedgerName, 'pool'> {
  /** Lower in tests. */
  readonly checkMsEvery?: number | undefined;
}

export class LedgerMemory {
  readonly #settings: LedgerMemorySettings;

  constructor(settings: LedgerMemorySettings) {
    this.#settings = settings;
  }

  /** Keeps what the daemon has acknowledged, until a checkpoint covers it. */
  async told(pool: string | undefined, receipts: readonly Receipt[]): Promise<void> {
    if (receipts.length === 0) return;
    const told = new Set(receipts.map(({ seq }) => seq));
    await changeKnown({ ...this.#settings, pool }, (known) => ({
      ...known,
      receipts: [...known.receipts.filter(({ seq }) => !told.has(seq)), ...receipts].slice(-receiptsMax),
    }));
  }

  /**
   * The receipts that a checkpoint covers now. Throws a `LedgerChanged` where it is another ledger, or one that has lost what it
   * acknowledged. Where it does not answer, nothing is said: whoever sends will notice.
   */
  async check(to: DaemonAddress, pool: string | undefined, timeoutMs: number): Promise<readonly Receipt[]> {
    const ledger = { ...this.#settings, pool };
    const known = await knownOf(ledger);
    const every = this.#settings.checkMsEvery ?? checkMsEvery;
    const isNew = known.note === null && known.receipts.length === 0 && this.#settings.key === undefined;
    if (isNew || Math.abs(Date.now() - known.checked_at) < every) return [];
    const { TrustError } = await import('../trust/note.js');
    try {
      const { key, note, checkpoint, covered } = await new Asking(to, pool, timeoutMs).check(
        known,
        trustedKey(ledger, known),
      );
      const seqs = new Set(covered.map(({ seq }) => seq));
      let missed: readonly Receipt[] = [];
      await changeKnown(ledger, (before) => {
        const open = before.receipts.filter(({ seq }) => !seqs.has(seq));
        const receipts = open.flatMap((receipt) => withMissed(receipt, checkpoint));
        missed = receipts.filter(({ missed_at }) => missed_at !== undefined);
        const trusted = key === null ? before : withTrusted(ledger, before, key);
        return { ...trusted, note, receipts, checked_at: missed.length > 0 ? 0 : Date.now() };
      });
      const [first] = missed;
      if (first !== undefined) throw new TrustError('inclusion', missedText(first, missed.length));
      return covered;
    } catch (error) {
      if (error instanceof Unanswered) return [];
      if (!(error instanceof TrustError)) throw error;
      throw new LedgerChanged(changedText(ledger, error.check, error.message));
    }
  }
}

/** As it is now that a checkpoint was seen; nothing once it was said for a day that none covers it. */
function withMissed(receipt: Receipt, checkpoint: Checkpoint | null): Receipt[] {
  const { time = null, size = 0 } = checkpoint ?? {};
  if (time === null || receipt.seq <= size) return [receipt];
  const { uncovered_at = time, missed_at = time - uncovered_at >= coverMsMax ? Date.now() : undefined } = receipt;
  if (missed_at !== undefined && Math.abs(Date.now() - missed_at) > missedMsMax) return [];
  return [{ ...receipt, uncovered_at, missed_at }];
}

const missedText = ({ seq, key }: Receipt, count: number): string =>
  `event ${seq}, which it acknowledged, is in none of the checkpoints that it signed since${key === undefined ? '' : `; the report is pending/${key}.json in the spool`}${count > 1 ? `, and there are ${count - 1} more` : ''}`;

/** What came of a check. */
interface Checked {
  readonly key: string | null;
  readonly note: string | null;
  readonly checkpoint: Checkpoint | null;
  readonly covered: readonly Receipt[];
}

/** The daemon has no answer to a question now. */
class Unanswered extends Error {}

class Asking {
  readonly #to: DaemonAddress;
  readonly #pool: string | undefined;
  readonly #timeoutMs: number;

  constructor(to: DaemonAddress, pool: string | undefined, timeoutMs: number) {
    this.#to = to;
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
  }

  /** What is known from now on. Throws a `TrustError`. */
  async check(known: Known, pinned: string | null): Promise<Checked> {
    const { TrustError, parseKey } = await import('../trust/note.js');
    const { openCheckpoint } = await import('../trust/checkpoint.js');
    const note = await this.#text('v1/checkpoint');
    if (note === null) {
      if (known.note === null) return { key: pinned, note: null, checkpoint: null, covered: [] };
      throw new TrustError('signature', 'it shows no signed checkpoint any more');
    }
    const key = pinned ?? (await this.#text('v1/checkpoint/key')) ?? '';
    const checkpoint = openCheckpoint(note, [parseKey(key)]);
    const isNewest =
      known.note === null || (await this.#continues(openCheckpoint(known.note, [parseKey(key)]), checkpoint));
    return {
      key: await this.#keyAfter(key.trim(), checkpoint),
      note: isNewest ? note : known.note,
      checkpoint,
      covered: await this.#proven(known.receipts, checkpoint, key),
    };
  }

  /** Whether the newer one is the one that is shown: another node of the same ledger may show one that is a little older. */
  async #continues(old: OpenedCheckpoint, shown: OpenedCheckpoint): Promise<boolean> {
    const { requireContinuation } = await import('../trust/checkpoint.js');
    const [first, second] = shown.size < old.size ? [shown, old] : [old, shown];
    const hashes = first.origin === second.origin ? await this.#consistency(first.size, second.size) : [];
    if (hashes === null) requireContinuation(old, shown, []);
    requireContinuation(first, second, hashes ?? []);
    return first === old;
  }

  async #consistency(from: number, to: number): Promise<readonly Uint8Array[] | null> {
    if (from === to) return [];
    const { parseHashes } = await import('../trust/proof.js');
    const answer = await this.#text('v1/consistency', { from: String(from), to: String(to) });
    return answer === null ? null : parseHashes((JSON.parse(answer) as { hashes: string[] }).hashes);
  }

  /** Those that the checkpoint covers; some may be left for the next time. */
  async #proven(receipts: readonly Receipt[], checkpoint: OpenedCheckpoint, key: string): Promise<readonly Receipt[]> {
    const { TrustError, parseKey } = await import('../trust/note.js');
    const { openCheckpoint } = await import('../trust/checkpoint.js');
    const { parseProof, requireInclusion } = await import('../trust/proof.js');
    const proven: Receipt[] = [];
    for (const receipt of receipts.filter(({ seq }) => seq <= checkpoint.size).slice(0, proofsAtOnce)) {
      const text = await this.#text(`v1/events/${receipt.seq}/proof`, { format: 'tlog-proof' });
      if (text === null) throw new TrustError('inclusion', `event ${receipt.seq}, which it acknowledged, is gone`);
      const proof = parseProof(text);
      const opened = openCheckpoint(proof.checkpoint, [parseKey(key)]);
      // It has just signed another one.
      if (opened.size !== checkpoint.size) break;
      if (Buffer.compare(opened.root, checkpoint.root) !== 0)
        throw new TrustError('root', `it shows two logs of ${opened.size} events`);
      if (proof.index !== receipt.seq - 1)
        throw new TrustError('inclusion', 'it proves another event than was asked for');
      requireInclusion(proof, receipt.hash, checkpoint);
      proven.push(receipt);
    }
    return proven;
  }

  /** A key that signed beside the known one takes its place. */
  async #keyAfter(key: string, { note, origin, keys }: OpenedCheckpoint): Promise<string> {
    const others = note.signatures.filter(({ name, id }) => name === origin && id !== keys[0]?.id);
    if (others.length === 0) return key;
    const { parseKey, signedBy } = await import('../trust/note.js');
    const newest = (await this.#text('v1/checkpoint/key'))?.trim() ?? key;
    return signedBy(note, [parseKey(newest)]).length === 1 ? newest : key;
  }

  /** Null where it has none (404). */
  async #text(path: string, words: Readonly<Record<string, string>> = {}): Promise<string | null> {
    const query = new URLSearchParams({ ...words, ...(this.#pool === undefined ? {} : { pool: this.#pool }) });
    const answer = await exchange({
      method: 'GET',
      to: this.#to,
      path: `${path}?${query}`,
      accept: '*/*',
      timeoutMs: this.#timeoutMs,
    }).catch((error: Error) => {
      if (error instanceof LedgerChanged) throw error;
      throw new Unanswered(error.message);
    });
    if (answer.status === 200) return answer.text;
    if (answer.status === 404) return null;
    throw new Unanswered(`it answered ${answer.status}`);
  }
}
