/**
 * Sessions: browsers that signed in with an API key, and send a cookie in its place. What a session may is what its key may, for as long
 * as that works. Pages that change something send a token along, which the cookie alone does not give away.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { SessionStore } from '../engines/session-store.js';
import { limits } from '../limits.js';
import type { KeyRecord, Keys } from './keys.js';
import { isSameSecret } from './same-secret.js';

export interface Session {
  /** What the cookie holds. */
  readonly id: string;
  readonly key: KeyRecord;
  /** Milliseconds UTC. */
  readonly expiresAt: number;
}

const idForm = /^[\w-]{43}$/;

export class Sessions {
  readonly #store: SessionStore;
  readonly #keys: Keys;
  readonly #now: () => number;

  /** `now` in milliseconds UTC. */
  constructor(store: SessionStore, keys: Keys, now: () => number) {
    this.#store = store;
    this.#keys = keys;
    this.#now = now;
  }

  async open(key: KeyRecord): Promise<Session> {
    const id = randomBytes(32).toString('base64url');
    const createdAt = this.#now();
    const expiresAt = createdAt + limits.sessionMs;
    await this.#store.open({ hash: hashOf(id), key: key.id, createdAt, expiresAt }, limits.sessionsOfKeyMax);
    return { id, key, expiresAt };
  }

  /** Null where it is unknown or over, or its key works no longer. */
  async find(id: string): Promise<Session | null> {
    if (!idForm.test(id)) return null;
    const found = await this.#store.find(hashOf(id));
    if (found === null || found.expiresAt <= this.#now()) return null;
    const key = this.#keys.use(found.key);
    return key === null ? null : { id, key, expiresAt: found.expiresAt };
  }

  async end({ id }: Session): Promise<void> {
    await this.#store.end(hashOf(id));
  }
}

/** The token that a page of the session sends along with what changes something. */
export const csrfToken = ({ id }: Session): string => createHmac('sha256', id).update('csrf').digest('base64url');

export const isCsrfToken = (session: Session, text: string): boolean =>
  isSameSecret(Buffer.from(text), Buffer.from(csrfToken(session)));

const hashOf = (id: string): Buffer => createHash('sha256').update(id).digest();
