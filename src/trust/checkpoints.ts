/**
 * Signs checkpoints of the logs of a ledger, and proves by them. Before one is signed, the log is compared with the last one that was
 * signed, which lies beside the key: a log that was rewritten, cut off or rolled back is not signed again.
 */
import type { TreeStore } from '../engines/engine.js';
import type { StoredEvent } from '../events/envelope.js';
import { defaultPool, type PoolId } from '../events/scalars.js';
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import {
  type Checkpoint,
  openCheckpoint,
  originOf,
  parseCheckpoint,
  requireContinuation,
  requireWitnesses,
  signCheckpoint,
  type WitnessPolicy,
} from './checkpoint.js';
import type { CheckpointKeys } from './checkpoint-keys.js';
import { type ProofRequest, signLedgerProof } from './ledger-proof.js';
import { keyText, parseNote, type Signer, signedBy, signerOf, TrustError } from './note.js';
import { proofText } from './proof.js';
import { consistencyProof, inclusionProof, rootOf } from './tree.js';
import { extendTree, storedNodes, storedSize } from './tree-log.js';

/** Where checkpoints go, so that somebody else holds them. */
export interface CheckpointSink {
  readonly name: string;
  /**
   * Takes one; gives lines of signatures that are to go with it. Asks for the proof that one before it is continued. Throws where it is
   * away, and a `TrustError` where it holds another log.
   */
  take(checkpoint: Checkpoint, note: string, proofFrom: (size: number) => Promise<Uint8Array[]>): Promise<string>;
}

interface Held {
  readonly note: string;
  /** With the signatures of witnesses. */
  readonly signed: string;
  readonly checkpoint: Checkpoint;
}

/** As texts. */
export interface ShownKey {
  readonly key: string;
  /** The one before, while both sign. */
  readonly replaces: string | null;
  readonly overlapUntil: number | null;
}

export interface CheckpointProblem {
  readonly pool: PoolId;
  readonly text: string;
}

export class Checkpoints {
  readonly #store: TreeStore;
  readonly #clock: Clock;
  readonly #keys: CheckpointKeys;
  readonly #sinks: readonly CheckpointSink[];
  readonly #witnesses: WitnessPolicy | undefined;
  readonly #held = new Map<PoolId, Held>();
  readonly #rewritten = new Map<PoolId, string>();
  readonly #unwitnessed = new Map<PoolId, string>();
  readonly #away = new Map<string, string>();
  #signing: Promise<unknown> = Promise.resolve();

  constructor(
    store: TreeStore,
    clock: Clock,
    keys: CheckpointKeys,
    sinks: readonly CheckpointSink[] = [],
    witnesses?: WitnessPolicy,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#keys = keys;
    this.#sinks = sinks;
    this.#witnesses = witnesses;
  }

