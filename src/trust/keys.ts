/**
 * The API keys of a ledger, as a process knows them: all of them in memory, so that checking one waits for nothing. What another
 * process changes is seen when they are looked at again.
 */
import type { KeyRecord, KeyScope, KeyStore } from '../engines/key-store.js';
import { Problem } from '../problems.js';
import { hashOfKey, idInKey, makeKey } from './api-key.js';
import { isSameSecret } from './same-secret.js';

export type { KeyRecord, KeyScope } from '../engines/key-store.js';

export interface KeyAsked {
  readonly scope: KeyScope;
  readonly pool: string | null;
  readonly identity: string | null;
  readonly label: string | null;
  readonly expiresAt: number | null;
}

/** Why a key opens nothing. */
export type KeyFault = 'malformed' | 'unknown' | 'expired' | 'revoked' | 'replaced';

export type CheckedKey = { readonly key: KeyRecord } | { readonly fault: KeyFault };

export interface MadeKey {
  readonly key: KeyRecord;
  /** To be shown once. */
  readonly text: string;
}

/** How often it is written that a key is in use. */
const lastUsedMs = 60_000;

export class Keys {
  readonly #store: KeyStore;
  readonly #now: () => number;
  #version = 0;
  #keys: ReadonlyMap<string, KeyRecord> = new Map();
  #hadAdmin = false;
  readonly #usedAt = new Map<string, number>();
  readonly #toWrite = new Map<string, number>();

  /** `now` in milliseconds UTC. */
  constructor(store: KeyStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async load(): Promise<void> {
    const { version, keys } = await this.#store.read();
    this.#version = version;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#hadAdmin = keys.some(({ scope }) => scope === 'admin');
  }

  /** Sees what other processes changed, and writes down which keys were used. */
  async refresh(): Promise<void> {
    if ((await this.#store.version()) !== this.#version) await this.load();
    await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#toWrite.size === 0) return;
    const used = new Map(this.#toWrite);
    this.#toWrite.clear();
    await this.#store.touch(used);
  }

  /** Oldest first. */
  list(): readonly KeyRecord[] {
    return [...this.#keys.values()].map((key) => ({ ...key, lastUsedAt: this.#usedAt.get(key.id) ?? key.lastUsedAt }));
  }

  /** Whether one works now. */
  get anyWorks(): boolean {
    return [...this.#keys.values()].some((key) => this.faultOf(key) === null);
  }

  /** Whether there ever was one. */
  get anyEver(): boolean {
    return this.#keys.size > 0;
  }

  /** Whether there ever was one of the scope `admin`, working or not. */
  get hadAdmin(): boolean {
    return this.#hadAdmin;
  }

  check(text: string): CheckedKey {
    const id = idInKey(text);
    if (id === null) return { fault: 'malformed' };
    const key = this.#keys.get(id);
    if (key === undefined || !isSameSecret(hashOfKey(text), key.hash)) return { fault: 'unknown' };
    const fault = this.faultOf(key);
    if (fault !== null) return { fault };
    this.#noteUse(key);
    return { key };
  }

  /** The key with this id, as if it had been sent; null where it opens nothing. */
  use(id: string): KeyRecord | null {
    const key = this.#keys.get(id);
    if (key === undefined || this.faultOf(key) !== null) return null;
    this.#noteUse(key);
    return key;
  }

  /** Whether the key with this id still opens anything. */
  works(id: string): boolean {
    const key = this.#keys.get(id);
    return key !== undefined && this.faultOf(key) === null;
  }

  faultOf(key: KeyRecord): Exclude<KeyFault, 'malformed' | 'unknown'> | null {
    const now = this.#now();
    if (key.revokedAt !== null) return 'revoked';
    if (key.expiresAt !== null && key.expiresAt <= now) return 'expired';
    return key.overlapUntil !== null && key.overlapUntil <= now ? 'replaced' : null;
  }

  /** A key that nobody keeps yet. */
  make(asked: KeyAsked): MadeKey {
    const { id, text } = makeKey();
    const key: KeyRecord = {
      ...asked,
      id,
      hash: hashOfKey(text),
      createdAt: this.#now(),
      lastUsedAt: null,
      replacedBy: null,
      overlapUntil: null,
      revokedAt: null,
    };
    return { key, text };
  }

  /** One that may all that another one may, for as long a time as that one was made for. Throws where that one works no longer. */
  successorOf(id: string): MadeKey {
    const old = this.known(id);
    const fault = old.replacedBy === null ? this.faultOf(old) : 'replaced';
    if (fault !== null) throw new Problem('key_inactive', `the key ${id} is ${fault}`);
    const expiresAt = old.expiresAt === null ? null : this.#now() + old.expiresAt - old.createdAt;
    return this.make({ ...old, expiresAt });
  }

  known(id: string): KeyRecord {
    const key = this.#keys.get(id);
    if (key === undefined) throw new Problem('api_key_unknown', `there is no key with the id ${id.slice(0, 100)}`);
    return key;
  }

  async add({ key }: MadeKey): Promise<void> {
    await this.#store.add(key);
    await this.load();
  }

  async replace(id: string, { key }: MadeKey, overlapUntil: number): Promise<void> {
    const replaced = await this.#store.replace(id, key, overlapUntil);
    await this.load();
    if (!replaced) throw new Problem('key_inactive', `the key ${id} was replaced or revoked meanwhile`);
  }

  async revoke(id: string): Promise<void> {
    this.known(id);
    await this.#store.revoke(id, this.#now());
    await this.load();
  }

  #noteUse({ id, lastUsedAt }: KeyRecord): void {
    const now = this.#now();
    if (now - (this.#usedAt.get(id) ?? lastUsedAt ?? 0) < lastUsedMs) return;
    this.#usedAt.set(id, now);
    this.#toWrite.set(id, now);
  }
}