  /** The pools whose logs are not those that were signed. */
  get rewritten(): readonly CheckpointProblem[] {
    return [...this.#rewritten].map(([pool, text]) => ({ pool, text }));
  }

  /** By pool: how many events the newest checkpoint is of that was signed since this process began. */
  get sizes(): ReadonlyMap<PoolId, number> {
    return new Map([...this.#held].map(([pool, { checkpoint }]) => [pool, checkpoint.size]));
  }

  /** By pool: when the newest checkpoint was signed of those that this process knows, in milliseconds UTC. */
  get times(): ReadonlyMap<PoolId, number> {
    const times = [...this.#held].map(([pool, { checkpoint }]) => [pool, checkpoint.time] as const);
    return new Map(times.filter((entry): entry is [PoolId, number] => entry[1] !== null));
  }

  /** Sinks that took nothing when they were last asked, with the reason. */
  get away(): ReadonlyMap<string, string> {
    return this.#away;
  }

  /** What the newest checkpoint of a pool lacks of the witnesses that are to sign; null where it lacks nothing. */
  unwitnessed(pool: PoolId): string | null {
    return this.#unwitnessed.get(pool) ?? null;
  }

  /** Signs what every pool has now, one after the other, and gives it to the sinks. */
  sign(signal?: AbortSignal): Promise<void> {
    const signed = this.#signing.then(async () => {
      await this.#keys.reload(this.#clock.now());
      for (const { pool } of await this.#store.pools()) await this.#signPool(pool, signal);
    });
    this.#signing = signed.catch(() => undefined);
    return signed;
  }

  /** Somebody says that what was lost is lost: a log that is shorter than what was signed is signed again from where it is. */
  async acceptLoss(): Promise<void> {
    const heads = new Map((await this.#store.pools()).map(({ pool, head }) => [pool, head.seq]));
    for (const pool of new Set([defaultPool, ...heads.keys()])) {
      const last = await this.#keys.last(this.#store.location, pool);
      const size = last === null ? 0 : sizeOf(last);
      if (size > (heads.get(pool) ?? 0)) await this.#keys.setAside(this.#store.location, pool);
    }
  }

  /** The newest checkpoint of a pool, with the signatures of the witnesses that have seen it; null where none was signed. */
  async newest(pool: PoolId): Promise<string | null> {
    return (await this.#newest(pool))?.signed ?? null;
  }

  /** The key that signs for a pool, as text; null where there is no event yet. */
  async key(pool: PoolId): Promise<string | null> {
    const origin = await this.#origin(pool);
    return origin === null ? null : keyText(this.#keys.signers(origin)[0].verifier);
  }

  /** The key of a pool, and the one before; null where there is no event yet. */
  async shownKey(pool: PoolId): Promise<ShownKey | null> {
    const origin = await this.#origin(pool);
    if (origin === null) return null;
    const [key, old] = this.#keys.signers(origin).map(({ verifier }) => keyText(verifier));
    return { key: key as string, replaces: old ?? null, overlapUntil: this.#keys.oldUntil };
  }

  /** Another key, that is to be taken; null where there is no event yet. Throws a `Problem` where it cannot be exchanged. */
  async nextKey(pool: PoolId, overlapMs: number): Promise<{ shown: ShownKey; take(): Promise<void> } | null> {
    const origin = await this.#origin(pool);
    if (origin === null) return null;
    const overlapUntil = this.#clock.now() + overlapMs;
    const { key, take } = this.#keys.next(overlapUntil);
    const replaces = keyText(this.#keys.signers(origin)[0].verifier);
    return { shown: { key: keyText(signerOf(origin, key).verifier), replaces, overlapUntil }, take };
  }

  /** That the key of a pool is here; null where there is no event yet. */
  async prove(pool: PoolId, request: ProofRequest): Promise<string | null> {
    const origin = await this.#origin(pool);
    return origin === null ? null : signLedgerProof(request, this.#keys.signers(origin));
  }

  /** That an event is in the log of the newest checkpoint; null where that does not cover it. Throws a `proof_delayed` problem. */
  async proofOf(pool: PoolId, event: StoredEvent): Promise<string | null> {
    const held = await this.#newest(pool);
    if (held === null || event.seq > held.checkpoint.size) return null;
    if (await this.#isDelayed(pool, held.checkpoint.size)) throw delayed();
    const index = event.seq - 1;
    const path = await inclusionProof(storedNodes(this.#store, pool), index, held.checkpoint.size);
    const before = index === 0 ? null : await this.#store.eventAt(pool, index);
    const extra = Buffer.from(JSON.stringify({ hash: event.hash, previous_hash: before?.hash ?? '0'.repeat(64) }));
    return proofText({ index, path, extra, checkpoint: held.signed });
  }

  /** Of how many events the newest signed checkpoint is; 0 where there is none. */
  async signedSize(pool: PoolId): Promise<number> {
    return (await this.#newest(pool))?.checkpoint.size ?? 0;
  }

  /** That the first `to` events continue the first `from`; null where there are not that many. Throws a `proof_delayed` problem. */
  async consistency(pool: PoolId, from: number, to?: number): Promise<{ to: number; hashes: Uint8Array[] } | null> {
    const end = to ?? (await this.#newest(pool))?.checkpoint.size ?? 0;
    if (from <= end && (await this.#isDelayed(pool, end))) throw delayed();
    if (from > end || end > (await storedSize(this.#store, pool))) return null;
    return { to: end, hashes: await consistencyProof(storedNodes(this.#store, pool), from, end) };
  }

  /** The log has as many events, its tree not yet: after a restore it is built, while a checkpoint from the backup is shown already. */
  async #isDelayed(pool: PoolId, size: number): Promise<boolean> {
    return (await storedSize(this.#store, pool)) < size && (await this.#store.eventAt(pool, size)) !== null;
  }

  async #newest(pool: PoolId): Promise<Held | null> {
    const held = this.#held.get(pool);
    if (held !== undefined) return held;
    const note = await this.#keys.last(this.#store.location, pool);
    return note === null ? null : { note, signed: note, checkpoint: parseCheckpoint(parseNote(note).text) };
  }

  async #origin(pool: PoolId): Promise<string | null> {
    const first = await this.#store.eventAt(pool, 1);
    return first === null ? null : originOf(first.id, pool);
  }

  async #signPool(pool: PoolId, signal?: AbortSignal): Promise<void> {
    const origin = await this.#origin(pool);
    const last = await this.#keys.last(this.#store.location, pool);
    if (origin === null && last === null) return;
    try {
      const size = await extendTree(this.#store, this.#clock, pool, signal);
      // Another node is building the tree.
      if (last !== null && (await this.#isDelayed(pool, sizeOf(last)))) return;
      const now = await this.#checkpointOf(pool, origin ?? '', size);
      if (last !== null) await this.#refuseRewritten(pool, last, now);
      this.#rewritten.delete(pool);
      if (size > 0) await this.#publish(pool, last, now);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      const path = this.#keys.lastPath(this.#store.location, pool);
      this.#rewritten.set(pool, `${error.message}; the last checkpoint that was signed is ${path}`);
    }
  }

  async #checkpointOf(pool: PoolId, origin: string, size: number): Promise<Checkpoint> {
    const root = await rootOf(storedNodes(this.#store, pool), size);
    const head = (await this.#store.eventAt(pool, size))?.hash ?? '';
    return { origin, size, root, head, time: this.#clock.now() };
  }

  /** Throws a `TrustError` where the log is no continuation of what was signed. */
  async #refuseRewritten(pool: PoolId, note: string, now: Checkpoint): Promise<void> {
    const signers = this.#keys.signers(parseCheckpoint(parseNote(note).text).origin);
    const last = openCheckpoint(
      note,
      signers.map(({ verifier }) => verifier),
    );
    const proof =
      last.size > now.size ? [] : await consistencyProof(storedNodes(this.#store, pool), last.size, now.size);
    requireContinuation(last, now, proof);
    const event = await this.#store.eventAt(pool, last.size);
    if (last.head !== null && event?.hash !== last.head)
      throw new TrustError('head', `event ${last.size} is not the one that was signed: the log was rewritten`);
  }

  async #publish(pool: PoolId, last: string | null, now: Checkpoint): Promise<void> {
    const held = this.#held.get(pool) ?? null;
    const signers = this.#keys.signers(now.origin);
    const isSame = last !== null && isSignedBy(last, now.size, signers);
    const note = isSame ? last : signCheckpoint(now, signers);
    if (!isSame) await this.#keys.save(this.#store.location, pool, now.origin, note);
    if (held?.note === note && this.#away.size === 0) return;
    const checkpoint = parseCheckpoint(parseNote(note).text);
    this.#held.set(pool, { note, signed: note, checkpoint });
    let signed = note;
    for (const sink of this.#sinks) signed += await this.#give(sink, pool, checkpoint, note);
    this.#held.set(pool, { note, signed, checkpoint });
    this.#lookForWitnesses(pool, signed, checkpoint.size);
  }

  /** A checkpoint that lacks witnesses is published all the same. */
  #lookForWitnesses(pool: PoolId, signed: string, size: number): void {
    this.#unwitnessed.delete(pool);
    if (this.#witnesses === undefined) return;
    try {
      requireWitnesses({ note: parseNote(signed) }, this.#witnesses);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      this.#unwitnessed.set(pool, `of the checkpoint of ${size} events: ${error.message}`);
    }
  }

  async #give(sink: CheckpointSink, pool: PoolId, checkpoint: Checkpoint, note: string): Promise<string> {
    try {
      const nodes = storedNodes(this.#store, pool);
      const lines = await sink.take(checkpoint, note, (size) => consistencyProof(nodes, size, checkpoint.size));
      this.#away.delete(sink.name);
      return lines;
    } catch (error) {
      if (error instanceof TrustError)
        throw new TrustError(error.check, `${sink.name} holds another log: ${error.message}`);
      this.#away.set(sink.name, (error as Error).message);
      return '';
    }
  }
}

/** Whether it is of as many events, and each of the keys has signed it: one that came since signs it, too. */
function isSignedBy(text: string, size: number, signers: readonly Signer[]): boolean {
  const note = parseNote(text);
  const keys = signers.map(({ verifier }) => verifier);
  return parseCheckpoint(note.text).size === size && signedBy(note, keys).length === keys.length;
}

const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).text).size;

const delayed = (): Problem =>
  new Problem('proof_delayed', 'the tree that proofs are made from has fewer events yet than the checkpoint.');
